import { type Beginning, type Life, seenLater, signsOfLastLife } from '../../../src/daemon/tamper/life.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 25, 12)

const last = (change: Partial<Life> = {}): Life => ({
  schema: 'surety/life@1',
  bootId: 'boot',
  version: '1.0.0',
  settings: { 'log.level': 'aa' },
  signs: [],
  seen: { wallMs: START, bootMs: 100 * MINUTE, awakeMs: 100 * MINUTE },
  ...change,
})

/** So long after the last sign of life, of which the device slept some. */
const begin = (afterMs: number, change: Partial<Beginning> & { readonly sleptMs?: number } = {}): Beginning => {
  const { sleptMs = 0, ...rest } = change
  return {
    bootId: 'boot',
    version: '1.0.0',
    settings: { 'log.level': 'aa' },
    systemUpMs: 600 * MINUTE,
    hasReported: true,
    now: { wallMs: START + afterMs, bootMs: 100 * MINUTE + afterMs, awakeMs: 100 * MINUTE + afterMs - sleptMs },
    ...rest,
  }
}

const otherBoot = (upMs: number, change: Partial<Beginning> = {}) =>
  begin(60 * MINUTE, {
    bootId: 'later',
    systemUpMs: upMs,
    now: { wallMs: START + 60 * MINUTE, bootMs: upMs, awakeMs: upMs },
    ...change,
  })

test.each<[string, Life | undefined, Beginning]>([
  ['a first start', undefined, begin(0, { hasReported: false })],
  ['a restart', last({ ended: 'cleanly' }), begin(20_000)],
  ['a crash and the restart after it', last(), begin(70_000)],
  ['sleep between the end and the start', last({ ended: 'cleanly' }), begin(600 * MINUTE, { sleptMs: 599 * MINUTE })],
  ['a reboot', last({ ended: 'cleanly' }), otherBoot(40_000)],
  ['a power cut', last(), otherBoot(40_000)],
  ['a boot after months', last({ ended: 'cleanly' }), otherBoot(2 * MINUTE)],
  ['a slow upgrade', last({ ended: 'cleanly' }), begin(25 * MINUTE, { version: '1.1.0' })],
  ['an upgrade and a reboot', last({ ended: 'cleanly' }), otherBoot(20 * MINUTE, { version: '1.1.0' })],
  ['a removal that was announced', last({ ended: 'removed' }), begin(600 * MINUTE, { settings: {} })],
  ['a system that does not tell when it started', last(), otherBoot(0, { systemUpMs: undefined })],
])('%s is no sign', (_, before, now) => {
  expect(signsOfLastLife(before, now)).toEqual([])
})

test('a service that was stopped for an hour', () => {
  expect(signsOfLastLife(last({ ended: 'cleanly' }), begin(60 * MINUTE))).toEqual([
    { kind: 'stopped', time: START + 60 * MINUTE, since: START, durationMs: 60 * MINUTE, cause: 'ended' },
  ])
})

test('a daemon that was killed, and no restart for an hour; its sleep does not count', () => {
  expect(signsOfLastLife(last(), begin(60 * MINUTE, { sleptMs: 20 * MINUTE }))).toMatchObject([
    { kind: 'stopped', durationMs: 40 * MINUTE, cause: 'killed' },
  ])
})

test('a clock that was set meanwhile hides no stop', () => {
  const { now } = begin(60 * MINUTE)
  expect(signsOfLastLife(last(), begin(0, { now: { ...now, wallMs: START + 1_000 } }))).toMatchObject([
    { kind: 'stopped', durationMs: 60 * MINUTE },
  ])
})

test('a daemon that did not start with the system', () => {
  expect(signsOfLastLife(last({ ended: 'cleanly' }), otherBoot(90 * MINUTE))).toMatchObject([
    { kind: 'stopped', durationMs: 90 * MINUTE, cause: 'not-started' },
  ])
})

test('an upgrade hides no stop of a day', () => {
  expect(signsOfLastLife(last({ ended: 'cleanly' }), begin(24 * 60 * MINUTE, { version: '1.1.0' }))).toHaveLength(1)
})

test('a device that has reported and has no record of it', () => {
  expect(signsOfLastLife(undefined, begin(0))).toMatchObject([{ kind: 'record-lost' }])
})

test('settings that are new, other or gone, by name', () => {
  const now = begin(1_000, { settings: { 'log.level': 'bb', 'posture.skip': 'cc' } })
  expect(signsOfLastLife(last({ settings: { 'log.level': 'aa', keys: 'dd' } }), now)).toEqual([
    { kind: 'settings-changed', time: START + 1_000, names: ['keys', 'log.level', 'posture.skip'], nameCount: 3 },
  ])
})

test('of very many names, reports some, and how many there are', () => {
  const settings = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`s${at}`, 'x']))
  const [sign] = signsOfLastLife(last({ settings: {} }), begin(0, { settings }))
  expect([sign?.names?.length, sign?.nameCount]).toEqual([16, 100])
})

test('reports a kill by the watchdog, and not the longest wait after a crash', () => {
  const crashed = seenLater(last(), START + 48_000)
  expect(signsOfLastLife(crashed, begin(48_000 + 24_000 + 61_000))).toEqual([])
  expect(signsOfLastLife(crashed, begin(48_000 + 121_000))).toMatchObject([{ kind: 'stopped', cause: 'killed' }])
})

test('a file that was touched later than it can have been hides no stop', () => {
  expect(signsOfLastLife(seenLater(last(), START + 60 * MINUTE), begin(60 * MINUTE))).toHaveLength(1)
  expect(seenLater(last(), 0)).toEqual(last())
})
