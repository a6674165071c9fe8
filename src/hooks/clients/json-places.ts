import { SuretyError } from '../../base/errors.ts'

/** JSON with the place of each value, so that a text can be added to and otherwise stays as a person wrote it. */

export interface JsonPlace {
  readonly value: unknown
  /** The offset of its first character. */
  readonly start: number
  readonly members?: ReadonlyMap<string, JsonPlace>
  readonly items?: readonly JsonPlace[]
}

const MAX_DEPTH = 64
const BLANKS = /[ \t\r\n]*/y
const BLANKS_AND_COMMENTS = /[ \t\r\n]*(?:(?:\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)[ \t\r\n]*)*/y
/** What `JSON.parse` then reads or refuses. */
const SCALAR = /"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"|[-+.\w]+/y

/**
 * @param options.comments takes `//` and block comments.
 * @throws `INPUT_MALFORMED` with the line, `INPUT_TOO_DEEP`. Two members of one name are refused. The message quotes nothing.
 */
export function readJsonPlaces(text: string, options: { readonly comments: boolean }): JsonPlace {
  return new PlaceReader(text, options.comments ? BLANKS_AND_COMMENTS : BLANKS).document()
}

class PlaceReader {
  readonly #text: string
  readonly #blanks: RegExp
  #at = 0

  constructor(text: string, blanks: RegExp) {
    this.#text = text
    this.#blanks = blanks
  }

  document(): JsonPlace {
    const place = this.#value(0)
    if (this.#next() !== '') throw this.#fault('more than one value')
    return place
  }

  #value(depth: number): JsonPlace {
    if (depth > MAX_DEPTH) throw new SuretyError('INPUT_TOO_DEEP', `${this.#line()}: nested deeper than ${MAX_DEPTH}`)
    const first = this.#next()
    if (first === '{') return this.#object(depth)
    if (first === '[') return this.#array(depth)
    return this.#scalar()
  }

  #object(depth: number): JsonPlace {
    const start = this.#at++
    const members = new Map<string, JsonPlace>()
    this.#each('}', () => {
      if (this.#next() !== '"') throw this.#fault('the name of a member is missing')
      const name = String(this.#scalar().value)
      if (members.has(name)) throw this.#fault('a second member of one name')
      if (this.#next() !== ':') throw this.#fault('a colon is missing')
      this.#at++
      members.set(name, this.#value(depth + 1))
    })
    // Not by assignment, which takes a member `__proto__` for the prototype.
    const value = Object.fromEntries(Array.from(members, ([name, place]) => [name, place.value]))
    return { value, start, members }
  }

  #array(depth: number): JsonPlace {
    const start = this.#at++
    const items: JsonPlace[] = []
    this.#each(']', () => items.push(this.#value(depth + 1)))
    return { value: items.map(({ value }) => value), start, items }
  }

  #each(end: string, read: () => void): void {
    if (this.#next() === end) {
      this.#at++
      return
    }
    for (;;) {
      read()
      const mark = this.#next()
      if (mark !== ',' && mark !== end) throw this.#fault('a comma or closing bracket is missing')
      this.#at++
      if (mark === end) return
    }
  }

  #scalar(): JsonPlace {
    SCALAR.lastIndex = this.#at
    const token = SCALAR.exec(this.#text)?.[0]
    if (token === undefined) throw this.#fault('not JSON')
    const start = this.#at
    try {
      const value: unknown = JSON.parse(token)
      this.#at += token.length
      return { value, start }
    } catch {
      // No cause: the engine's message quotes the text.
      throw this.#fault('not JSON')
    }
  }

  /** The next character that is no blank; empty at the end. */
  #next(): string {
    this.#blanks.lastIndex = this.#at
    this.#blanks.exec(this.#text)
    this.#at = this.#blanks.lastIndex
    return this.#text.charAt(this.#at)
  }

  #fault(what: string): SuretyError {
    return new SuretyError(
      'INPUT_MALFORMED',
      `${this.#line()}: ${this.#at < this.#text.length ? what : 'it ends too early'}`,
    )
  }

  #line(): string {
    return `line ${this.#text.slice(0, this.#at).split('\n').length}`
  }
}
