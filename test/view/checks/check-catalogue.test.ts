import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkPage } from '../../../scripts/check-page.ts'
import { CARDS, CHECKS, type Check } from '../../../src/checks/checks.ts'
import { DARWIN_CHECKS } from '../../../src/posture/darwin/checks.ts'
import { LINUX_CHECKS } from '../../../src/posture/linux/checks.ts'
import { WINDOWS_CHECKS } from '../../../src/posture/windows/checks.ts'
import {
  checkText,
  LANGUAGES,
  type Language,
  languageOf,
  remediesOf,
  remedyOf,
  systemsOf,
} from '../../../src/view/checks/check-catalogue.ts'
import { machine } from '../../posture/fake-components.ts'

const CHECKS_ON_LINUX = Object.keys(LINUX_CHECKS) as Check[] // the keys of a constant of ours
const failed = (check: Check) => ({ check, state: 'fail' as const })
const remedies = (check: Check, language: Language = 'en') => remediesOf(failed(check), language)

test.each(LANGUAGES)('every check on Linux has a whole text in %s', (language) => {
  expect(CHECKS_ON_LINUX.length).toBeGreaterThan(10)
  const incomplete = CHECKS_ON_LINUX.filter((check) => {
    const { title, why } = checkText(check, language)
    const { steps, minutes } = remedies(check, language)
    const lists = Object.values(steps)
    return [
      title.trim() === '' || title.endsWith('.'),
      !/^[^.]+\.$/.test(why),
      lists.some((list) => list.length === 0 || list.some((step) => step.trim() === '')),
      minutes <= 0,
    ].some(Boolean)
  })
  expect(incomplete).toEqual([])
})

test('both languages have steps for the same systems, as many, with the same time', () => {
  const shape = (check: Check, language: Language) => {
    const { steps, minutes } = remedies(check, language)
    return [check, minutes, Object.entries(steps).map(([system, list]) => [system, list.length])]
  }
  expect(CHECKS_ON_LINUX.map((check) => shape(check, 'de'))).toEqual(CHECKS_ON_LINUX.map((check) => shape(check, 'en')))
})

test('both languages run the same commands', () => {
  const commands = (check: Check, language: Language) =>
    JSON.stringify(remedies(check, language).steps).match(/(sudo|systemctl|surety) [a-z][\w .-]*/g)
  const different = CHECKS_ON_LINUX.filter((check) => `${commands(check, 'en')}` !== `${commands(check, 'de')}`)
  expect(different).toEqual([])
})

test.each(['', 'disk', 'toString', '__proto__', 'disk.root-encrypted '])('has no text for the check "%s"', (name) => {
  expect([checkText(name, 'en'), checkText(name, 'de')]).toEqual([undefined, undefined])
})

test.each([
  ['de_DE.UTF-8', 'de'],
  ['de', 'de'],
  ['DE-at', 'de'],
  ['en_US.UTF-8', 'en'],
  ['fr_FR', 'en'],
  ['C.UTF-8', 'en'],
  ['', 'en'],
  ['deutsch', 'en'],
  [undefined, 'en'],
])('takes %s for the language %s', (locale, language) => expect(languageOf(locale)).toBe(language))

test.each([
  ['Debian GNU/Linux', 'ubuntu:GNOME', ['gnome', 'debian']],
  ['Fedora Linux', 'KDE', ['kde', 'fedora']],
  ['Arch Linux', undefined, []],
  [undefined, 'LXQt', []],
  ['Microsoft Windows 11 Pro', undefined, ['windows']],
  ['Windows 11 Pro', undefined, ['windows']],
  ['macOS', undefined, ['macos']],
  ['Not Windows', undefined, []],
  ['Debian GNU/Linux', 'GNOMEISH', ['debian']],
])('takes %s with the desktop %s for %j', (osName, desktop, systems) => {
  expect(systemsOf(osName, desktop)).toEqual(systems)
})

test('prefers the steps of the desktop to those of the system', () => {
  const [lock, updates] = [failed('session.screen-lock'), failed('os.security-updates')]
  expect(remedyOf(lock, 'en', ['gnome', 'debian']).steps).toEqual(remedies(lock.check).steps.gnome)
  expect(remedyOf(updates, 'en', ['gnome', 'debian']).steps).toEqual(remedies(updates.check).steps.debian)
  expect(remedyOf(updates, 'en', []).steps).toEqual(remedies(updates.check).steps.any)
})

test('docs/reference/checks.md is made of these texts', () => {
  expect(readFileSync(join(import.meta.dirname, '../../../docs/reference/checks.md'), 'utf8')).toBe(checkPage())
})

test.each([
  ['linux', LINUX_CHECKS],
  ['macos', DARWIN_CHECKS],
  ['windows', WINDOWS_CHECKS],
] as const)('a check does not apply to %s exactly where its card excludes it', async (system, checks) => {
  const never = new AbortController().signal
  const outcomes = await Promise.all(
    CHECKS.map(async (check) => {
      // A machine on which there is nothing: what needs a file or program throws or is unknown there.
      const outcome = await checks[check].run(machine(), { signal: never, timeoutMs: 1000 }).catch(() => undefined)
      return outcome?.state === 'not-applicable' ? [check] : []
    }),
  )
  // On Linux the antivirus check does not apply only where no product is installed.
  const sometimes: readonly string[] = ['protection.antivirus']
  const absent = CARDS.filter(({ systems }) => typeof systems[system] !== 'string').map(({ name }) => name)
  expect(outcomes.flat().filter((check) => !sometimes.includes(check))).toEqual(absent)
})

test('no check asks a person on Windows or macOS to run a program of Linux', () => {
  const foreign = /\b(?:apt|dnf|systemctl|cryptsetup|gpasswd|grub)\b/
  const strange = CHECKS.flatMap((check) =>
    LANGUAGES.flatMap((language) => {
      const { steps } = remedies(check, language)
      return [...(steps.windows ?? []), ...(steps.macos ?? [])].filter((step) => foreign.test(step))
    }),
  )
  expect(strange).toEqual([])
})

test.each([
  ['macos', DARWIN_CHECKS],
  ['windows', WINDOWS_CHECKS],
] as const)('every check that applies to %s has steps for it', async (system, checks) => {
  const never = new AbortController().signal
  const missing = await Promise.all(
    CHECKS.map(async (check) => {
      const outcome = await checks[check].run(machine(), { signal: never, timeoutMs: 1000 }).catch(() => undefined)
      const hasSteps = remedies(check).steps[system] !== undefined
      return (outcome?.state !== 'not-applicable') === hasSteps ? [] : [check]
    }),
  )
  expect(missing.flat()).toEqual([])
})
