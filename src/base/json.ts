import { SuretyError } from './errors.ts'

/** How much foreign JSON we are willing to look at. */
export interface JsonLimits {
  readonly maxBytes: number
  /** Nesting of arrays and objects; a scalar has depth 0. */
  readonly maxDepth: number
}

const FORBIDDEN_KEY = '__proto__'

/**
 * Parses JSON that came from outside, with limits on size and nesting. Any spelling of the document is accepted:
 * for files and tools. What is signed goes through `parseCanonicalJson`.
 *
 * @throws `INPUT_TOO_LARGE`, `INPUT_MALFORMED` (also for a `__proto__` key), `INPUT_TOO_DEEP`.
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  // A UTF-16 unit is at least one byte of UTF-8, so this never lets more through than the limit times three.
  if (text.length > limits.maxBytes) {
    throw new SuretyError('INPUT_TOO_LARGE', `more than ${limits.maxBytes} bytes of JSON`)
  }
  refuseDeepNesting(text, limits.maxDepth)
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

/** Counts brackets outside strings before parsing, so that deep nesting costs one pass and no stack. */
function refuseDeepNesting(text: string, maxDepth: number): void {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) throw new SuretyError('INPUT_TOO_DEEP', `JSON nested deeper than ${maxDepth}`)
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
        break
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
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
