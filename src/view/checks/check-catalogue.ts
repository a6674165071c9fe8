import type { CheckTexts, StepSystem } from '../../checks/check.ts'
import { type Check, cardOf } from '../../checks/checks.ts'
import type { FindingState } from '../../protocol/finding.ts'

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** The member of a card that has the texts of a language. */
const MEMBERS = { en: 'english', de: 'german' } as const satisfies Record<Language, string>

type Question = Pick<CheckTexts, 'title' | 'why'>

/** What a check asks, and why. @returns undefined for a check of another version. */
export function checkText(check: Check, language: Language): Question
export function checkText(check: string, language: Language): Question | undefined
export function checkText(check: string, language: Language): Question | undefined {
  return cardOf(check)?.[MEMBERS[language]]
}

const NOT_CHECKED: Readonly<Record<Language, string>> = { en: 'Could not check', de: 'Nicht prüfbar' }

/** What the state of a check means, in a few words. Undefined for a check of another version. */
export function headlineOf(check: string, state: FindingState, language: Language): string | undefined {
  const texts = cardOf(check)?.[MEMBERS[language]]
  if (texts === undefined) return undefined
  if (state === 'fail') return texts.problem
  return state === 'unknown' ? `${NOT_CHECKED[language]}: ${texts.title}` : texts.title
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
export function remediesOf(
  { check }: FailedCheck,
  language: Language,
): Pick<CheckTexts, 'steps'> & { readonly minutes: number } {
  const card = cardOf(check)
  return { steps: card[MEMBERS[language]].steps, minutes: card.minutes }
}

export interface Remedy {
  readonly steps: readonly string[]
  /** Opens the settings that change it, as a command. */
  readonly panel?: string
  readonly minutes: number
}

/** How to pass a failed check here. */
export function remedyOf(failed: FailedCheck, language: Language, systems: readonly StepSystem[]): Remedy {
  const { steps, minutes } = remediesOf(failed, language)
  const { panels } = cardOf(failed.check)
  const panel = systems.map((system) => panels?.[system]).find((found) => found !== undefined)
  return {
    steps: systems.map((system) => steps[system]).find((found) => found !== undefined) ?? steps.any,
    ...(panel === undefined ? {} : { panel }),
    minutes,
  }
}

/** Why a program does not make a change. @param platform of the device, where it is known. */
export function whyPerson(check: Check, platform: 'linux' | 'darwin' | 'windows' | undefined): string {
  const { any, macos = any, windows = any } = cardOf(check).english.person
  if (platform === 'darwin') return macos
  return platform === 'windows' ? windows : any
}

/** What `whyPerson` said, in German. Undefined for another text. */
export function whyPersonInGerman(check: Check, text: string): string | undefined {
  const { english, german } = cardOf(check)
  return (['any', 'macos', 'windows'] as const)
    .filter((system) => english.person[system] === text)
    .map((system) => german.person[system])[0]
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
): readonly StepSystem[] {
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
