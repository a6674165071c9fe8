import { SuretyError } from '../../base/errors.ts'

/** Times in documents: RFC 3339, in UTC and as short as it goes when they are exported. */

/** `2027-01-31T18:00:00Z`; with milliseconds where there are some. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** @throws `INPUT_MALFORMED` for a day that its month does not have. */
export function timeOf(text: string): number {
  const ms = Date.parse(text)
  // `Date` takes the 31st of June for the 1st of July.
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  if (Number.isFinite(ms) && ms >= 0 && Number.isFinite(day) && timeText(day).startsWith(text.slice(0, 10))) return ms
  throw new SuretyError('INPUT_MALFORMED', `${text} is no time: write it as 2027-01-31T18:00:00Z`)
}

export function normalTime(text: string): string {
  return timeText(timeOf(text))
}
