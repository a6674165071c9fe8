import { flagIn, valueIn } from '../../base/property-lists/property-list.ts'
import type { PropertyListDictionary } from '../../base/property-lists/property-list-value.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents, ScreenLockReport } from '../components.ts'
import { readManaged } from './preferences.ts'

/** Longest time from the last keystroke to a locked screen, as on Linux. */
const LONGEST_SECONDS = 15 * 60

/**
 * `session.screen-lock`: the screen locks by itself in time. Whether a password is asked for, macOS keeps in the key bag of each
 * user, which no other program may ask; what a device management demands can be read.
 */
export async function checkScreenLock(components: PostureComponents, { signal }: CheckContext): Promise<CheckOutcome> {
  const managed = await readManaged(components, 'com.apple.screensaver')
  if (flagIn(managed, 'askForPassword') === false) return fail('The management of this Mac lets screens stay unlocked.')
  const graceSeconds = secondsIn(managed, 'askForPasswordDelay') ?? 0
  const managedIdle = secondsIn(managed, 'idleTime')
  const reports = await components.screenLocks({ signal })
  const bad = managedIdle === undefined ? lateIn(reports, graceSeconds) : []
  if (managedIdle !== undefined && isLate(managedIdle, graceSeconds)) {
    return fail('The management of this Mac lets screens stay open for too long.')
  }
  if (bad.length > 0) return fail(`The screen does not lock as it should for ${listed(bad, 3)}.`)
  if (flagIn(managed, 'askForPassword') === undefined) {
    return unknown('macOS does not tell whether a locked screen asks for a password, and no management demands it')
  }
  if (managedIdle !== undefined) return pass(`The management locks screens within ${LONGEST_SECONDS / 60} minutes.`)
  const unset = reports.filter((report) => idleOf(report) === undefined).map(({ user }) => user)
  if (reports.length === 0) return unknown("no user's settings could be read")
  if (unset.length > 0) return unknown(`when the screen locks is not set for ${listed(unset, 3)}`)
  return pass(`The screen locks within ${LONGEST_SECONDS / 60} minutes for ${counted(reports.length, 'account')}.`)
}

function lateIn(reports: readonly ScreenLockReport[], graceSeconds: number): readonly string[] {
  return reports.flatMap((report) => {
    const idle = idleOf(report)
    if (idle === undefined || !isLate(idle, graceSeconds)) return []
    return [`${report.user} (${idle === 0 ? 'never automatically' : `after ${Math.ceil(idle / 60)} minutes`})`]
  })
}

function idleOf(report: ScreenLockReport): number | undefined {
  return 'unreadable' in report ? undefined : report.settings.mac?.idleSeconds
}

function isLate(idleSeconds: number, graceSeconds: number): boolean {
  return idleSeconds === 0 || idleSeconds + graceSeconds > LONGEST_SECONDS
}

function secondsIn(settings: PropertyListDictionary, name: string): number | undefined {
  const value = valueIn(settings, name)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
