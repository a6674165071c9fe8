import type { ProcessRecord } from '../process-record.ts'
import { credentialWords } from './severity.ts'
import { standsAlone } from './tools.ts'

const MAX_PROGRAMS = 64
const MAX_ARGUMENTS = 32
/** Between a command and the tool that it is part of. */
const MAX_GENERATIONS = 16

type Name = Pick<ProcessRecord, 'pid' | 'startTicks'>

/**
 * Which kinds of credentials the commands of a program named: most are over before anybody looks at what they have open. That
 * they read them is not known; what is read without being named is not seen.
 */
export class NamedCredentials {
  readonly #named = new Map<number, { readonly startTicks: number; readonly words: Set<string> }>()

  /** A program began. */
  note(program: ProcessRecord): void {
    const words = credentialWords(program.argv.slice(1, MAX_ARGUMENTS))
    const runner = words.length === 0 ? undefined : runnerOf(program)
    if (runner === undefined) return
    const { pid, startTicks } = runner
    const before = this.#named.get(pid)
    const row = before?.startTicks === startTicks ? before : { startTicks, words: new Set<string>() }
    for (const each of words) row.words.add(each)
    // Set anew, so that who did so last stands last.
    this.#named.delete(pid)
    this.#named.set(pid, row)
    const [oldest] = this.#named.keys()
    if (this.#named.size > MAX_PROGRAMS && oldest !== undefined) this.#named.delete(oldest)
  }

  of(programs: readonly Name[]): readonly string[] {
    const rows = programs.flatMap(({ pid, startTicks }) => {
      const row = this.#named.get(pid)
      return row?.startTicks === startTicks ? [...row.words] : []
    })
    return [...new Set(rows)].sort()
  }

  /** What is no more is forgotten. */
  keep(lives: (program: Name) => boolean): void {
    for (const [pid, { startTicks }] of this.#named) if (!lives({ pid, startTicks })) this.#named.delete(pid)
  }
}

/** Who started the tool that this is, or is part of. */
function runnerOf(program: ProcessRecord): ProcessRecord | undefined {
  let tool: ProcessRecord | undefined = program
  for (let at = 0; tool !== undefined && at < MAX_GENERATIONS; at++, tool = tool.forkedBy) {
    if (standsAlone(tool)) return tool.forkedBy
  }
  return undefined
}
