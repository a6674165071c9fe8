import { scheduleOf } from '../../../src/directory/messages/schedule.ts'
import { codeThrown } from '../../support/code-thrown.ts'

/** Times of the digest and of quiet hours, beside moments that the IANA database gives for these zones. */

const at = (text: string) => Date.parse(text)
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())

describe('the digest', () => {
  const daily = scheduleOf({ digest: '09:00', timeZone: 'Europe/Berlin' })

  test.each([
    ['2026-12-02T07:59:59Z', '2026-12-01T08:00:00.000Z', '2026-12-02T08:00:00.000Z'],
    ['2026-12-02T08:00:00Z', '2026-12-02T08:00:00.000Z', '2026-12-03T08:00:00.000Z'],
    // Summer time begins on 29 March and ends on 25 October.
    ['2026-03-28T12:00:00Z', '2026-03-28T08:00:00.000Z', '2026-03-29T07:00:00.000Z'],
    ['2026-10-24T12:00:00Z', '2026-10-24T07:00:00.000Z', '2026-10-25T08:00:00.000Z'],
  ])('at %s it was due at %s, and is due at %s', (now, due, next) => {
    expect([iso(daily.dueAt(at(now))), iso(daily.nextAt(at(now)))]).toEqual([due, next])
  })

  test('keeps to its days', () => {
    // 4 December 2026 is a Friday.
    const working = scheduleOf({ digest: 'mon-fri 09:00', timeZone: 'UTC' })
    expect(iso(working.nextAt(at('2026-12-04T09:00:00Z')))).toBe('2026-12-07T09:00:00.000Z')
    expect(iso(working.dueAt(at('2026-12-06T23:00:00Z')))).toBe('2026-12-04T09:00:00.000Z')
    const some = scheduleOf({ digest: 'tue,sun 07:30', timeZone: 'UTC' })
    expect(iso(some.nextAt(at('2026-12-04T09:00:00Z')))).toBe('2026-12-06T07:30:00.000Z')
    expect(iso(some.nextAt(at('2026-12-06T07:30:00Z')))).toBe('2026-12-08T07:30:00.000Z')
  })

  test('has one moment on a day without its time, and on a day that has it twice', () => {
    const night = scheduleOf({ digest: '02:30', timeZone: 'Europe/Berlin' })
    expect(iso(night.nextAt(at('2026-03-28T12:00:00Z')))).toBe('2026-03-29T01:30:00.000Z')
    expect(iso(night.nextAt(at('2026-03-29T01:30:00Z')))).toBe('2026-03-30T00:30:00.000Z')
    expect(iso(night.nextAt(at('2026-10-24T12:00:00Z')))).toBe('2026-10-25T00:30:00.000Z')
    expect(iso(night.nextAt(at('2026-10-25T00:30:00Z')))).toBe('2026-10-26T01:30:00.000Z')
  })

  test('finds midnight in a zone that leaves it out', () => {
    // In Cairo clocks go from 24 April 2026, 00:00, to 01:00.
    const midnight = scheduleOf({ digest: '00:00', timeZone: 'Africa/Cairo' })
    expect(iso(midnight.nextAt(at('2026-04-23T12:00:00Z')))).toBe('2026-04-23T22:00:00.000Z')
    expect(iso(midnight.nextAt(at('2026-04-23T22:00:00Z')))).toBe('2026-04-24T21:00:00.000Z')
  })

  test('can be off', () => {
    const off = scheduleOf({ digest: 'off', timeZone: 'UTC' })
    expect([off.dueAt(0), off.nextAt(0)]).toEqual([undefined, undefined])
  })
})

describe('quiet hours', () => {
  test.each([
    ['2026-12-02T18:59:59Z', undefined],
    ['2026-12-02T19:00:00Z', '2026-12-03T06:00:00.000Z'],
    ['2026-12-02T23:30:00Z', '2026-12-03T06:00:00.000Z'],
    ['2026-12-03T05:59:59Z', '2026-12-03T06:00:00.000Z'],
    ['2026-12-03T06:00:00Z', undefined],
    // The night in which summer time begins is an hour shorter.
    ['2026-03-28T23:00:00Z', '2026-03-29T05:00:00.000Z'],
    ['2026-10-24T22:00:00Z', '2026-10-25T06:00:00.000Z'],
  ])('over midnight: at %s until %s', (now, until) => {
    const night = scheduleOf({ digest: '09:00', timeZone: 'Europe/Berlin', quietHours: '20:00-07:00' })
    expect(iso(night.quietUntil(at(now)))).toBe(until)
  })

  test('within a day', () => {
    const lunch = scheduleOf({ digest: '09:00', timeZone: 'UTC', quietHours: '12:00-13:00' })
    const times = ['2026-12-02T11:59:59Z', '2026-12-02T12:00:00Z', '2026-12-02T13:00:00Z', '2026-12-03T00:00:00Z']
    expect(times.map((time) => iso(lunch.quietUntil(at(time))))).toEqual([
      undefined,
      '2026-12-02T13:00:00.000Z',
      undefined,
      undefined,
    ])
  })

  test('end once, where their end comes twice', () => {
    const night = scheduleOf({ digest: '09:00', timeZone: 'Europe/Berlin', quietHours: '22:00-02:30' })
    expect(iso(night.quietUntil(at('2026-10-24T23:00:00Z')))).toBe('2026-10-25T00:30:00.000Z')
    // 02:10 for the second time.
    expect(night.quietUntil(at('2026-10-25T01:10:00Z'))).toBeUndefined()
  })
})

test.each([
  [{ digest: '24:00' }],
  [{ digest: '09:60' }],
  [{ digest: 'day 09:00' }],
  [{ digest: 'fri-mon 09:00' }],
  [{ digest: 'mon- 09:00' }],
  [{ digest: ', 09:00' }],
  [{ digest: '09:00', timeZone: 'Europe/Nowhere' }],
  [{ digest: '09:00', quietHours: '25:00-07:00' }],
  [{ digest: '09:00', quietHours: '07:00-07:00' }],
])('refuses %j', async (settings) => {
  expect(await codeThrown(() => scheduleOf({ timeZone: 'UTC', ...settings }))).toBe('CONFIG_INVALID')
})
