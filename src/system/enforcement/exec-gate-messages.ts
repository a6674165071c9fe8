import { SuretyError } from '../../base/errors.ts'

/** What goes over the two pipes of `surety-exec-gate`; see `native/linux/exec-gate/gate.c`. */

/** Numbers of users, and ranges of them. */
type Uids = readonly (number | { readonly first: number; readonly count: number })[]

/** Programs that are held as they start. */
export interface HoldRule {
  /** Of these users, by any of their ids or by the login that the process comes from; of all users when absent. */
  readonly uids?: Uids | undefined
  /** Names of files without their folder; `*` at the end stands for anything. Also of scripts that an interpreter runs. */
  readonly names: readonly string[]
  /** Anywhere in the path of the file or script. */
  readonly parts: readonly string[]
}

export interface HoldRules {
  /** Names of programs whose arguments are looked at; a `*` as in `HoldRule`. */
  readonly interpreters: readonly string[]
  /** At most 256. Without one nothing is held. */
  readonly rules: readonly HoldRule[]
}

/** A process that is before the first instruction of its program. */
export interface HeldProcess {
  readonly pid: number
  readonly startTicks: number
  /** Its cgroup before, from the root of the hierarchy. */
  readonly cgroup: string
  /** Of the file that is run, with links followed. */
  readonly path: string
  /** `unread`: an interpreter whose arguments could not be read, in time or as a whole. */
  readonly matched: 'file' | 'script' | 'unread'
}

export type GateReport =
  | { readonly kind: 'ready'; readonly mounts: number; readonly refusedMounts: number }
  /** Nothing is held. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'held'; readonly process: HeldProcess }
  /** It matches a rule and runs. */
  | { readonly kind: 'unheld'; readonly pid: number; readonly path: string; readonly reason: string }
  /** So many reports found no room. */
  | { readonly kind: 'lost'; readonly count: number }

const MOST_RULES = 256
/** The gate reads no longer message. */
const MOST_BYTES = 1024 * 1024
const MOST_REPORT_BYTES = 16 * 1024
const LENGTH_BYTES = 4

/**
 * @param cgroup the folder of the cgroup for what is held.
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE` for rules that the gate would refuse.
 */
export function encodeRules(cgroup: string, { interpreters, rules }: HoldRules): Buffer {
  if (rules.length > MOST_RULES) throw new SuretyError('INPUT_TOO_LARGE', `more than ${MOST_RULES} rules`)
  const texts = [
    cgroup,
    ...listOf(interpreters),
    ...rules.flatMap(({ uids, names, parts }) => [...usersOf(uids), ...listOf(names), ...listOf(parts)]),
  ]
  if (texts.some((text) => text.includes('\0'))) throw new SuretyError('INPUT_MALFORMED', 'a rule holds a NUL')
  const body = Buffer.from(texts.map((text) => `${text}\0`).join(''))
  if (body.length > MOST_BYTES) throw new SuretyError('INPUT_TOO_LARGE', `rules of more than ${MOST_BYTES} bytes`)
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(body.length)
  return Buffer.concat([length, body])
}

/** An empty text ends a list. One inside would cut it short, and one part that is empty is in every path. */
function listOf(texts: readonly string[]): readonly string[] {
  if (texts.includes('') || texts.includes('*'))
    throw new SuretyError('INPUT_MALFORMED', 'a rule matches every program')
  return [...texts, '']
}

function usersOf(uids: Uids | undefined): readonly string[] {
  if (uids === undefined) return ['*', '']
  if (uids.length === 0) throw new SuretyError('INPUT_MALFORMED', 'a rule is for no user')
  return [...uids.map(rangeText), '']
}

/** `FIRST-LAST`. */
function rangeText(uids: Uids[number]): string {
  const { first, count } = typeof uids === 'number' ? { first: uids, count: 1 } : uids
  const last = first + count - 1
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && last >= first
  if (!isRange || last >= 2 ** 32 - 1) throw new SuretyError('INPUT_MALFORMED', `${first} to ${last} are no user ids`)
  return `${first}-${last}`
}

/** Splits what comes over the pipe into reports. */
export class ReportReader {
  #rest = Buffer.alloc(0)

  /** @throws `INPUT_MALFORMED` for what no gate of this version says. */
  read(bytes: Uint8Array): readonly GateReport[] {
    let rest = Buffer.concat([this.#rest, bytes])
    const reports: GateReport[] = []
    while (rest.length >= LENGTH_BYTES) {
      const size = rest.readUInt32LE(0)
      if (size > MOST_REPORT_BYTES) throw new SuretyError('INPUT_MALFORMED', `a report of ${size} bytes`)
      if (rest.length < LENGTH_BYTES + size) break
      reports.push(reportOf(rest.subarray(LENGTH_BYTES, LENGTH_BYTES + size)))
      rest = rest.subarray(LENGTH_BYTES + size)
    }
    this.#rest = Buffer.from(rest)
    return reports
  }
}

function reportOf(bytes: Buffer): GateReport {
  const [kind, ...texts] = bytes.toString().split('\0').slice(0, -1)
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = texts
  if (kind === 'held' && texts.length === 5 && isMatch(fifth)) {
    const process = { pid: count(first), startTicks: count(second), cgroup: third, path: fourth, matched: fifth }
    return { kind, process }
  }
  if (kind === 'unheld' && texts.length === 3) return { kind, pid: count(first), path: second, reason: third }
  if (kind === 'ready' && texts.length === 2) return { kind, mounts: count(first), refusedMounts: count(second) }
  if (kind === 'refused' && texts.length === 1) return { kind, reason: first }
  if (kind === 'lost' && texts.length === 1) return { kind, count: count(first) }
  throw new SuretyError('INPUT_MALFORMED', 'a report of an unknown form')
}

function isMatch(text: string): text is HeldProcess['matched'] {
  return text === 'file' || text === 'script' || text === 'unread'
}

function count(text: string): number {
  const number = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) {
    throw new SuretyError('INPUT_MALFORMED', 'a report without its number')
  }
  return number
}
