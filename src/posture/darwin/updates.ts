import { flagIn, valueIn } from '../../base/property-lists/property-list.ts'
import type { PropertyListDictionary } from '../../base/property-lists/property-list-value.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { type OfferedUpdate, parseSoftwareUpdates } from '../parsers/os/software-updates.ts'
import { ask } from './ask.ts'
import { readPreferences } from './preferences.ts'
import { readSystemVersion } from './system-version.ts'

const DOMAIN = 'com.apple.SoftwareUpdate'
/** Which of them macOS sets depends on how it looked for updates. */
const SUCCESSES = [
  ...['LastSuccessfulDate', 'LastFullSuccessfulDate', 'LastBackgroundSuccessfulDate', 'LastSuccessfulMSUScanDate'],
  'LastSuccessfulBackgroundMSUScanDate',
]
const OLDEST_DAYS = 14
const DAY_MS = 24 * 60 * 60 * 1000

/** `os.security-updates`: Apple offers nothing that is recommended for this release of macOS, and was asked lately. */
export async function checkSecurityUpdates(
  components: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const offered = await readOffered(components, context)
  if (offered === undefined) return unknown('the answer of softwareupdate was not understood')
  const waiting = offered.map(({ title }) => title)
  if (waiting.length > 0) return fail(`${counted(waiting.length, 'update')} not installed: ${listed(waiting, 3)}.`)
  const days = daysSince(await readPreferences(components, DOMAIN), components.clock.now())
  if (days === undefined) return unknown('macOS does not say when it last looked for updates')
  if (days > OLDEST_DAYS) return unknown(`no update is known, but macOS last looked for them ${days} days ago`)
  return pass(`No recommended update is left to install; macOS looked for them ${counted(days, 'day')} ago.`)
}

/** `os.reboot-pending`: no update for this release waits for a restart. macOS installs those while it restarts. */
export async function checkRebootPending(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const offered = await readOffered(components, context)
  if (offered === undefined) return unknown('the answer of softwareupdate was not understood')
  const waiting = offered.filter(({ restarts }) => restarts).map(({ title }) => title)
  if (waiting.length > 0) return fail(`A restart installs ${listed(waiting, 3)}.`)
  return pass('No update waits for a restart.')
}

/** What is recommended for this release. @returns undefined when the answer was not understood. */
async function readOffered(
  components: PostureComponents,
  context: CheckContext,
): Promise<readonly OfferedUpdate[] | undefined> {
  const { stdout, stderr } = await ask(components, 'macUpdates', context)
  // Older releases say on standard error that there is nothing.
  const offered = parseSoftwareUpdates(`${stdout}\n${stderr}`)
  const own = (await readSystemVersion(components))?.version
  return offered?.filter((update) => update.recommended && isForRelease(update, own))
}

/** A newer macOS is an upgrade. Tools for developers are no part of the system. */
function isForRelease({ title, version }: OfferedUpdate, own: string | undefined): boolean {
  if (/^Command Line Tools\b/.test(title)) return false
  return !/^macOS\b/.test(title) || own === undefined || majorOf(version) === majorOf(own)
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? ''
}

function daysSince(settings: PropertyListDictionary, now: number): number | undefined {
  const times = SUCCESSES.flatMap((name) => {
    const value = valueIn(settings, name)
    return value instanceof Date ? [value.getTime()] : []
  })
  // A day that is not over yet is none of the past.
  return times.length === 0 ? undefined : Math.max(0, Math.floor((now - Math.max(...times)) / DAY_MS))
}

const SETTINGS = {
  AutomaticCheckEnabled: 'macOS does not look for updates automatically',
  AutomaticDownload: 'updates are not downloaded',
  AutomaticallyInstallMacOSUpdates: 'updates of macOS are not installed',
  CriticalUpdateInstall: 'security responses are not installed',
  ConfigDataInstall: 'rules of XProtect are not brought up to date',
} as const

/** `os.automatic-updates`: macOS looks for updates and installs them automatically. */
export async function checkAutomaticUpdates(components: PostureComponents): Promise<CheckOutcome> {
  const settings = await readPreferences(components, DOMAIN)
  const states = Object.entries(SETTINGS).map(([name, consequence]) => ({
    name,
    consequence,
    state: flagIn(settings, name),
  }))
  const off = states.filter(({ state }) => state === false).map(({ consequence }) => consequence)
  if (off.length > 0) return fail(`Automatic updates are off: ${listed(off)}.`)
  // What stands for a setting that nobody made has changed between releases.
  const unset = states.filter(({ state }) => state === undefined).map(({ name }) => name)
  if (unset.length > 0) return unknown(`whether updates are installed is not set: ${listed(unset)}`)
  return pass('macOS looks for updates and installs them automatically.')
}
