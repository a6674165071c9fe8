import { printable } from '../../base/printable.ts'

/** Lines for a person. Foreign text is made printable; nothing is said by colour. */

const MAX_CELL = 48

/** Rows under a heading; every column but the last as wide as its widest cell. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const last = heading.length - 1
  const shown = [heading, ...rows].map((row) =>
    row.map((cell, column) => (column === last ? printable(cell) : clip(printable(cell)))),
  )
  const widths = heading.map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)))
  return shown.map((row) =>
    row
      .map((cell, column) => (column === last ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Name and value, one a line. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string[] {
  const given = pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const width = Math.max(0, ...given.map(([name]) => name.length))
  return given.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`)
}

function clip(text: string): string {
  return text.length <= MAX_CELL ? text : `${text.slice(0, MAX_CELL - 1)}…`
}

export function timeOf(ms: number | undefined): string {
  return ms === undefined
    ? '-'
    : new Date(ms)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z')
}

const UNITS: readonly (readonly [ms: number, letter: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
]

/** `3h ago`: the largest unit only. */
export function ago(then: number | undefined, now: number): string {
  if (then === undefined) return 'never'
  const passed = Math.max(0, now - then)
  const [unit, letter] = UNITS.find(([ms]) => passed >= ms) ?? [1_000, 's']
  return `${Math.floor(passed / unit)}${letter} ago`
}

/** `90m`, `24h`, `7d` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', letter = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  const unit = UNITS.find(([, one]) => one === letter)?.[0]
  return unit === undefined ? undefined : Number(digits) * unit
}
