import type { RegistryKey, WindowsFacts } from '../../system/facts/windows-facts.ts'
import { counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import { firstText, MANAGED, type WindowsCheck } from './windows-check.ts'

/** As on other systems. */
const LONGEST_SECONDS = 15 * 60
const SYSTEM_POLICY: RegistryKey = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'
const PROFILES = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList'
/** Accounts of a person: of this machine or a domain, and of Entra ID. */
const PERSON = /^S-1-(?:5-21|12-1)-\d+(?:-\d+){3}$/

/**
 * `session.screen-lock`: Windows locks each session in time. A limit for the machine holds for all; without one, the screen saver of
 * everyone who is logged in must ask for the password. Windows loads the settings of a person at log-in.
 */
export const checkScreenLock: WindowsCheck = (facts) => {
  const limits = [facts.registry.number(SYSTEM_POLICY, 'InactivityTimeoutSecs'), managedLimit(facts)]
  const limit = limits.find((seconds) => seconds !== undefined && seconds > 0 && seconds <= LONGEST_SECONDS)
  if (limit !== undefined) return pass(`Windows locks every session after ${duration(limit)} without input.`)
  const loaded = facts.registry.keys('HKU')
  if (loaded === undefined) return unknown('Windows does not list the settings of people')
  const people = loaded.filter((sid) => PERSON.test(sid))
  if (people.length === 0) return pass('No one is logged in, so there is no session to lock.')
  const problems = people.flatMap((sid) => {
    const problem = problemOf(facts, sid)
    return problem === undefined ? [] : [`${nameOf(facts, sid)} (${problem})`]
  })
  return problems.length > 0
    ? fail(`The screen does not lock as it should for ${listed(problems, 3)}.`)
    : pass(
        `The screen locks automatically within ${LONGEST_SECONDS / 60} minutes for ${counted(people.length, 'account')}.`,
      )
}

/** In seconds. A device management's limit in minutes holds only where it asks for a password, which 0 stands for. */
function managedLimit({ registry }: WindowsFacts): number | undefined {
  if (registry.number(`${MANAGED}\\DeviceLock`, 'DevicePasswordEnabled') !== 0) return undefined
  const minutes = registry.number(`${MANAGED}\\DeviceLock`, 'MaxInactivityTimeDeviceLock')
  return minutes === undefined ? undefined : minutes * 60
}

/** Values are texts, and a policy wins. */
function problemOf(facts: WindowsFacts, sid: string): string | undefined {
  const keys: readonly RegistryKey[] = [
    `HKU\\${sid}\\Software\\Policies\\Microsoft\\Windows\\Control Panel\\Desktop`,
    `HKU\\${sid}\\Control Panel\\Desktop`,
  ]
  if (firstText(facts, keys, 'ScreenSaveActive') === '0') return 'the screen saver is off'
  if (!firstText(facts, keys, 'SCRNSAVE.EXE')) return 'no screen saver is chosen'
  if (firstText(facts, keys, 'ScreenSaverIsSecure') !== '1') return 'the screen saver asks for no password'
  const seconds = firstText(facts, keys, 'ScreenSaveTimeOut') ?? ''
  if (!/^\d{1,9}$/.test(seconds)) return 'the screen saver has no time'
  if (Number(seconds) === 0) return 'the screen saver never starts'
  return Number(seconds) > LONGEST_SECONDS ? `locks only after ${duration(Number(seconds))}` : undefined
}

/** The name of the home folder: names of accounts are not in the registry. */
function nameOf({ registry }: WindowsFacts, sid: string): string {
  const path = registry.text(`${PROFILES}\\${sid}`, 'ProfileImagePath')
  return path?.split('\\').at(-1) ?? sid
}

function duration(seconds: number): string {
  return seconds % 60 === 0 ? counted(seconds / 60, 'minute') : counted(seconds, 'second')
}
