/** What /proc writes of a process, as the kernel's ends and marks make it. */

const DELETED = ' (deleted)'

export function withoutMark(path: string): string {
  return path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path
}

export function splitArguments(text: string): string[] {
  if (text === '') return []
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
}
