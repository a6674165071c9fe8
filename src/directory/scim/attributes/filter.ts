import { SuretyError } from '../../../base/errors.ts'

/** Filters (RFC 7644, section 3.4.2.2) and paths of PATCH (section 3.5.2) as trees. Names are resolved when a tree is used. */

export type FilterValue = string | number | boolean | null
export const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Operator = (typeof OPERATORS)[number]

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'compare'; readonly path: string; readonly operator: Operator; readonly value: FilterValue }
  | { readonly kind: 'present'; readonly path: string }
  /** One value of a complex attribute fits the filter. */
  | { readonly kind: 'value'; readonly path: string; readonly filter: Filter }

export interface PatchPath {
  readonly path: string
  /** Which values of a multi-valued attribute. */
  readonly filter?: Filter | undefined
  /** A sub-attribute after the filter. */
  readonly sub?: string | undefined
}

const MAX_CHARACTERS = 4_096
/** Brackets within brackets: a filter is read and evaluated recursively. */
const MAX_DEPTH = 16
const MAX_TERMS = 128

type Code = 'SCIM_FILTER_INVALID' | 'SCIM_PATH_INVALID'

/** @throws `SCIM_FILTER_INVALID`. */
export function parseFilter(text: string): Filter {
  const parser = new Parser(text, 'SCIM_FILTER_INVALID')
  const filter = parser.either()
  parser.end()
  return filter
}

/** @throws `SCIM_PATH_INVALID`. */
export function parsePath(text: string): PatchPath {
  const parser = new Parser(text, 'SCIM_PATH_INVALID')
  const path = parser.word('an attribute')
  if (!parser.takes('[')) {
    parser.end()
    return { path }
  }
  const filter = parser.either()
  parser.expect(']')
  const sub = parser.takes('.') ? parser.word('a sub-attribute') : undefined
  parser.end()
  return { path, filter, sub }
}

interface Token {
  readonly kind: 'word' | 'value' | 'mark' | 'end'
  readonly text: string
  readonly value?: FilterValue
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w$:-])|([()[\].])|([A-Za-z$_][\w$:./%-]*))/y
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

class Parser {
  readonly #code: Code
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  #terms = 0

  constructor(text: string, code: Code) {
    this.#code = code
    if (text.length > MAX_CHARACTERS) throw this.#fault(`has more than ${MAX_CHARACTERS} characters`)
    this.#tokens = this.#tokensOf(text)
  }

  either(): Filter {
    if (++this.#depth > MAX_DEPTH) throw this.#fault(`has more than ${MAX_DEPTH} brackets within brackets`)
    const filters = [this.#both()]
    while (this.#takesWord('or')) filters.push(this.#both())
    this.#depth--
    const [first, ...others] = filters
    return first !== undefined && others.length === 0 ? first : { kind: 'or', filters }
  }

  word(what: string): string {
    const token = this.#next()
    if (token.kind !== 'word') throw this.#unexpected(token, what)
    // A word before a bracket and a dot ends before the dot.
    return token.text
  }

  takes(mark: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'mark' || token.text !== mark) return false
    this.#at++
    return true
  }

  expect(mark: string): void {
    if (!this.takes(mark)) throw this.#unexpected(this.#peek(), mark)
  }

  end(): void {
    const token = this.#peek()
    if (token.kind !== 'end') throw this.#unexpected(token, 'the end')
  }

  #both(): Filter {
    const filters = [this.#one()]
    while (this.#takesWord('and')) filters.push(this.#one())
    const [first, ...others] = filters
    return first !== undefined && others.length === 0 ? first : { kind: 'and', filters }
  }

  #one(): Filter {
    if (++this.#terms > MAX_TERMS) throw this.#fault(`has more than ${MAX_TERMS} terms`)
    const after = this.#tokens[this.#at + 1]
    if (after?.kind === 'mark' && after.text === '(' && this.#takesWord('not')) {
      return { kind: 'not', filter: this.#bracketed() }
    }
    if (this.#peek().kind === 'mark') return this.#bracketed()
    const path = this.word('an attribute')
    if (this.takes('[')) return this.#values(path)
    return this.#comparison(path)
  }

  #bracketed(): Filter {
    this.expect('(')
    const filter = this.either()
    this.expect(')')
    return filter
  }

  /** `emails[type eq "work"].value eq "a"`, as Entra ID writes it, asks for one value that fits both. */
  #values(path: string): Filter {
    const filter = this.either()
    this.expect(']')
    if (!this.takes('.')) return { kind: 'value', path, filter }
    const and = this.#comparison(this.word('a sub-attribute'))
    return { kind: 'value', path, filter: { kind: 'and', filters: [filter, and] } }
  }

  #comparison(path: string): Filter {
    const word = this.word('an operator').toLowerCase()
    if (word === 'pr') return { kind: 'present', path }
    const operator = OPERATORS.find((one) => one === word)
    if (operator === undefined) throw this.#fault(`has the operator ${quoted(word)}, which is none`)
    const token = this.#next()
    const named = token.kind === 'word' ? token.text.toLowerCase() : ''
    if (Object.hasOwn(WORDS, named)) return { kind: 'compare', path, operator, value: WORDS[named] ?? null }
    if (token.kind !== 'value') throw this.#unexpected(token, 'a value in quotes')
    return { kind: 'compare', path, operator, value: token.value ?? null }
  }

  #takesWord(word: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'word' || token.text.toLowerCase() !== word) return false
    this.#at++
    return true
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END
  }

  #next(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  #tokensOf(text: string): Token[] {
    const trimmed = text.trim()
    const tokens: Token[] = []
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < trimmed.length) {
      const at = TOKEN.lastIndex
      const found = TOKEN.exec(trimmed)
      if (found === null) throw this.#fault(`cannot be read from ${quoted(trimmed.slice(at, at + 20).trim())} on`)
      const [, string, number, mark, word = ''] = found
      if (string !== undefined) tokens.push({ kind: 'value', text: string, value: this.#stringOf(string) })
      else if (number !== undefined) tokens.push({ kind: 'value', text: number, value: Number(number) })
      else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
      else tokens.push({ kind: 'word', text: word })
    }
    return tokens
  }

  #stringOf(literal: string): string {
    try {
      const value: unknown = JSON.parse(literal)
      if (typeof value === 'string' && value.isWellFormed()) return value
    } catch {
      // Refused below.
    }
    throw this.#fault('has a string that is no string of JSON')
  }

  #unexpected(token: Token, wanted: string): SuretyError {
    const found = token.kind === 'end' ? 'ends' : `has ${quoted(token.text.slice(0, 40))}`
    return this.#fault(`${found} where it must have ${wanted}`)
  }

  #fault(why: string): SuretyError {
    return new SuretyError(this.#code, `the ${this.#code === 'SCIM_FILTER_INVALID' ? 'filter' : 'path'} ${why}`)
  }
}

const END: Token = { kind: 'end', text: '' }

function quoted(text: string): string {
  return JSON.stringify(text)
}
