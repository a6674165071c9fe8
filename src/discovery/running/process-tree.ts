import type { ProcessRecord } from '../matching/process-record.ts'

/** So many generations are walked upwards. */
const MAX_GENERATIONS = 256

/**
 * Who started whom. A scan is no snapshot, and pids are used again: a parent that is younger than its child is none, and
 * parents may form a circle.
 */
export class ProcessTree {
  readonly #byPid: ReadonlyMap<number, ProcessRecord>
  #childrenOf: Map<ProcessRecord, ProcessRecord[]> | undefined

  constructor(records: readonly ProcessRecord[]) {
    this.#byPid = new Map(records.map((record) => [record.pid, record]))
  }

  /** The one that runs now. */
  running(pid: number): ProcessRecord | undefined {
    return this.#byPid.get(pid)
  }

  /** Who forked it, as far as that was seen, though it has ended; else its present parent. */
  parentOf(record: ProcessRecord): ProcessRecord | undefined {
    const { forkedBy } = record
    if (forkedBy !== undefined) {
      const running = this.#byPid.get(forkedBy.pid)
      return running?.startTicks === forkedBy.startTicks ? running : forkedBy
    }
    const parent = this.#byPid.get(record.parentPid)
    return parent === undefined || parent.startTicks > record.startTicks || parent === record ? undefined : parent
  }

  /** Its present parent is not who forked it: that one has ended, or it was handed over. */
  isHandedOver(record: ProcessRecord): boolean {
    return record.forkedBy !== undefined && record.forkedBy.pid !== record.parentPid
  }

  childrenOf(record: ProcessRecord): readonly ProcessRecord[] {
    this.#childrenOf ??= this.#listChildren()
    return this.#childrenOf.get(record) ?? []
  }

  #listChildren(): Map<ProcessRecord, ProcessRecord[]> {
    const childrenOf = new Map<ProcessRecord, ProcessRecord[]>()
    for (const record of this.#byPid.values()) {
      const parent = this.parentOf(record)
      if (parent === undefined) continue
      const siblings = childrenOf.get(parent)
      if (siblings === undefined) childrenOf.set(parent, [record])
      else siblings.push(record)
    }
    return childrenOf
  }

  /** From its parent upwards. */
  *ancestors(record: ProcessRecord): Generator<ProcessRecord> {
    const seen = new Set<ProcessRecord>([record])
    for (let at = this.parentOf(record); at !== undefined; at = this.parentOf(at)) {
      if (seen.has(at) || seen.size > MAX_GENERATIONS) return
      seen.add(at)
      yield at
    }
  }
}

/** A session of its own, and no terminal: how agents start what they run for a task, and how daemons detach. */
export function isDetached(record: ProcessRecord): boolean {
  return record.sessionId === record.pid && record.ttyNumber === 0
}

/** The first process, or the user's manager: to whom the kernel gives the children of who has ended. */
export function isReaper(record: ProcessRecord | undefined): boolean {
  return record === undefined || record.pid === 1 || record.executable?.endsWith('/systemd/systemd') === true
}

/** Decides for `record` from what was decided for its parent, once for each process on the way up. */
export function settle<T>(
  tree: ProcessTree,
  known: Map<ProcessRecord, T | undefined>,
  record: ProcessRecord,
  decide: (record: ProcessRecord, above: T | undefined) => T | undefined,
): T | undefined {
  const chain: ProcessRecord[] = []
  const seen = new Set<ProcessRecord>()
  let at: ProcessRecord | undefined = record
  for (; at !== undefined && !known.has(at) && !seen.has(at); at = tree.parentOf(at)) {
    chain.push(at)
    seen.add(at)
  }
  let above = at === undefined ? undefined : known.get(at)
  for (const each of chain.reverse()) {
    above = decide(each, above)
    known.set(each, above)
  }
  // The chain ends with `record`, or it was known: its own decision is the last.
  return above
}
