import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LINUX_CHECKS } from '../../src/posture/linux/checks.ts'
import { checkText, LANGUAGES, languageOf, panelOf, stepsOf, systemsOf } from '../../src/view/check-catalogue.ts'

const CHECKS_ON_LINUX = Object.keys(LINUX_CHECKS)

test.each(LANGUAGES)('every check on Linux has a whole text in %s', (language) => {
  expect(CHECKS_ON_LINUX.length).toBeGreaterThan(10)
  const incomplete = CHECKS_ON_LINUX.filter((check) => {
    const text = checkText(check, language)
    if (text === undefined) return true
    const { title, why, steps, minutes } = text
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
  const shape = (check: string, language: 'en' | 'de') => {
    const { steps, minutes } = checkText(check, language) ?? { steps: { any: [] }, minutes: 0 }
    return [check, minutes, Object.entries(steps).map(([system, list]) => [system, list.length])]
  }
  expect(CHECKS_ON_LINUX.map((check) => shape(check, 'de'))).toEqual(CHECKS_ON_LINUX.map((check) => shape(check, 'en')))
})

test('both languages run the same commands', () => {
  const commands = (check: string, language: 'en' | 'de') =>
    JSON.stringify(checkText(check, language)?.steps).match(/(sudo|systemctl|surety) [a-z][\w .-]*/g)
  const different = CHECKS_ON_LINUX.filter((check) => `${commands(check, 'en')}` !== `${commands(check, 'de')}`)
  expect(different).toEqual([])
})

test.each(['', 'disk', 'toString', '__proto__', 'disk.root-encrypted '])('has no text for the check "%s"', (name) => {
  expect([checkText(name, 'en'), checkText(name, 'de'), panelOf(name, ['gnome'])]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
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
  ['Debian GNU/Linux', 'GNOMEISH', ['debian']],
])('takes %s with the desktop %s for %j', (osName, desktop, systems) => {
  expect(systemsOf(osName, desktop)).toEqual(systems)
})

test('prefers the steps of the desktop to those of the system', () => {
  const lock = checkText('session.screen-lock', 'en')
  const updates = checkText('os.security-updates', 'en')
  expect(lock && stepsOf(lock, ['gnome', 'debian'])).toEqual(lock?.steps.gnome)
  expect(updates && stepsOf(updates, ['gnome', 'debian'])).toEqual(updates?.steps.debian)
  expect(updates && stepsOf(updates, [])).toEqual(updates?.steps.any)
})

test('docs/checks.md has the title, reason and every step of each check', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/checks.md'), 'utf8')
  const missing = CHECKS_ON_LINUX.flatMap((check) => {
    const text = checkText(check, 'en')
    const steps = Object.values(text?.steps ?? {}).flat()
    return [`## ${check}`, text?.title ?? '', text?.why ?? '', ...steps].filter((part) => !page.includes(part))
  })
  expect(missing).toEqual([])
})
