import { REMEDIES } from '../../src/daemon/health/health.ts'
import type { Status } from '../../src/protocol/messages/control.ts'
import { LANGUAGES } from '../../src/view/checks/check-catalogue.ts'
import { HEALTH_TEXTS, isEnrolling, openWarnings } from '../../src/view/health-texts.ts'

const warning = (code: string) => ({ code, remedy: `remedy of ${code}`, since: 1 })
const open = (enrolment: Status['enrolment'], ...codes: readonly string[]) => {
  const found = openWarnings({ enrolment, health: codes.map(warning) }, 'en')
  return [found.open.map(({ code }) => code), found.elsewhere.map(({ code }) => code)]
}

test('every warning of the daemon has a text here, and nothing else has', () => {
  expect(Object.keys(HEALTH_TEXTS).toSorted()).toEqual(Object.keys(REMEDIES).toSorted())
})

test.each(Object.entries(HEALTH_TEXTS))('%s is said in whole sentences, or not at all', (_, text) => {
  const isShown = text.by === 'user' || text.by === 'support'
  for (const language of LANGUAGES) expect(text[language]).toMatch(isShown ? /^[A-ZÄÖÜ].{10,90}\.$/ : /^$/)
})

test('leaves to the administrators what only they can repair', () => {
  expect(open('enrolled', 'CLOCK_OFF', 'CATALOGUE_REFUSED', 'UPDATE_ROLLED_BACK', 'TPM_GONE')).toEqual([
    ['CLOCK_OFF', 'TPM_GONE'],
    ['CATALOGUE_REFUSED', 'UPDATE_ROLLED_BACK'],
  ])
})

test('says nothing twice: that a device is not enrolled, waits, was retired or refused', () => {
  expect(open('not-enrolled', 'NOT_ENROLLED')).toEqual([[], []])
  expect(open('pending', 'ENROLMENT_PENDING')).toEqual([[], []])
  expect(open('retired', 'DEVICE_RETIRED')).toEqual([[], []])
  expect(open('refused', 'DIRECTORY_REFUSES')).toEqual([[], []])
  expect(open('enrolled', 'DIRECTORY_REFUSES')).toEqual([['DIRECTORY_REFUSES'], []])
})

test('a code of another version is for the support, by its code', () => {
  const found = openWarnings({ enrolment: 'enrolled', health: [warning('NEW_CODE')] }, 'de')
  expect(found.open).toMatchObject([{ by: 'support', text: 'Surety hat eine Störung: NEW_CODE.' }])
})

test.each([
  ['no warning', 'not-enrolled', [], true],
  ['a clock that is off', 'not-enrolled', ['CLOCK_OFF'], true],
  ['no string', 'not-enrolled', ['NOT_ENROLLED'], false],
  ['a string that was refused', 'not-enrolled', ['ENROLMENT_FAILED'], false],
  ['another server', 'not-enrolled', ['DIRECTORY_UNTRUSTED'], false],
  ['a device that waits', 'pending', [], false],
  ['a device that is enrolled', 'enrolled', [], false],
] as const)('enrols without a person: %s', (_, enrolment, codes, enrols) => {
  expect(isEnrolling({ enrolment, health: codes.map(warning) })).toBe(enrols)
})
