import { Buffer } from 'node:buffer'
import type { ProcessRecord } from '../matching/process-record.ts'

/** Of one argument, and of all arguments of a process; less where very many processes run. In UTF-16 units. */
const MAX_ARGUMENT = 1024
const MAX_ARGUMENTS = 8192
const MAX_ARGUMENTS_OF_MANY = 512
/** Of what is text and no path or flag, so that those behind it are kept. */
const MAX_TEXT_OF_MANY = 128
/** So much of a command line is read at most, with a NUL behind each argument. In bytes. */
const MAX_READ = 128 * 1024
/** Different sets of names; what is shared by none is forgotten with them. */
const MAX_SETS = 1024

const NONE: readonly string[] = Object.freeze([])

/** Keeps the same text once: children mostly have the environment, the folder and the program of their parent. */
export class KeptText {
  readonly #sets = new Map<string, readonly string[]>()
  /** By the very list that was given: whoever gives one may give it again. */
  readonly #same = new WeakMap<readonly string[], readonly string[]>()
  readonly #texts = new Map<string, string>()

  /** Names of variables: few different sets among many processes. */
  names(names: readonly string[] | undefined): readonly string[] | undefined {
    if (names === undefined) return undefined
    if (names.length === 0) return NONE
    const same = this.#same.get(names)
    if (same !== undefined) return same
    const kept = this.#set(names)
    this.#same.set(names, kept)
    return kept
  }

  #set(names: readonly string[]): readonly string[] {
    const key = names.join('\0')
    const known = this.#sets.get(key)
    if (known !== undefined) return known
    if (this.#sets.size >= MAX_SETS) this.#sets.clear()
    const kept = names.map((name) => this.#text(name))
    this.#sets.set(key, kept)
    return kept
  }

  path(path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.#text(path)
  }

  /**
   * What is worth keeping of a command line: flags and identifiers are short, what is long is text for a model.
   *
   * @param many very many processes run.
   */
  arguments(argv: readonly string[], many: boolean): Pick<ProcessRecord, 'argv' | 'argumentsCut' | 'argumentsMissing'> {
    if (argv.length === 0) return { argv: NONE }
    const room = many ? MAX_ARGUMENTS_OF_MANY : MAX_ARGUMENTS
    const kept: string[] = []
    let used = 0
    let cut = false
    for (const argument of argv) {
      const most = many && argument.includes(' ') ? MAX_TEXT_OF_MANY : MAX_ARGUMENT
      const part = argument.length > most ? argument.slice(0, most) : argument
      used += part.length + 1
      if (used > room) return { argv: kept, argumentsCut: true, argumentsMissing: true }
      if (part !== argument) cut = true
      // A part of a string keeps the whole of it in memory.
      kept.push(cut || kept.length > 0 ? copyOf(part) : this.#text(part))
    }
    if (!cut) return { argv: kept }
    return { argv: kept, argumentsCut: true, ...(isAllThatIsRead(argv) ? { argumentsMissing: true as const } : {}) }
  }

  #text(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    if (this.#texts.size >= MAX_SETS) this.#texts.clear()
    const kept = copyOf(text)
    this.#texts.set(kept, kept)
    return kept
  }
}

function isAllThatIsRead(argv: readonly string[]): boolean {
  return argv.reduce((bytes, argument) => bytes + Buffer.byteLength(argument) + 1, 0) >= MAX_READ
}

function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
