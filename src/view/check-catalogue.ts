import { CHECKS, type Check } from '../protocol/finding.ts'
import { ENGLISH_STEPS } from './check-steps-english.ts'
import { GERMAN_STEPS } from './check-steps-german.ts'
import type { CheckText, System } from './check-text.ts'
import { ENGLISH_CHECKS } from './check-texts-english.ts'
import { GERMAN_CHECKS } from './check-texts-german.ts'

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

const CATALOGUES: Readonly<Record<Language, Readonly<Record<Check, CheckText>>>> = {
  en: ENGLISH_CHECKS,
  de: GERMAN_CHECKS,
}

const STEPS = { en: ENGLISH_STEPS, de: GERMAN_STEPS } satisfies Record<Language, unknown>

/** The panel of the desktop's settings that changes a check, as a command. The same in every language. */
const PANELS: Readonly<Partial<Record<Check, Readonly<Partial<Record<System, string>>>>>> = {
  'disk.root-encrypted': { windows: 'control /name Microsoft.BitLockerDriveEncryption' },
  'disk.fixed-encrypted': { windows: 'control /name Microsoft.BitLockerDriveEncryption' },
  'os.supported': { windows: 'start ms-settings:windowsupdate' },
  'os.security-updates': { windows: 'start ms-settings:windowsupdate' },
  'os.automatic-updates': { windows: 'start ms-settings:windowsupdate' },
  'os.memory-integrity': { windows: 'start windowsdefender:' },
  'os.application-origin': { windows: 'start windowsdefender:' },
  'protection.antivirus': { windows: 'start windowsdefender:' },
  'network.firewall': { windows: 'start windowsdefender:' },
  'network.smb1': { windows: 'optionalfeatures' },
  'access.administrators': { windows: 'start ms-settings:otherusers' },
  'access.elevation': { windows: 'useraccountcontrolsettings' },
  'access.automatic-login': { windows: 'netplwiz' },
  'access.remote-login': { windows: 'start ms-settings:remotedesktop' },
  'session.screen-lock': {
    gnome: 'gnome-control-center privacy',
    kde: 'systemsettings kcm_screenlocker',
    windows: 'control desk.cpl,,@screensaver',
  },
  'management.mdm': { windows: 'start ms-settings:workplace' },
}

type Question = Pick<CheckText, 'title' | 'why'>

/** What a check asks, and why. @returns undefined for a check of another version. */
export function checkText(check: Check, language: Language): Question
export function checkText(check: string, language: Language): Question | undefined
export function checkText(check: string, language: Language): Question | undefined {
  return isCheck(check) ? CATALOGUES[language][check] : undefined
}

/**
 * A check that has failed on this device. Only a failure has steps: those for a disk that Surety merely could not read would wipe
 * one that is encrypted.
 */
export interface FailedCheck {
  readonly check: Check
  readonly state: 'fail'
}

/** How to pass a failed check, on each system. */
export function remediesOf({ check }: FailedCheck, language: Language): Pick<CheckText, 'steps' | 'minutes'> {
  const { steps, minutes } = CATALOGUES[language][check]
  return { steps: { ...steps, ...STEPS[language][check] }, minutes }
}

export interface Remedy {
  readonly steps: readonly string[]
  /** Opens the settings that change it, as a command. */
  readonly panel?: string
  readonly minutes: number
}

/** How to pass a failed check here. */
export function remedyOf(failed: FailedCheck, language: Language, systems: readonly System[]): Remedy {
  const { steps, minutes } = remediesOf(failed, language)
  const panels = PANELS[failed.check]
  const panel = systems.map((system) => panels?.[system]).find((found) => found !== undefined)
  return {
    steps: systems.map((system) => steps[system]).find((found) => found !== undefined) ?? steps.any,
    ...(panel === undefined ? {} : { panel }),
    minutes,
  }
}

export function isCheck(name: string): name is Check {
  return CHECKS.some((check) => check === name)
}

/**
 * The desktop and the family of the system, most specific first.
 *
 * @param desktop the value of `XDG_CURRENT_DESKTOP`, such as `ubuntu:GNOME`.
 * @param platform of the device, where its name is not known.
 */
export function systemsOf(
  osName: string | undefined,
  desktop: string | undefined,
  platform?: 'linux' | 'darwin' | 'windows',
): readonly System[] {
  const desktops = (desktop ?? '').toLowerCase().split(':')
  return [
    ...(['gnome', 'kde'] as const).filter((name) => desktops.includes(name)),
    ...(/debian|ubuntu|mint|pop!_os/i.test(osName ?? '') ? (['debian'] as const) : []),
    ...(/fedora|red hat|rocky|alma|centos/i.test(osName ?? '') ? (['fedora'] as const) : []),
    ...(platform === 'windows' || /^(?:microsoft )?windows/i.test(osName ?? '') ? (['windows'] as const) : []),
    ...(platform === 'darwin' || /^mac ?os/i.test(osName ?? '') ? (['macos'] as const) : []),
  ]
}

/** The language of `--lang`, or of `LC_ALL`, `LC_MESSAGES` or `LANG`. English if there is no catalogue for it. */
export function languageOf(locale: string | undefined): Language {
  const code = (locale ?? '').toLowerCase().split(/[_.@-]/)[0]
  return LANGUAGES.find((language) => language === code) ?? 'en'
}
