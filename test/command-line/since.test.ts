import fc from 'fast-check'
import { parseSince, parseUntil } from '../../src/command-line/since.ts'

const NOW = Date.parse('2026-11-29T08:15:30.500Z')
const iso = (text: string) => {
  const at = parseSince(text, NOW)
  return at === undefined ? undefined : new Date(at).toISOString()
}

test.each([
  ['90m', '2026-11-29T06:45:30.500Z'],
  ['24h', '2026-11-28T08:15:30.500Z'],
  ['7d', '2026-11-22T08:15:30.500Z'],
  ['2w', '2026-11-15T08:15:30.500Z'],
  ['today', '2026-11-29T00:00:00.000Z'],
  ['yesterday', '2026-11-28T00:00:00.000Z'],
  ['sunday', '2026-11-22T00:00:00.000Z'],
  ['monday', '2026-11-23T00:00:00.000Z'],
  ['saturday', '2026-11-28T00:00:00.000Z'],
  ['2026-11-28', '2026-11-28T00:00:00.000Z'],
  ['2026-11-28T14:00', '2026-11-28T14:00:00.000Z'],
  ['2026-11-28 14:00:09', '2026-11-28T14:00:09.000Z'],
  ['2026-11-28T14:00:09.25Z', '2026-11-28T14:00:09.250Z'],
  ['2026-11-28t14:00+02:00', '2026-11-28T12:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
])('%s is %s', (text, expected) => expect(iso(text)).toBe(expected))

test.each([
  [''],
  ['0m'],
  ['-1d'],
  ['1.5h'],
  ['7 d'],
  ['7D'],
  ['1y'],
  ['99999999d'],
  ['9999999w'],
  ['soon'],
  ['Yesterday'],
  ['Monday'],
  ['mon'],
  ['tomorrow'],
  ['2026-11-30'],
  ['2026-11-29T08:15:31Z'],
  ['2026-02-30'],
  ['2026-13-01'],
  ['2025-02-29T00:00Z'],
  ['2026-11-28T25:00Z'],
  ['2026-11-28T14:60Z'],
  ['2026-11-28T14:00+99:00'],
  ['28.11.2026'],
  ['11/28/2026'],
  ['20261128'],
  ['1764403200'],
  ['2026-11-28T14:00Z; rm'],
  ['２０２６-11-28'],
])('refuses %j', (text) => expect(parseSince(text, NOW)).toBeUndefined())

test('never gives a time after now or before 1970', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const at = parseSince(text, NOW)
      return at === undefined || (at >= 0 && at <= NOW)
    }),
  )
})

test.each([
  ['90m', '2026-11-29T09:45:30.500Z'],
  ['30d', '2026-12-29T08:15:30.500Z'],
  ['2026-11-29', '2026-11-30T00:00:00.000Z'],
  ['2027-01-31', '2027-02-01T00:00:00.000Z'],
  ['2027-01-31T18:00', '2027-01-31T18:00:00.000Z'],
  ['2027-01-31T18:00+02:00', '2027-01-31T16:00:00.000Z'],
])('until %s is %s', (text, expected) => expect(new Date(parseUntil(text, NOW) ?? 0).toISOString()).toBe(expected))

test.each([
  '',
  '0m',
  '9999999w',
  'today',
  'tomorrow',
  '2026-11-28',
  '2026-11-29T08:15',
  '2027-02-30',
  '-1d',
  '10000-01-01',
])('%j is no time to come', (text) => expect(parseUntil(text, NOW)).toBeUndefined())
