import { toPortablePath } from './windows-path.ts'

/** How Windows spells an absolute path, in files and on command lines. */
const OF_WINDOWS = /^(?:\\\\\?\\)?[A-Za-z]:[\\/]/

export function isSpeltByWindows(text: string): boolean {
  return OF_WINDOWS.test(text)
}

/** An absolute path of Windows as shared code has it; any other text as it is. */
export function portableText(text: string): string {
  return OF_WINDOWS.test(text) ? (toPortablePath(text) ?? text) : text
}
