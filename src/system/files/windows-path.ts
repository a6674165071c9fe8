import { SuretyError } from '../../base/errors.ts'

/**
 * Paths of Windows in the form that shared code knows (`C:/Users/ann/x`), and back. Only files on a drive have one: no shares,
 * devices, volumes without a letter or streams, and no names that Windows gives another meaning.
 */

/** As long as Windows takes, with its prefix and its NUL. */
const MAX_LENGTH = 32_760
const MAX_NAME = 255
/** Of the object manager and of calls without the limit of 260 characters. What follows is taken as it is. */
const LITERAL = /^\\(?:\\\?|\?\?)\\/
const DRIVE = /^([A-Za-z]):(?=[\\/])/
/** A colon would name a stream. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Windows has none in names
const NOT_IN_NAMES = /[\u0000-\u001f<>:"|?*]/
/** Devices in any folder, with any ending, in any case; the digits can be superscript. */
const DEVICE = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])[ ]*(?:\.|$)/i

/**
 * @param text an absolute path as Windows or a person says it: `C:\Users\ann`, `c:/users/ann`, `\\?\C:\Users\ann`.
 * @returns undefined for what is no file on a drive: UNC (`\\server\share`), devices (`\\.\`, `NUL.txt`), volumes without a letter,
 *   streams, names that end in a dot or a space, and what is relative.
 */
export function toPortablePath(text: string): string | undefined {
  const isLiteral = LITERAL.test(text)
  const path = text.replace(LITERAL, '')
  const drive = DRIVE.exec(path)?.[1]
  if (drive === undefined || text.length > MAX_LENGTH || !text.isWellFormed()) return undefined
  const names: string[] = []
  for (const name of path.slice(2).split(isLiteral ? '\\' : /[\\/]/)) {
    if (name === '') continue
    // As Windows does it: by the text, whatever lies there. Behind the prefix it does nothing of the kind.
    if (name === '.' && !isLiteral) continue
    if (name === '..' && !isLiteral) names.pop()
    else if (isPlainName(name)) names.push(name)
    else return undefined
  }
  return `${drive.toUpperCase()}:/${names.join('/')}`
}

/**
 * For calls of Windows: any length, and nothing in it has another meaning.
 *
 * @param path as `toPortablePath` answers it.
 * @throws `FILE_UNREADABLE` for any other text.
 */
export function toNativePath(path: string): string {
  if (toPortablePath(path) !== path) {
    throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} is not a plain path of a file on a drive`)
  }
  return `\\\\?\\${path.replaceAll('/', '\\')}`
}

/**
 * A JSON Schema pattern for paths in settings, with separators of either kind. Each that it takes has a portable form. Stricter
 * than `toPortablePath`: no `.` and `..`, no prefix.
 */
export const WINDOWS_PATH_PATTERN = pathPattern()

function pathPattern(): string {
  const letters = (word: string) => Array.from(word, (one) => `[${one}${one.toLowerCase()}]`).join('')
  const digit = String.raw`[0-9\u00b9\u00b2\u00b3]`
  const devices = [
    ...['CON', 'PRN', 'AUX', 'NUL'].map(letters),
    ...['CONIN', 'CONOUT'].map((word) => String.raw`${letters(word)}\$`),
    ...['COM', 'LPT'].map((word) => letters(word) + digit),
  ]
  const separator = String.raw`[\\/]`
  const refused = String.raw`<>:"|?*\\/\u0000-\u001f`
  const name = String.raw`(?!(?:${devices.join('|')}) *(?:\.|${separator}|$))[^${refused}]{0,254}[^${refused}. ]`
  return `^[A-Za-z]:${separator}(?:${name}(?:${separator}${name})*${separator}?)?$`
}

/** Whether it can be the name of one file or folder, and Windows takes it as it is. */
export function isPlainName(name: string): boolean {
  return (
    name !== '' &&
    name.length <= MAX_NAME &&
    !/[\\/]/.test(name) &&
    !NOT_IN_NAMES.test(name) &&
    !/[. ]$/.test(name) &&
    !DEVICE.test(name)
  )
}
