import { SuretyError } from './errors.ts'

/** Limits for JSON from outside. */
export interface JsonLimits {
  readonly maxBytes: number
  /** Nesting of arrays and objects. A scalar has depth 0. */
  readonly maxDepth: number
  /** Members of one object; no limit if absent. An object with very many members is disproportionately slow. */
  readonly maxMembers?: number
}

const FORBIDDEN_KEY = '__proto__'
/** Values in a whole document. Parsed, `[],[],[]` takes thirty times its bytes (48 MiB took 1.3 GB, measured). */
const MAX_VALUES = 2_000_000

/**
 * Parses JSON from files and tools, with limits on size and nesting. Accepts any spelling of a document. Signed JSON needs
 * `parseCanonicalJson`.
 *
 * @throws `INPUT_TOO_LARGE` (also for too many members or values), `INPUT_MALFORMED` (also for a `__proto__` key), `INPUT_TOO_DEEP`.
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  // A UTF-16 unit is one to three bytes of UTF-8, so this admits at most three times the limit.
  if (text.length > limits.maxBytes) {
    throw new SuretyError('INPUT_TOO_LARGE', `more than ${limits.maxBytes} bytes of JSON`)
  }
  refuseShape(text, limits)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // No cause: the engine's message quotes the text, which may be a secret.
    throw new SuretyError('INPUT_MALFORMED', 'not JSON')
  }
  if ((text.includes('__proto__') || text.includes('\\u')) && hasForbiddenKey(value)) {
    throw new SuretyError('INPUT_MALFORMED', `key ${FORBIDDEN_KEY} is not allowed`)
  }
  return value
}

/**
 * Parses a document that can be read in one way only: no object has two members of one name, no name has an escape, and no
 * string has a lone surrogate.
 *
 * @throws what `parseJson` throws; `INPUT_MALFORMED` for any of these.
 */
export function parseUnambiguousJson(text: string, limits: JsonLimits): unknown {
  const value = parseJson(text, limits)
  // JSON.parse keeps the last of two members of one name, so the value has fewer members than the text has names.
  if (countMembers(value) !== countNames(text)) {
    throw new SuretyError('INPUT_MALFORMED', 'an object with two members of one name')
  }
  if ((text.includes('\\u') || !text.isWellFormed()) && !isWellFormed(value)) {
    throw new SuretyError('INPUT_MALFORMED', 'a string with a lone surrogate')
  }
  return value
}

/**
 * Counts the member names of a document that is JSON: the strings before a colon.
 *
 * @throws `INPUT_MALFORMED` for a name with an escape. Node 26.10 reads `{"a":1,"\\u0061":2}` as `{"a":1,"\\":2}` once it has
 * parsed an object with these two members, so such names cannot be compared.
 */
function countNames(text: string): number {
  let count = 0
  let string = ''
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x22) {
      const end = endOfString(text, i)
      string = text.slice(i, end)
      i = end
    } else if (unit === 0x3a) {
      if (string.includes('\\')) throw new SuretyError('INPUT_MALFORMED', 'a member name with an escape')
      count++
    }
  }
  return count
}

/** Counts the members of all objects in a value. The limits of `parseJson` bound its depth. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const values = Object.values(value)
  return values.reduce((sum: number, one) => sum + countMembers(one), Array.isArray(value) ? 0 : values.length)
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, one]) => key.isWellFormed() && isWellFormed(one))
}

/**
 * Parses one member of the outermost object. The rest is counted against the limits and must have balanced brackets, but is
 * not parsed, which takes a third of the time for a large document.
 *
 * @returns undefined if the document is no object or has no such member.
 * @throws what `parseJson` throws.
 */
export function parseJsonMember(text: string, name: string, limits: JsonLimits): unknown {
  if (text.length > limits.maxBytes) {
    throw new SuretyError('INPUT_TOO_LARGE', `more than ${limits.maxBytes} bytes of JSON`)
  }
  const finder = new MemberFinder(text, name)
  refuseShape(text, limits, finder)
  if (!/^\s*\{/.test(text)) {
    parseJson(text, limits)
    return undefined
  }
  if (!finder.closed) throw new SuretyError('INPUT_MALFORMED', 'not JSON')
  return finder.found === undefined ? undefined : parseJson(finder.found, limits)
}

const COLON = /[ \t\r\n]*:/y

/** Finds a member of the outermost object during one pass over the text. The last one of that name counts. */
class MemberFinder {
  readonly #text: string
  readonly #name: string
  #start = -1
  #keyExpected = true
  found: string | undefined
  closed = false

  constructor(text: string, name: string) {
    this.#text = text
    this.#name = name
  }

  /** Call for each string of the outermost object, with the offsets of its quotes. */
  string(start: number, end: number): void {
    if (!this.#keyExpected) return
    this.#keyExpected = false
    if (!this.#isName(this.#text.slice(start, end + 1))) return
    // Anchored here: searching further would scan the rest of the document for each name without a value.
    COLON.lastIndex = end + 1
    this.#start = COLON.test(this.#text) ? COLON.lastIndex : -1
  }

  /** Call for each comma of the outermost object, and for its closing bracket. */
  end(at: number, closes: boolean): void {
    if (this.#start !== -1) this.found = this.#text.slice(this.#start, at)
    this.#start = -1
    this.#keyExpected = true
    if (closes) this.closed = /^\s*$/.test(this.#text.slice(at + 1))
  }

  #isName(quoted: string): boolean {
    if (!quoted.includes('\\')) return quoted === `"${this.#name}"`
    try {
      return JSON.parse(quoted) === this.#name
    } catch {
      return false
    }
  }
}

/**
 * Parses JSON whose text must equal `JSON.stringify` of the result: one spelling, no duplicate keys, no number that changes in
 * a round trip.
 *
 * @throws what `parseJson` throws, and `INPUT_NOT_CANONICAL`.
 */
export function parseCanonicalJson(text: string, limits: JsonLimits): unknown {
  const value = parseJson(text, limits)
  if (JSON.stringify(value) !== text) {
    throw new SuretyError('INPUT_NOT_CANONICAL', 'JSON differs from its own serialisation')
  }
  return value
}

/** The start of the count inside an array, so low that its values never exceed the limit for members. */
const NO_OBJECT = -MAX_VALUES - 1

/** Counts brackets and commas outside strings before parsing, so that a bad shape costs one pass and no recursion. */
function refuseShape(text: string, { maxDepth, maxMembers = MAX_VALUES }: JsonLimits, finder?: MemberFinder): void {
  // These stay small integers, which V8 counts much faster.
  const most = Math.min(maxMembers, MAX_VALUES)
  let depth = 0
  let values = 0
  let members = NO_OBJECT
  const around: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    switch (unit) {
      case 0x22: {
        // "
        const end = endOfString(text, i)
        if (depth === 1) finder?.string(i, end)
        i = end
        break
      }
      case 0x5b: // [
      case 0x7b: // {
        if (++values > MAX_VALUES) throw tooManyValues()
        if (depth === maxDepth) throw new SuretyError('INPUT_TOO_DEEP', `JSON nested deeper than ${maxDepth}`)
        around[depth++] = members
        members = unit === 0x7b ? 1 : NO_OBJECT
        break
      case 0x2c: // ,
        if (++values > MAX_VALUES) throw tooManyValues()
        if (depth === 1) finder?.end(i, false)
        if (++members > most) throw new SuretyError('INPUT_TOO_LARGE', `an object with more than ${most} members`)
        break
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === 1) finder?.end(i, true)
        // Surplus closing brackets are left to the parser.
        if (depth > 0) members = around[--depth] ?? NO_OBJECT
        break
    }
  }
}

function tooManyValues(): SuretyError {
  return new SuretyError('INPUT_TOO_LARGE', `more than ${MAX_VALUES} JSON values`)
}

function endOfString(text: string, start: number): number {
  const at = text.indexOf('"', start + 1)
  if (at === -1) return text.length
  return text.charCodeAt(at - 1) === 0x5c ? endOfEscapedString(text, at) : at
}

/** @param first the first quote that may end the string. */
function endOfEscapedString(text: string, first: number): number {
  for (let at = first; at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/** Searches the parsed tree, so an escaped key is found too. The depth was checked before. */
function hasForbiddenKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasForbiddenKey)
  return Object.keys(value).some((key) => key === FORBIDDEN_KEY) || Object.values(value).some(hasForbiddenKey)
}
