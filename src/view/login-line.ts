import { printable } from '../base/text/printable.ts'
import type { Status } from '../protocol/messages/control.ts'
import type { Language } from './checks/check-catalogue.ts'
import { isEnrolling, openWarnings } from './health-texts.ts'
import { openReasons } from './open-reasons.ts'
import { type Say, sayIn } from './phrases.ts'
import { verdictOf } from './verdict-now.ts'

/** No line for what is over within this time. */
const LASTING_MS = 10 * 60_000

/** What a person who logs in should know, in one line. Undefined while nothing needs them. */
export function loginLine(status: Status, nowMs: number, language: Language = 'en'): string | undefined {
  const say = sayIn(language)
  const said = newsOf(status, { nowMs, language, say })
  return said === undefined || status.tray?.show === 'never' ? undefined : say('Surety: {}. Run: surety status', said)
}

interface NewsInit {
  readonly nowMs: number
  readonly language: Language
  readonly say: Say
}

function newsOf(status: Status, { nowMs, language, say }: NewsInit): string | undefined {
  const [stop] = status.stops?.standing ?? []
  if (stop !== undefined) return say('AI agents are stopped on this device by {}', printable(stop.by))
  switch (status.enrolment) {
    case 'not-enrolled':
      return isEnrolling(status) ? undefined : say('this device is not enrolled')
    case 'refused':
      return say('the directory refused this device')
    case 'retired':
      return say('this device was retired')
    case 'pending':
      return undefined
    case 'enrolled': {
      const toFix = openReasons(status).failing.length
      if (toFix === 1) return say('1 check of this device to fix')
      if (toFix > 0) return say('{} checks of this device to fix', toFix)
      // Before the verdict: a fault may be why there is none.
      const fault = openWarnings(status, language).open.find(({ since }) => status.time - since >= LASTING_MS)
      if (fault !== undefined) return fault.text.replace(/\.$/, '')
      return verdictOf(status, nowMs) === 'stale' ? say('the last verdict of this device has ended') : undefined
    }
  }
  return status.enrolment satisfies never
}
