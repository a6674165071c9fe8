import fc from 'fast-check'
import { silentLog } from '../../../src/base/log.ts'
import { clockWatch, OFF_FROM_MS, offsetInWords } from '../../../src/daemon/clock/clock-watch.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

function watched() {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  let slept = 0
  let set = 0
  const boot = { uptimeMs: () => clock.monotonic() + slept }
  const watch = clockWatch({ clock, log: silentLog, health, boot, onSet: () => set++ })
  return {
    clock,
    watch,
    /** As far as the counters know. */
    sleep(ms: number) {
      slept += ms
      clock.jump(ms)
    },
    said: () => health.warnings().map(({ code, remedy }) => `${code}: ${remedy.split('. ', 1)[0]}`),
    set: () => set,
  }
}

test('before the directory has told its time nothing is known, and nothing is said', () => {
  const { clock, watch, said } = watched()
  clock.jump(365 * 24 * HOUR_MS)
  watch.look()
  expect([watch.time(), said()]).toEqual([undefined, []])
})

test('a clock that is off is said at once when the directory speaks, and no more when it was set', () => {
  const { clock, watch, said, set } = watched()
  watch.told(clock.now() + HOUR_MS)
  expect(said()).toEqual(["CLOCK_OFF: The clock of this device is about 60 minutes behind the directory's"])
  clock.jump(HOUR_MS)
  watch.look()
  expect([said(), set()]).toEqual([[], 1])
})

test('a hand on the clock is seen at the second look', () => {
  const { clock, watch, said } = watched()
  watch.told(clock.now())
  clock.jump(3 * HOUR_MS)
  watch.look()
  expect(said()).toEqual([])
  watch.look()
  expect(said()).toEqual(["CLOCK_OFF: The clock of this device is about 3 hours ahead of the directory's"])
})

test('sleep that the time since boot knows of is no clock that is off, and the directory time goes on in it', () => {
  const { clock, watch, said, sleep } = watched()
  watch.told(clock.now())
  sleep(8 * HOUR_MS)
  for (let looks = 0; looks < 3; looks++) watch.look()
  expect([said(), watch.time()]).toEqual([[], clock.now()])
})

test('a suspension that no counter knows of is forgotten as soon as the directory speaks again', () => {
  const { clock, watch, said } = watched()
  watch.told(clock.now())
  clock.jump(8 * HOUR_MS)
  watch.look()
  watch.told(clock.now())
  watch.look()
  expect(said()).toEqual([])
})

test('what the directory says replaces what it said: its clock may be set right too', () => {
  const { clock, watch, said, set } = watched()
  watch.told(clock.now() + 24 * HOUR_MS)
  watch.told(clock.now())
  expect([said(), set(), watch.time()]).toEqual([[], 1, clock.now()])
})

test('the clock is off exactly beyond the tolerance, either way', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2 * OFF_FROM_MS, max: 2 * OFF_FROM_MS }), (offByMs) => {
      const { clock, watch, said } = watched()
      watch.told(clock.now() - offByMs)
      return said().length === (Math.abs(offByMs) > OFF_FROM_MS ? 1 : 0)
    }),
  )
})

test.each([
  [-6 * MINUTE_MS, '6 minutes behind'],
  [119 * MINUTE_MS, '119 minutes ahead of'],
  [-2 * HOUR_MS, '2 hours behind'],
  [47 * HOUR_MS, '47 hours ahead of'],
  [-365 * 24 * HOUR_MS, '365 days behind'],
])('%i ms is %s', (ms, words) => expect(offsetInWords(ms)).toBe(words))
