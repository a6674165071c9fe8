import fc from 'fast-check'
import { silentLog } from '../../../src/base/log.ts'
import { createClockCheck, describeOffset, TOLERANCE_MS } from '../../../src/daemon/clock/clock-check.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

function setUp() {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  let sleptMs = 0
  let corrections = 0
  const boot = { uptimeMs: () => clock.monotonic() + sleptMs }
  const clockCheck = createClockCheck({ clock, log: silentLog, health, boot, onCorrected: () => corrections++ })
  return {
    clock,
    clockCheck,
    /** Sleep that the time since boot counts and the monotonic clock does not. */
    sleep(ms: number) {
      sleptMs += ms
      clock.jump(ms)
    },
    warnings: () => health.warnings().map(({ code, remedy }) => `${code}: ${remedy.split('. ', 1)[0]}`),
    corrections: () => corrections,
  }
}

test('does not warn before the directory has sent its time', () => {
  const { clock, clockCheck, warnings } = setUp()
  clock.jump(365 * 24 * HOUR_MS)
  clockCheck.check()
  expect([clockCheck.directoryTime(), warnings()]).toEqual([undefined, []])
})

test('warns at once when the directory sends another time, until the clock is set', () => {
  const { clock, clockCheck, warnings, corrections } = setUp()
  clockCheck.setDirectoryTime(clock.now() + HOUR_MS)
  expect(warnings()).toEqual(["CLOCK_OFF: The clock of this device is about 60 minutes behind the directory's"])
  clock.jump(HOUR_MS)
  clockCheck.check()
  expect([warnings(), corrections()]).toEqual([[], 1])
})

test('warns at the second check after the clock was changed by hand', () => {
  const { clock, clockCheck, warnings } = setUp()
  clockCheck.setDirectoryTime(clock.now())
  clock.jump(3 * HOUR_MS)
  clockCheck.check()
  expect(warnings()).toEqual([])
  clockCheck.check()
  expect(warnings()).toEqual(["CLOCK_OFF: The clock of this device is about 3 hours ahead of the directory's"])
})

test('does not take sleep that the time since boot counts for a wrong clock', () => {
  const { clock, clockCheck, warnings, sleep } = setUp()
  clockCheck.setDirectoryTime(clock.now())
  sleep(8 * HOUR_MS)
  for (let checks = 0; checks < 3; checks++) clockCheck.check()
  expect([warnings(), clockCheck.directoryTime()]).toEqual([[], clock.now()])
})

test('drops the suspicion of an uncounted suspension once the directory sends its time', () => {
  const { clock, clockCheck, warnings } = setUp()
  clockCheck.setDirectoryTime(clock.now())
  clock.jump(8 * HOUR_MS)
  clockCheck.check()
  clockCheck.setDirectoryTime(clock.now())
  clockCheck.check()
  expect(warnings()).toEqual([])
})

test('takes an earlier time of the directory, whose clock may be set right too', () => {
  const { clock, clockCheck, warnings, corrections } = setUp()
  clockCheck.setDirectoryTime(clock.now() + 24 * HOUR_MS)
  clockCheck.setDirectoryTime(clock.now())
  expect([warnings(), corrections(), clockCheck.directoryTime()]).toEqual([[], 1, clock.now()])
})

test('warns exactly beyond the tolerance, ahead and behind', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2 * TOLERANCE_MS, max: 2 * TOLERANCE_MS }), (offByMs) => {
      const { clock, clockCheck, warnings } = setUp()
      clockCheck.setDirectoryTime(clock.now() - offByMs)
      return warnings().length === (Math.abs(offByMs) > TOLERANCE_MS ? 1 : 0)
    }),
  )
})

test.each([
  [-6 * MINUTE_MS, '6 minutes behind'],
  [119 * MINUTE_MS, '119 minutes ahead of'],
  [-2 * HOUR_MS, '2 hours behind'],
  [47 * HOUR_MS, '47 hours ahead of'],
  [-365 * 24 * HOUR_MS, '365 days behind'],
])('%i ms is %s', (ms, words) => expect(describeOffset(ms)).toBe(words))
