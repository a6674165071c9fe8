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

const UNITS: readonly (readonly [ms: number, letter: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
]

/** `90m`, `24h`, `7d` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', letter = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  const unit = UNITS.find(([, one]) => one === letter)?.[0]
  return unit === undefined ? undefined : Number(digits) * unit
}

/** `7d`: in the largest unit that fits. */
export function durationText(ms: number): string {
  const [unit, letter] = UNITS.find(([one]) => ms % one === 0) ?? [1, 'ms']
  return `${ms / unit}${letter}`
}
