import { SuretyError } from '../../base/errors.ts'

/** When the digest is due, and when messages that are not urgent wait. Times of day are those of one time zone, with its summer time. */

export interface Schedule {
  /** As the setting has it. */
  readonly digest: string
  readonly timeZone: string
  readonly quietHours?: string | undefined
  /** The newest time at which the digest was due, not after `now`. Undefined: there is no digest. */
  dueAt(now: number): number | undefined
  /** When the next one is due. */
  nextAt(now: number): number | undefined
  /** When the quiet hours end. Undefined: none at this time. */
  quietUntil(now: number): number | undefined
}

export interface ScheduleSettings {
  readonly digest: string
  /** Absent: that of this server. */
  readonly timeZone?: string | undefined
  readonly quietHours?: string | undefined
}

/** ISO numbers are one more than the place. */
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Day = (typeof DAYS)[number]

interface Daily {
  readonly time: Temporal.PlainTime
  /** ISO: Monday is 1. */
  readonly days: ReadonlySet<number>
}

const ALL_DAYS: ReadonlySet<number> = new Set(DAYS.map((_, at) => at + 1))
const NO_DIGEST = 'off'

/** @throws `CONFIG_INVALID`. */
export function scheduleOf({ digest, timeZone = Temporal.Now.timeZoneId(), quietHours }: ScheduleSettings): Schedule {
  requireZone(timeZone)
  const due = digest === NO_DIGEST ? undefined : digestIn(digest)
  const quiet = quietHours === undefined ? undefined : quietIn(quietHours)
  return {
    digest,
    timeZone,
    quietHours,
    dueAt: (now) => due && lastOf(due, timeZone, now),
    nextAt: (now) => due && nextOf(due, timeZone, now),
    quietUntil(now) {
      if (quiet === undefined) return undefined
      const end = nextOf(quiet.to, timeZone, lastOf(quiet.from, timeZone, now))
      return now < end ? end : undefined
    },
  }
}

function requireZone(timeZone: string): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone)
  } catch (cause) {
    throw invalid(`messages.timeZone: ${timeZone} is no time zone: write it as Europe/Berlin`, cause)
  }
}

function digestIn(text: string): Daily {
  const [first = '', second] = text.split(' ')
  return second === undefined ? dailyAt(first) : { time: timeIn(second), days: daysIn(first) }
}

function quietIn(text: string): { readonly from: Daily; readonly to: Daily } {
  const [from = '', to = ''] = text.split('-')
  if (from === to) throw invalid('messages.quietHours must end at another time than they begin')
  return { from: dailyAt(from), to: dailyAt(to) }
}

function dailyAt(time: string): Daily {
  return { time: timeIn(time), days: ALL_DAYS }
}

function timeIn(text: string): Temporal.PlainTime {
  try {
    return Temporal.PlainTime.from(text)
  } catch (cause) {
    throw invalid(`${text} is no time of day: write it as 09:00`, cause)
  }
}

/** `mon-fri` or `mon,thu`. */
function daysIn(text: string): ReadonlySet<number> {
  const numbers = text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map((day) => DAYS.indexOf(day as Day) + 1)
    if (first === undefined || last === undefined || first === 0 || last < first) {
      throw invalid(`messages.digest: ${part} is no day: write mon-fri, or some of ${DAYS.join(',')}`)
    }
    return Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
  return new Set(numbers)
}

function invalid(message: string, cause?: unknown): SuretyError {
  return new SuretyError('CONFIG_INVALID', message, { cause })
}

/** Not after `now`. */
function lastOf(daily: Daily, timeZone: string, now: number): number {
  return momentOf(daily, timeZone, { now, step: -1, fits: (at) => at <= now })
}

/** After `now`. */
function nextOf(daily: Daily, timeZone: string, now: number): number {
  return momentOf(daily, timeZone, { now, step: 1, fits: (at) => at > now })
}

/** A time that summer time leaves out is an hour later, and one that comes twice is the first. */
function momentOf(
  { time, days }: Daily,
  timeZone: string,
  { now, step, fits }: { readonly now: number; readonly step: 1 | -1; readonly fits: (at: number) => boolean },
): number {
  // The day before may have a moment after midnight, where a zone leaves out midnight.
  let day = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .subtract({ days: step })
  for (;;) {
    const at = day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds
    if (days.has(day.dayOfWeek) && fits(at)) return at
    day = day.add({ days: step })
  }
}
