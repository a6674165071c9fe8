import { printable } from '../base/printable.ts'
import type { Status } from '../protocol/control.ts'
import { isEnrolling, openWarnings } from './health-texts.ts'
import { openReasons } from './open-reasons.ts'
import { verdictOf } from './verdict-now.ts'

/** What passes by itself within this time needs no one. */
const LASTING_MS = 10 * 60_000

const MORE = 'Run: surety status'

/** What a person who logs in should know, in one line. Undefined while nothing needs them. */
export function loginLine(status: Status, nowMs: number): string | undefined {
  const said = newsOf(status, nowMs)
  return said === undefined || status.tray?.show === 'never' ? undefined : `Surety: ${said}. ${MORE}`
}

function newsOf(status: Status, nowMs: number): string | undefined {
  const [stop] = status.stops?.standing ?? []
  if (stop !== undefined) return `AI agents are stopped on this device by ${printable(stop.by)}`
  switch (status.enrolment) {
    case 'not-enrolled':
      return isEnrolling(status) ? undefined : 'this device is not enrolled'
    case 'refused':
      return 'the directory refused this device'
    case 'retired':
      return 'this device was retired'
    case 'pending':
      return undefined
    case 'enrolled': {
      const toFix = openReasons(status).failing.length
      if (toFix > 0) return `${toFix} ${toFix === 1 ? 'check' : 'checks'} of this device to fix`
      // Before the verdict: a fault may be why there is none.
      const fault = openWarnings(status, 'en').open.find(({ since }) => status.time - since >= LASTING_MS)
      if (fault !== undefined) return fault.text.replace(/\.$/, '')
      return verdictOf(status, nowMs) === 'stale' ? 'the last verdict of this device has ended' : undefined
    }
  }
  return status.enrolment satisfies never
}
