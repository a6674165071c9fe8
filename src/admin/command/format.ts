import { printable } from '../../base/text/printable.ts'
import { counted, timeInWords } from '../../protocol/noun/words.ts'
import type { RetiredDevice } from '../../protocol/nouns/devices/devices.ts'

/** Lines for a person. Foreign text is made printable; nothing is said by colour. */

/** Name and value, one a line. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string[] {
  const given = pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const width = Math.max(0, ...given.map(([name]) => name.length))
  return given.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`)
}

export function timeOf(ms: number | undefined): string {
  return ms === undefined ? '-' : timeInWords(ms)
}

/** RFC 3339, for programs. */
export function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

/** `5,002`, `5,002 devices` or, with a plural of its own, `5,002 people`. */
export function countOf(count: number, noun?: string, many = `${noun}s`): string {
  const digits = counted(count)
  return noun === undefined ? digits : `${digits} ${count === 1 ? noun : many}`
}

/** When, by whom and why. */
export function retiredWords({ at, by, reason }: RetiredDevice): string {
  return `${timeOf(at)}${by === undefined ? '' : ` by ${by}`}: ${reason}`
}

/** As it is typed in a shell. */
export function asArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
