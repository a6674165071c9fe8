/** Points in time as people write them: `90m`, `24h`, `7d`, `2026-11-28`, `2026-11-28T14:00Z`, `today`, `yesterday`, `monday`. */

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const DAY_MS = 86_400_000
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
/** The end of the year 9999. */
const LAST = 253_402_300_800_000
const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/i

/** What `parseSince` takes, for errors and help. */
export const SINCE_FORMS = 'a time such as 90m, 24h, 7d, 2026-11-28, 2026-11-28T14:00Z, today, yesterday or monday'

/**
 * Milliseconds since 1970. A date means its beginning, a weekday the newest one before today, and a time without a zone is in UTC, as in all that is printed.
 *
 * @returns undefined for anything else, for an impossible date such as 2026-02-30, and for a time after `now`.
 */
export function parseSince(text: string, now: number): number | undefined {
  const at = timeOf(text, now)
  return at === undefined || Number.isNaN(at) || at > now || at < 0 ? undefined : at
}

/** What `parseUntil` takes, for errors and help. */
export const UNTIL_FORMS = 'a time to come such as 8h, 30d, 2027-01-31 or 2027-01-31T18:00Z'

/**
 * As `parseSince`, for a time to come. A date means its end.
 *
 * @returns undefined for anything else, and for a time before `now`.
 */
export function parseUntil(text: string, now: number): number | undefined {
  const end = endOf(text, now)
  return end === undefined || Number.isNaN(end) || end <= now || end > LAST ? undefined : end
}

function endOf(text: string, now: number): number | undefined {
  const duration = durationOf(text)
  if (duration !== undefined) return now + duration
  const time = DATE.test(text) || TIME.test(text) ? timeOf(text, now) : undefined
  return time !== undefined && DATE.test(text) ? time + DAY_MS : time
}

function durationOf(text: string): number | undefined {
  const [, count = '', unit = ''] = /^([1-9]\d{0,6})([smhdw])$/.exec(text) ?? []
  const unitMs = UNITS[unit]
  return unitMs === undefined ? undefined : Number(count) * unitMs
}

function timeOf(text: string, now: number): number | undefined {
  const duration = durationOf(text)
  if (duration !== undefined) return now - duration
  const today = now - (now % DAY_MS)
  if (text === 'today') return today
  if (text === 'yesterday') return today - DAY_MS
  const weekday = WEEKDAYS.indexOf(text)
  if (weekday >= 0) return today - ((new Date(today).getUTCDay() - weekday + 7) % 7 || 7) * DAY_MS
  if (!DATE.test(text) && !TIME.test(text)) return undefined
  // JavaScript takes 2026-02-30 for 2 March.
  const day = text.slice(0, 10)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  if (DATE.test(text)) return midnight
  const time = text.toUpperCase().replace(' ', 'T')
  return Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(time) ? time : `${time}Z`)
}
