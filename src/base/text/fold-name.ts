import { SuretyError } from '../errors.ts'

/** How names of people, groups and accounts are compared: in any case, in any spelling of Unicode, in any width. */

const MAX_CHARACTERS = 256
/** Control characters, direction marks, zero width, line separators, lone surrogates, private use. */
const REFUSED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

/**
 * The key of a name: NFKC, without case, white space trimmed and made one space. Two names with one key are the same name.
 *
 * @throws `INPUT_MALFORMED` for a name that is empty, has more than 256 characters, or characters that cannot be seen.
 */
export function foldName(name: string): string {
  if (name.length > MAX_CHARACTERS) throw malformed(`has more than ${MAX_CHARACTERS} characters`)
  if (REFUSED.test(name)) throw malformed('has control characters or characters that cannot be seen')
  // First upper case: it makes ß and SS, and both forms of the Greek sigma, one.
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
  const key = folded.replace(/\s+/gu, ' ').trim()
  if (key === '') throw malformed('is empty')
  if (key.length > MAX_CHARACTERS) throw malformed(`has more than ${MAX_CHARACTERS} characters once it is folded`)
  return key
}

/** As `foldName`. Undefined for a text that is no name, such as the free text of an owner. */
export function foldedName(text: string): string | undefined {
  try {
    return foldName(text)
  } catch {
    return undefined
  }
}

function malformed(what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `a name ${what}`)
}
