import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import type { AgentIndex, ProgramIndex } from '../matching/agent-index.ts'
import { matchProcess, type ProcessMatch } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { ProcessTree } from './process-tree.ts'

/**
 * Which program bears which mark, kept from look to look: a record is of one program for as long as it lives, and most
 * processes live long. Holds nothing of what has ended.
 */
export class MatchMemory {
  #index: ProgramIndex | undefined
  #homes: readonly string[] = []
  #matches = new WeakMap<ProcessRecord, KnownMatch>()
  readonly #versions = new WeakMap<ProcessRecord, string>()

  /** @param homes folders that `~` may stand for. */
  matchOf(record: ProcessRecord, index: ProgramIndex, homes: readonly string[]): ProcessMatch | undefined {
    if (index !== this.#index || homes !== this.#homes) {
      this.#index = index
      this.#homes = homes
      this.#matches = new WeakMap()
    }
    const known = this.#matches.get(record)
    // Where its program lies may have come late.
    if (known !== undefined && known.resolved === record.resolved) return known.match
    const match = matchProcess(index, record, homes)
    const { resolved } = record
    this.#matches.set(record, match === undefined && resolved === undefined ? NO_MATCH : { match, resolved })
    return match
  }

  /**
   * The version of an agent as it is installed. Many update themselves while they run: once its file is replaced, what lies at
   * its place is another version, and what was found before counts.
   *
   * @param agents its processes, the first one first.
   */
  versionOf(
    [leader]: readonly ProcessMatch[],
    isReplaced: boolean,
    find: () => string | undefined,
  ): string | undefined {
    if (leader === undefined) return undefined
    if (isReplaced) return this.#versions.get(leader.process)
    const found = find()
    if (found !== undefined) this.#versions.set(leader.process, found)
    return found
  }
}

interface KnownMatch {
  readonly match: ProcessMatch | undefined
  readonly resolved: ProcessRecord['resolved']
}

const NO_MATCH: KnownMatch = { match: undefined, resolved: undefined }

export interface AgentMarksInit {
  readonly matches: MatchMemory
  readonly index: AgentIndex
  /** Folders that `~` may stand for. */
  readonly homes: readonly string[]
  /** Is this entry installed for that user, or for all? Supports evidence that would be too weak alone. */
  installed(entryId: string, userId: string): boolean
}

/** The children that are looked at for one candidate. */
const MAX_CHILDREN = 16

/** Which processes bear the mark of an agent, each looked at once. */
export class AgentMarks {
  readonly #init: AgentMarksInit
  readonly #tree: ProcessTree

  constructor(init: AgentMarksInit, tree: ProcessTree) {
    this.#init = init
    this.#tree = tree
  }

  matchOf(record: ProcessRecord): ProcessMatch | undefined {
    const match = this.#bareMatch(record)
    return match === undefined || !match.needsSupport || this.#hasSupport(match) ? match : undefined
  }

  /** Names of the variables by which `entry` is known that the process or its children carry. */
  markersOf(entry: ResidentEntry, record: ProcessRecord): string[] {
    const wanted = (entry.environment ?? []).map(({ name }) => name)
    const looked = [record, ...this.#tree.childrenOf(record).slice(0, MAX_CHILDREN)]
    return wanted.filter((name) => looked.some((each) => each.environmentNames?.includes(name) === true))
  }

  #bareMatch(record: ProcessRecord): ProcessMatch | undefined {
    const match = this.#init.matches.matchOf(record, this.#init.index, this.#init.homes)
    return match?.of === 'agent' ? match : undefined
  }

  #hasSupport({ entry, process }: ProcessMatch): boolean {
    if (this.#init.installed(entry.id, process.userId)) return true
    const children = this.#tree.childrenOf(process).slice(0, MAX_CHILDREN)
    const isOfEntry = (child: ProcessRecord) => {
      const match = this.#bareMatch(child)
      return match?.entry === entry && !match.needsSupport
    }
    return children.some(isOfEntry) || this.markersOf(entry, process).length > 0
  }
}
