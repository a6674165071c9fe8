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
