import { SuretyError } from './errors.ts'

/** How much foreign JSON we are willing to look at. */
export interface JsonLimits {
  readonly maxBytes: number
  /** Nesting of arrays and objects; a scalar has depth 0. */
  readonly maxDepth: number
  /** Members of one object; left out: any number. What has very many costs far more time than its bytes say. */
  readonly maxMembers?: number
}

const FORBIDDEN_KEY = '__proto__'
/** In a whole document: `[],[],[]` takes thirty times its bytes once it is parsed (48 MiB took 1.3 GB, measured). */
const MAX_VALUES = 2_000_000

/**
 * Parses JSON that came from outside, with limits on size and nesting. Any spelling of the document is accepted:
 * for files and tools. What is signed goes through `parseCanonicalJson`.
 *
 * @throws `INPUT_TOO_LARGE` (also for too many members or values), `INPUT_MALFORMED` (also for a `__proto__` key), `INPUT_TOO_DEEP`.
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  // A UTF-16 unit is at least one byte of UTF-8, so this never lets more through than the limit times three.
  if (text.length > limits.maxBytes) {
    throw new SuretyError('INPUT_TOO_LARGE', `more than ${limits.maxBytes} bytes of JSON`)
  }
  refuseShape(text, limits)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The engine's own message quotes the text around the place: it may be a secret, so it is no cause.
    throw new SuretyError('INPUT_MALFORMED', 'not JSON')
  }
  if ((text.includes('__proto__') || text.includes('\\u')) && hasForbiddenKey(value)) {
    throw new SuretyError('INPUT_MALFORMED', `key ${FORBIDDEN_KEY} is not allowed`)
  }
  return value
}

/**
 * As `parseJson`, of one member of the outermost object alone: undefined when it has none of that name, or is no object. The
 * rest is counted and must close what it opens, and is not parsed: a large document costs a third.
 *
 * @throws as `parseJson`.
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

/** Follows a pass over a document, and notes where a member of its outermost object stands: the last of that name. */
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

  /** A string of the outermost object, by its quotes. */
  string(start: number, end: number): void {
    if (!this.#keyExpected) return
    this.#keyExpected = false
    if (!this.#isName(this.#text.slice(start, end + 1))) return
    // Not farther: names without a value would have the rest of the document looked through for each.
    COLON.lastIndex = end + 1
    this.#start = COLON.test(this.#text) ? COLON.lastIndex : -1
  }

  /** A comma of the outermost object, or what closes it. */
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
 * Parses JSON whose bytes must equal `JSON.stringify` of their own parse: no second spelling, no duplicate keys, no
 * number that does not survive a round trip.
 *
 * @throws as `parseJson`, and `INPUT_NOT_CANONICAL`.
 */
export function parseCanonicalJson(text: string, limits: JsonLimits): unknown {
  const value = parseJson(text, limits)
  if (JSON.stringify(value) !== text) {
    throw new SuretyError('INPUT_NOT_CANONICAL', 'JSON differs from its own serialisation')
  }
  return value
}

/** What is counted for an array: however many values it has, they never come to be too many members. */
const NO_OBJECT = -MAX_VALUES - 1

/** Counts brackets and commas outside strings before parsing, so that a bad shape costs one pass and no stack. */
function refuseShape(text: string, { maxDepth, maxMembers = MAX_VALUES }: JsonLimits, finder?: MemberFinder): void {
  // All of these stay small whole numbers, which V8 counts far faster than others.
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
        if (++members > most) throw new SuretyError('INPUT_TOO_LARGE', `an object of more than ${most} members`)
        break
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === 1) finder?.end(i, true)
        // More closed than opened is no JSON.
        if (depth > 0) members = around[--depth] ?? NO_OBJECT
        break
    }
  }
}

function tooManyValues(): SuretyError {
  return new SuretyError('INPUT_TOO_LARGE', `more than ${MAX_VALUES} values of JSON`)
}

function endOfString(text: string, start: number): number {
  const at = text.indexOf('"', start + 1)
  if (at === -1) return text.length
  return text.charCodeAt(at - 1) === 0x5c ? endOfEscapedString(text, at) : at
}

/** @param first of the quotes that may end it. */
function endOfEscapedString(text: string, first: number): number {
  for (let at = first; at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/** Recursion is bounded: depth was checked first. The parsed tree is searched, so an escaped spelling is caught too. */
function hasForbiddenKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasForbiddenKey)
  return Object.keys(value).some((key) => key === FORBIDDEN_KEY) || Object.values(value).some(hasForbiddenKey)
}
