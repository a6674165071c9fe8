/**
 * Paths as the daemon and the wire have them: `/home/ann/x`, or on Windows `C:/Users/ann/x` with the drive in upper case.
 * `system/files/windows-path.ts` makes them of what Windows says.
 */

const DRIVE = /^[A-Z]:\//

/** A JSON Schema pattern. */
export const ABSOLUTE_PATH = '^(?:/|[A-Z]:/)[^\\u0000]*$'

/** Of any system. It says nothing of what lies behind: `..` may be in it. */
export function isAbsolutePath(text: string): boolean {
  return text.startsWith('/') || isWindowsPath(text)
}

export function isWindowsPath(text: string): boolean {
  return DRIVE.test(text)
}

/**
 * What two spellings of one path have in common: on Windows letters have no case. The path itself keeps the spelling that was
 * found.
 */
export function pathKey(path: string): string {
  if (!isWindowsPath(path)) return path
  return /^[ -~]*$/.test(path) ? path.toUpperCase() : Array.from(path, upperCase).join('')
}

/** As NTFS does it: one unit of UTF-16 for one. So ß stays, as it would be two. */
function upperCase(character: string): string {
  const upper = character.toUpperCase()
  return upper.length === 1 && character.length === 1 ? upper : character
}
