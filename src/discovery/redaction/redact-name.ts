import { createHmac } from 'node:crypto'
import { boundedText } from './bounded-text.ts'
import { looksSecret } from './known-tokens.ts'
import { looksRandom } from './random-text.ts'
import { holdsSecretArgument, isSecretAddress } from './secret-shape.ts'

/**
 * What may be told of names that somebody made up: of servers, variables, plugins, profiles. People paste a secret where a name
 * belongs, or write both into the name.
 */

const UNNAMED = 'unnamed'
/** Longer text is no name. */
const MAX_JUDGED = 4096

/** The name of a thing, or `unnamed`. */
export function toldName(text: string, maxLength = 256): string {
  return text.length > MAX_JUDGED || isSecretName(text) ? UNNAMED : boundedText(text, maxLength)
}

/** As a part of an id, which anybody could try guesses for: of a name that is not told keyed, per device. */
export function nameForId(text: string, key: string): string {
  return toldName(text) === UNNAMED ? createHmac('sha256', key).update(text).digest('hex') : text
}

/** Of a name that reads like one, a tag of a version too. */
export function isSecretName(text: string): boolean {
  return (
    looksSecret(text) ||
    (text.includes('://') && isSecretAddress(text)) ||
    holdsSecretArgument([text]) ||
    /^(?:bearer|basic)\s+\S{8}/i.test(text) ||
    text.split(/[^A-Za-z0-9]/).some(looksRandom)
  )
}

const VARIABLE = /^[A-Za-z_][\w.-]{0,127}$/
/** A name and more behind it; what is padded at its end is no name, and letters among digits could be a part of a secret. */
const WITH_VALUE = /^\s*([A-Z_][A-Z0-9_]{0,127}|[A-Za-z]{1,64}(?:[-_.][A-Za-z]{1,64}){0,16})(?:=(?=[^=])|\s*:(?!\/\/))/
/** Looks like a generated key and not like the name of a variable. */
const DRAWN = /^[0-9a-f]{24,}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The name of a variable or a header; of one with its value in it the name alone. */
export function toldVariable(text: string): string {
  const [, name = text] = WITH_VALUE.exec(text) ?? []
  return VARIABLE.test(name) && !isSecretVariable(name) ? name : UNNAMED
}

/** Is there a secret in the name itself? */
export function isSecretVariable(text: string): boolean {
  return text.length <= MAX_JUDGED && (DRAWN.test(text.trim()) || isSecretName(text))
}

const ASSIGNMENT = /^[^\s=/\\]+=/
const PLAIN = /^\w[\w.@+~:/\\-]*$|^[.~]{0,2}[/\\][\w.@+~:/\\-]*$/

/**
 * The program of a command alone. A client may take a whole line for one word, and a line has variables before the program and
 * arguments behind it: a path with a blank is told as far as the blank. Undefined where a value could be told instead.
 */
export function toldProgram(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word.trim() !== '' && !ASSIGNMENT.test(word.trim()))
  const [program = ''] = (words[at] ?? '').trim().split(/[ \t]+/)
  const before = words.slice(0, Math.max(at, 0)).filter((word) => word !== '')
  // Where such a value ends only a shell knows.
  if (before.some((word) => /[\s"'`]/.test(word)) || (before.length > 0 && !PLAIN.test(program))) return undefined
  return isProgram(program) ? boundedText(program, 256) : undefined
}

/** A path from a root, the home or a variable. */
const ROOTED = /^(?:[/\\~.$%{"']|[A-Za-z]:[\\/])/

function isProgram(text: string): boolean {
  if (text === '' || text.length > MAX_JUDGED || text.startsWith('-') || looksSecret(text)) return false
  // A pair or an address; one letter is a drive of Windows.
  if (/^["']?[^/\\"']{2,}:/.test(text) || /[?&]\w+=/.test(text)) return false
  if (!ROOTED.test(text)) return !/[=?&]/.test(text) && !isSecretVariable(text)
  // Folders of Nix have sums in small letters.
  return !text.split(/[^A-Za-z0-9]/).some((run) => looksRandom(run) && /[a-z]/.test(run) && /[A-Z]/.test(run))
}
