/** Days as a date field of the browser has them. */

/** `2026-12-01`, as a date field has it. */
export function dayOf(date: Date): string {
  const padded = (part: number) => String(part).padStart(2, '0')
  return `${date.getFullYear()}-${padded(date.getMonth() + 1)}-${padded(date.getDate())}`
}

/** The last second of a day, where the person is. NaN if it is no day. */
export function endOfDay(day: string): number {
  return new Date(`${day}T23:59:59`).getTime()
}
