import { CLOCK_TICKS, MICROSECONDS, type StartTicks, startedAt } from '../../../src/system/processes/start-ticks.ts'

const BOOTED_AT = Date.UTC(2026, 10, 29, 8)

test.each<[string, number, StartTicks, number]>([
  ['clock ticks since boot', 1_234, CLOCK_TICKS, BOOTED_AT + 12_340],
  ['microseconds since 1970', BOOTED_AT * 1000 + 1_600, MICROSECONDS, BOOTED_AT + 2],
  ['none, as for the idle process', 0, MICROSECONDS, 0],
])('%s are a time', (_, ticks, counts, time) => {
  expect(startedAt(ticks, counts, BOOTED_AT)).toBe(time)
})

test('a boot before 1970 gives no time before it', () => {
  expect(startedAt(5, CLOCK_TICKS, -1_000_000)).toBe(0)
})
