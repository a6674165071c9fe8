/** `2026-11-28 14:05` by the clock on the wall of the person who reads it. */
export function wallTime(ms: number): string {
  const date = new Date(ms)
  const two = (part: number) => `${part}`.padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
