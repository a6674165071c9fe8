import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents, ScreenLockReport } from '../../components.ts'
import { listOptional } from '../../read-optional.ts'
import type { ScreenLockSettings } from '../../screen-lock.ts'
import { readScreenLockDefaults, type ScreenLockDefaults } from './screen-lock-defaults.ts'

/** Longest time from the last keystroke to a locked screen. The CIS benchmarks for desktops ask for the same. */
const LONGEST_SECONDS = 15 * 60
const SESSION_FOLDERS = ['/usr/share/xsessions', '/usr/share/wayland-sessions'] as const

/**
 * `session.screen-lock`: for every person the screen locks by itself in time, in each desktop that is installed. The
 * defaults of the desktop apply to users who have set nothing.
 */
export async function checkScreenLock(components: PostureComponents, { signal }: CheckContext): Promise<CheckOutcome> {
  const desktops = await installedDesktops(components.files)
  if (desktops.length === 0) {
    return (await hasDisplayManager(components.files))
      ? unknown('a display manager is installed, but no desktop that this check knows how to find')
      : pass('No graphical session is installed, so there is no screen to lock.')
  }
  const strange = desktops.filter((desktop) => desktop !== 'gnome' && desktop !== 'kde')
  const defaults = await readScreenLockDefaults(components.files)
  const reports = await components.screenLocks({ signal })
  if (reports.length === 0) return unknown("no user's settings could be read")

  const bad = reports.flatMap((report) => problemsOf(report, desktops, defaults))
  if (bad.length > 0) return fail(`The screen does not lock as it should for ${listed(bad, 3)}.`)
  const unreadable = reports.flatMap((report) =>
    'unreadable' in report ? [`${report.user} (${report.unreadable})`] : [],
  )
  if (unreadable.length > 0) return unknown(`the settings of ${listed(unreadable, 3)} could not be read`)
  if (strange.length > 0) {
    return unknown(`a desktop is installed whose screen lock this check cannot read: ${listed(strange)}`)
  }
  const names = desktops.map((desktop) => (desktop === 'gnome' ? 'GNOME' : 'KDE Plasma'))
  return pass(
    `The screen locks automatically within ${LONGEST_SECONDS / 60} minutes for ${counted(reports.length, 'account')} (${listed(names)}).`,
  )
}

function problemsOf(
  report: ScreenLockReport,
  desktops: readonly string[],
  defaults: ScreenLockDefaults,
): readonly string[] {
  if ('unreadable' in report) return []
  const { user, settings } = report
  const problems = [
    desktops.includes('gnome') ? gnomeProblem(settings, defaults) : undefined,
    desktops.includes('kde') ? kdeProblem(settings, defaults) : undefined,
  ]
  return problems.flatMap((problem) => (problem === undefined ? [] : [`${user} (${problem})`]))
}

/** Defaults of gsettings-desktop-schemas: locks at once when the screen goes dark after five minutes. */
function gnomeProblem(settings: ScreenLockSettings, defaults: ScreenLockDefaults): string | undefined {
  const own = Object.entries(settings.gnome).filter(
    ([name]) => ![...defaults.gnomeLocked].some((locked) => locked === name),
  )
  const lock = {
    lockEnabled: true,
    lockDisabled: false,
    lockDelaySeconds: 0,
    idleDelaySeconds: 300,
    ...defaults.gnome,
    ...(Object.fromEntries(own) as ScreenLockSettings['gnome']), // a part of the members of settings.gnome
  }
  if (lock.lockDisabled) return 'GNOME: locking is disabled'
  if (!lock.lockEnabled) return 'GNOME: the lock is off'
  if (lock.idleDelaySeconds === 0) return 'GNOME: the screen never goes dark automatically'
  return tooLate('GNOME', lock.idleDelaySeconds + lock.lockDelaySeconds)
}

/** Defaults of kscreenlocker's kcfg: five minutes, then five seconds without a password. */
function kdeProblem(settings: ScreenLockSettings, defaults: ScreenLockDefaults): string | undefined {
  const lock = { autolock: true, timeoutMinutes: 5, graceSeconds: 5, ...defaults.kde, ...settings.kde }
  if (!lock.autolock || lock.timeoutMinutes === 0) return 'KDE: the lock is off'
  return tooLate('KDE', lock.timeoutMinutes * 60 + lock.graceSeconds)
}

function tooLate(desktop: string, seconds: number): string | undefined {
  return seconds > LONGEST_SECONDS ? `${desktop}: locks only after ${Math.ceil(seconds / 60)} minutes` : undefined
}

/** `gnome`, `kde`, or the name of a session that this check cannot judge. */
async function installedDesktops(files: PostureComponents['files']): Promise<readonly string[]> {
  const desktops = new Set<string>()
  for (const folder of SESSION_FOLDERS) {
    for (const { name } of (await listOptional(files, folder)) ?? []) {
      if (name.endsWith('.desktop')) desktops.add(desktopOf(name.slice(0, -'.desktop'.length)))
    }
  }
  // The login screen's own choice of "whatever the user's script starts" is no desktop.
  desktops.delete('lightdm-xsession')
  return [...desktops].sort()
}

function desktopOf(session: string): string {
  if (/^(?:gnome|ubuntu|pop|zorin)(?:$|[-_])/.test(session)) return 'gnome'
  return /^(?:plasma|kde)/.test(session) ? 'kde' : session
}

async function hasDisplayManager(files: PostureComponents['files']): Promise<boolean> {
  const units = (await listOptional(files, '/etc/systemd/system')) ?? []
  return units.some(({ name }) => name === 'display-manager.service')
}
