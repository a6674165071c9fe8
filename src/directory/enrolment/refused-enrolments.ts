import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type EventStore, recordBounded } from '../activity/activity.ts'

export interface RefusedEnrolmentsComponents {
  readonly store: EventStore
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Keeps what an auditor reads of an enrolment that was refused after its token was accepted. */
export function refusedEnrolments({
  store,
  clock,
  log,
}: RefusedEnrolmentsComponents): (token: string, error: unknown) => void {
  return (token, error) => {
    const code = codeOf(error)
    // Only what a device did wrong is on the record; that it hung up is not.
    if (code === undefined || code === 'SESSION_TIMEOUT') return
    const detail = { token, code, message: describeError(error).slice(0, 500) }
    const kept = recordBounded(store, { at: clock.now(), kind: 'enrolment-refused', detail })
    // Nor does whoever fails for ever fill the log.
    if (kept) log.warn('an enrolment was refused', { tokenId: token, code })
  }
}
