const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
]

/** `3 min ago`, `never`, or `just now` within a second and for a clock that runs behind. */
export function ago(thenMs: number | undefined, nowMs: number): string {
  if (thenMs === undefined) return 'never'
  return nowMs - thenMs < 1000 ? 'just now' : `${duration(thenMs, nowMs)} ago`
}

/** `3 min`: the largest unit only. */
function duration(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - thenMs) / 1000))
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${name}`
}
