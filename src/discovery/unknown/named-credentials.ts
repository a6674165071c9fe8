import type { ProcessRecord } from '../matching/process-record.ts'
import { standsAlone } from './detached-child.ts'
import { ProgramNotes } from './program-notes.ts'
import { credentialWords } from './severity.ts'

const MAX_ARGUMENTS = 32
/** Longest chain of processes between a command and its tool. */
const MAX_GENERATIONS = 16

type Name = Pick<ProcessRecord, 'pid' | 'startTicks'>

/**
 * Remembers which kinds of credentials the commands of a program named, because most end before their open files can
 * be read. A named file may not have been read, and a file that is read without being named is missed.
 */
export class NamedCredentials {
  readonly #named = new ProgramNotes<Set<string>>()

  /** Notes a started program. @returns true if it named credentials. */
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

  /** Forgets programs that have ended. */
  keep(lives: (program: Name) => boolean): void {
    this.#named.keep(lives)
  }
}

/** Returns the process that started the tool to which this one belongs. */
function runnerOf(program: ProcessRecord): ProcessRecord | undefined {
  let tool: ProcessRecord | undefined = program
  for (let at = 0; tool !== undefined && at < MAX_GENERATIONS; at++, tool = tool.forkedBy) {
    if (standsAlone(tool)) return tool.forkedBy
  }
  return undefined
}
