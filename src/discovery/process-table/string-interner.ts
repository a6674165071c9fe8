import { Buffer } from 'node:buffer'
import type { ProcessRecord } from '../matching/process-record.ts'

/** Limits for one argument and for all arguments of a process, in UTF-16 units. Lower with very many processes. */
const MAX_ARGUMENT = 1024
const MAX_ARGUMENTS = 8192
const MAX_ARGUMENTS_OF_MANY = 512
/** Limit for an argument with spaces, so that later flags still fit. */
const MAX_TEXT_OF_MANY = 128
/** Bytes of a command line that are read, including a NUL after each argument. */
const MAX_READ = 128 * 1024
/** Distinct sets of names, and distinct texts. The cache is cleared when it is full. */
const MAX_SETS = 1024

const NONE: readonly string[] = Object.freeze([])

/** Stores equal texts once. Children mostly share environment, folder and program with their parent. */
export class StringInterner {
  readonly #sets = new Map<string, readonly string[]>()
  /** Keyed by array identity: callers often pass the same array again. */
  readonly #same = new WeakMap<readonly string[], readonly string[]>()
  readonly #texts = new Map<string, string>()

  /** Interns names of variables. Many processes share few different sets. */
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
   * Shortens a command line. Flags and identifiers are short; long arguments are text for a model.
   *
   * @param many use the lower limits, because very many processes run.
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
      // A slice keeps the whole string in memory, so copy it.
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
