import { validateDetailed } from 'node-cron'
import { SuretyError } from '../../base/errors.ts'

/** A cron expression, parsed by node-cron. Its times are in UTC, so that daylight saving skips or doubles none. */
export interface CronExpression {
  /** The first time after `afterMs`. Both are milliseconds since 1970. */
  next(afterMs: number): number
}

const SECOND = 1000
/** Nine years: from 29 February 2096 to the next one are eight. */
const HORIZON_MS = 9 * 366 * 24 * 3600 * SECOND

/**
 * Five fields, or six with seconds first. As in node-cron, a day must fit both day fields.
 *
 * @throws `CONFIG_INVALID` for what node-cron refuses, for `L`, `W` and `#`, and for a time that never comes.
 */
export function parseCron(expression: string): CronExpression {
  const shown = JSON.stringify(expression)
  const { fields, errors } = validateDetailed(expression)
  if (fields === undefined || errors.length > 0) {
    throw new SuretyError('CONFIG_INVALID', `${shown}: ${errors[0]?.message ?? 'not a cron expression'}`)
  }
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = fields
  const plain = [second, minute, hour, dayOfMonth, month, dayOfWeek].map((values) => new Set(values))
  if (plain.some((values) => values.size === 0 || [...values].some((value) => typeof value !== 'number'))) {
    throw new SuretyError('CONFIG_INVALID', `${shown}: L, W and # are not supported`)
  }
  const next = (afterMs: number): number => {
    const at = search(plain, afterMs)
    if (at === undefined) throw new SuretyError('CONFIG_INVALID', `${shown}: that time never comes`)
    return at
  }
  next(0)
  return { next }
}

/** Skips whole months, days, hours and minutes that do not match: a few hundred steps at most. */
function search(fields: readonly ReadonlySet<number | string>[], afterMs: number): number | undefined {
  const [seconds, minutes, hours, days, months, weekdays] = fields
  const at = new Date(Math.floor(afterMs / SECOND) * SECOND + SECOND)
  while (at.getTime() < afterMs + HORIZON_MS) {
    if (months?.has(at.getUTCMonth() + 1) !== true) {
      at.setUTCMonth(at.getUTCMonth() + 1, 1)
      at.setUTCHours(0, 0, 0)
    } else if (days?.has(at.getUTCDate()) !== true || weekdays?.has(at.getUTCDay()) !== true) {
      at.setUTCDate(at.getUTCDate() + 1)
      at.setUTCHours(0, 0, 0)
    } else if (hours?.has(at.getUTCHours()) !== true) at.setUTCHours(at.getUTCHours() + 1, 0, 0)
    else if (minutes?.has(at.getUTCMinutes()) !== true) at.setUTCMinutes(at.getUTCMinutes() + 1, 0)
    else if (seconds?.has(at.getUTCSeconds()) !== true) at.setUTCSeconds(at.getUTCSeconds() + 1)
    else return at.getTime()
  }
  return undefined
}
