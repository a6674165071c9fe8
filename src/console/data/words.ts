/** Numbers, times and tiers as a person reads them. */
import type { Tier } from '../../protocol/tier.ts'

const number = new Intl.NumberFormat('en')
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
const dayOfYear = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })
const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** `12,034`. */
export function countText(count: number): string {
  return number.format(count)
}

/** `1 device`, `12 devices`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

/** `1 Dec 2026, 14:02:31`. */
export function exactTime(at: number): string {
  return exact.format(at)
}

/** `14:02:31`. */
export function clockTime(at: number): string {
  return timeOfDay.format(at)
}

/** `2 Nov`, in UTC. */
export function utcDay(at: number): string {
  return dayAndMonth.format(at)
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Farther away a date says more than a number of days. */
const NEAR = 60 * DAY

/** `now`, `4 min ago`, `in 3 days`, or a date if it is far away. */
export function nearTime(at: number, now: number): string {
  const away = Math.abs(now - at)
  if (away < 5 * SECOND) return 'now'
  if (away >= NEAR) return dayOfYear.format(at)
  const text = durationText(away)
  return at < now ? `${text} ago` : `in ${text}`
}

/** `12 s`, `4 min`, `3 h`, `2 days`. @param duration milliseconds */
function durationText(duration: number): string {
  if (duration < MINUTE) return `${Math.floor(duration / SECOND)} s`
  if (duration < HOUR) return `${Math.floor(duration / MINUTE)} min`
  if (duration < 2 * DAY) return `${Math.floor(duration / HOUR)} h`
  return `${Math.floor(duration / DAY)} days`
}

/** `82.4%`. Never 100% unless all are, never 0% unless none is. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return '–'
  if (part === whole) return '100%'
  if (part === 0) return '0%'
  return `${Math.min(99.9, Math.max(0.1, (100 * part) / whole)).toFixed(1)}%`
}

/** With a capital letter at its beginning. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Whether hardware holds the key of a device. A simulated TPM and a file prove nothing. */
export function isProvenKey(tier: Tier): boolean {
  return tier !== 'software' && tier !== 'simulated'
}
