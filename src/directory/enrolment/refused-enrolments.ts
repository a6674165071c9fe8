import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Log } from '../../base/log.ts'
import type { DeviceLabel } from '../../protocol/messages/frames.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'

export interface RefusedEnrolmentsComponents {
  readonly store: { readonly activity: ActivityStore; transaction<T>(work: () => Promise<T>): Promise<T> }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Records enrolments that were refused after their token was accepted, with what the device calls itself. */
export function refusedEnrolments({
  store,
  clock,
  log,
}: RefusedEnrolmentsComponents): (token: string, error: unknown, label?: DeviceLabel) => Promise<void> {
  return async (token, error, label) => {
    const code = codeOf(error)
    // A device that hung up did nothing wrong.
    if (code === undefined || code === 'SESSION_TIMEOUT') return
    const detail = {
      token,
      code,
      message: describeError(error).slice(0, 500),
      ...member('host', label?.hostname),
      ...member('serial', label?.serial),
    }
    const news = { at: clock.now(), kind: 'enrolment-refused', detail } as const
    const isRecorded = await store.transaction(() => recordBounded(store, news))
    // The log is bounded in the same way.
    if (isRecorded) log.warn('an enrolment was refused', { tokenId: token, code })
  }
}
