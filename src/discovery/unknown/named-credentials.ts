import type { ProcessRecord } from '../matching/process-record.ts'
import { standsAlone } from './detached-child.ts'
import { ProgramNotes } from './program-notes.ts'
import { credentialWords } from './severity.ts'

const MAX_ARGUMENTS = 32
/** Between a command and the tool that it is part of. */
const MAX_GENERATIONS = 16

type Name = Pick<ProcessRecord, 'pid' | 'startTicks'>

/**
 * Which kinds of credentials the commands of a program named: most are over before anybody looks at what they have open. That
 * they read them is not known; what is read without being named is not seen.
 */
export class NamedCredentials {
  readonly #named = new ProgramNotes<Set<string>>()

  /** A program began. @returns whether it named any. */
  note(program: ProcessRecord): boolean {
    const words = credentialWords(program.argv.slice(1, MAX_ARGUMENTS))
    const runner = words.length === 0 ? undefined : runnerOf(program)
    if (runner === undefined) return false
    this.#named.set(runner, new Set([...(this.#named.of(runner) ?? []), ...words]))
    return true
  }

  of(programs: readonly Name[]): readonly string[] {
    return [...new Set(programs.flatMap((program) => [...(this.#named.of(program) ?? [])]))].sort()
  }

  /** What is no more is forgotten. */
  keep(lives: (program: Name) => boolean): void {
    this.#named.keep(lives)
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
