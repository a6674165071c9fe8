import type { TamperSign } from '../../protocol/tamper.ts'
import { type Moment, timeOf } from './life.ts'

/** What was seen at one turn of the watch. */
export interface Turn extends Moment {
  /** How many times the program received SIGCONT. */
  readonly resumes: number
  /** How long this thread waited for a processor since its start. Undefined where the system does not tell. */
  readonly waitedMs: number | undefined
  /** Processor time of this program since its start. */
  readonly workedMs: number
  /** How often the system announced the end of sleep. */
  readonly wakes: number
}

export const PAUSE_AFTER_MS = 30_000
/** Less than this is the precision of the clocks. */
const SLEEP_AFTER_MS = 5_000

/**
 * Pure. The watch meant to wait `plannedMs` between these turns. A wait that ended late although the device did not sleep is a pause.
 * Undefined for none, and for work of our own that took so long.
 */
export function pauseBetween(
  before: Turn,
  after: Turn,
  { plannedMs, pauseAfterMs = PAUSE_AFTER_MS }: { readonly plannedMs: number; readonly pauseAfterMs?: number },
): TamperSign | undefined {
  const awakeMs = after.awakeMs - before.awakeMs
  const lateMs = awakeMs - plannedMs
  if (lateMs < pauseAfterMs) return undefined
  const sleptMs = after.bootMs - before.bootMs - awakeMs
  if (sleptMs > SLEEP_AFTER_MS || after.wakes !== before.wakes) return undefined
  const half = lateMs / 2
  const sign = { time: timeOf(after.wallMs), since: timeOf(after.wallMs - lateMs), durationMs: Math.round(lateMs) }
  if (after.resumes !== before.resumes) return { kind: 'paused', ...sign, cause: 'signal' }
  if (after.workedMs - before.workedMs >= half) return undefined
  if ((after.waitedMs ?? 0) - (before.waitedMs ?? 0) >= half) return { kind: 'starved', ...sign }
  return { kind: 'paused', ...sign, cause: 'unknown' }
}
