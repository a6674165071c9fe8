import { setImmediate as turn } from 'node:timers/promises'
import { silentLog } from '../../../src/base/log.ts'
import { WakeUp } from '../../../src/base/wake-up.ts'
import { runSchedule, type ScheduledJob } from '../../../src/daemon/schedule/run-schedule.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const start = Date.UTC(2026, 10, 25, 12)

/** A schedule on a clock that the test moves. `ran` holds the seconds since the start at which each job ran. */
function scheduled(
  jobs: readonly (Partial<ScheduledJob> & { cron: string })[],
  random = () => 0,
  resumed: WakeUp | undefined = undefined,
) {
  const clock = new FakeClock(start)
  const stop = new AbortController()
  const ran: string[] = []
  const warnings: string[] = []
  const slept: number[] = []
  const wakeUps: number[] = []
  const secondsNow = () => (clock.now() - start) / SECOND
  const done = runSchedule(
    {
      clock,
      random,
      log: {
        ...silentLog,
        warn: (message, fields) => warnings.push(`${message}: ${fields?.job}`),
        error: (message, fields) => warnings.push(`${message}: ${fields?.reason}`),
      },
      ...(resumed === undefined ? {} : { resumed }),
      onResume: ({ sleptMs }) => slept.push(sleptMs),
      onClockSetBack: () => slept.push(Number.NEGATIVE_INFINITY),
      onWake: () => void wakeUps.push(secondsNow()),
      jobs: jobs.map(({ run, ...job }, index) => ({
        name: `job${index}`,
        jitterMs: 0,
        ...job,
        run: async (options) => {
          ran.push(`${job.name ?? `job${index}`} at ${secondsNow()}`)
          await run?.(options)
        },
      })),
    },
    { signal: stop.signal },
  )
  return {
    clock,
    ran,
    warnings,
    slept,
    wakeUps,
    stop: async () => {
      stop.abort(new TypeError('enough'))
      await done
    },
  }
}

test('runs each job at its times', async () => {
  const { clock, ran, stop } = scheduled([{ cron: '*/20 * * * * *' }, { cron: '* * * * *' }])
  await clock.advance(60 * SECOND)
  await stop()
  expect(ran).toEqual(['job0 at 20', 'job0 at 40', 'job0 at 60', 'job1 at 60'])
})

test('delays each run by its jitter, and never starts early', async () => {
  const numbers = [0.5, 0.25, 0.75, 0.5]
  const { clock, ran, stop } = scheduled([{ cron: '* * * * *', jitterMs: 20 * SECOND }], () => numbers.shift() ?? 0)
  await clock.advance(200 * SECOND)
  await stop()
  expect(ran).toEqual(['job0 at 70', 'job0 at 125', 'job0 at 195'])
})

test('wakes up for jobs, and otherwise every twelve seconds', async () => {
  const numbers = [0, 1, 0, 1]
  const often = scheduled([{ cron: '*/10 * * * * *', jitterMs: SECOND }], () => (numbers.shift() ?? 0) * 0.999)
  await often.clock.advance(41 * SECOND)
  await often.stop()
  expect(often.wakeUps).toEqual([10, 20.999, 30, 40.999])
  const seldom = scheduled([{ cron: '*/30 * * * * *' }])
  await seldom.clock.advance(40 * SECOND)
  await seldom.stop()
  expect(seldom.wakeUps).toEqual([12, 24, 30])
})

test('does not start a job that is still running', async () => {
  let finish = () => {}
  const run = () =>
    new Promise<void>((resolve) => {
      finish = resolve
    })
  const { clock, ran, warnings, stop } = scheduled([{ cron: '* * * * *', run }])
  await clock.advance(125 * SECOND)
  finish()
  await clock.advance(60 * SECOND)
  finish()
  await stop()
  expect([ran, warnings]).toEqual([['job0 at 60', 'job0 at 180'], ['job skipped: it is still running: job0']])
})

test.each([
  ['rejects', () => Promise.reject(new TypeError('broken'))],
  [
    'throws at once',
    () => {
      throw new TypeError('broken')
    },
  ],
])('runs a job that %s again at its next time, and the other jobs too', async (_, run) => {
  const { clock, ran, warnings, stop } = scheduled([{ cron: '* * * * *', run }, { cron: '* * * * *' }])
  await clock.advance(120 * SECOND)
  await stop()
  expect(ran).toEqual(['job0 at 60', 'job1 at 60', 'job0 at 120', 'job1 at 120'])
  expect(warnings).toEqual(['job failed: broken', 'job failed: broken'])
})

test('runs missed jobs once after eight hours of sleep, within jitter, and reports it', async () => {
  const jobs = [
    { name: 'processes', cron: '*/10 * * * * *', jitterMs: 0 },
    { name: 'posture', cron: '*/15 * * * *', jitterMs: 60 * SECOND },
    { name: 'daily', cron: '0 11 * * *', jitterMs: 0 },
  ]
  const { clock, ran, slept, stop } = scheduled(jobs, () => 0.5)
  await clock.advance(5 * SECOND)
  clock.jump(8 * HOUR)
  await clock.advance(10 * SECOND)
  const soon = [...ran]
  await clock.advance(30 * SECOND)
  await stop()
  const late = 8 * 3600
  expect(slept).toEqual([8 * HOUR])
  expect(soon).toEqual([`processes at ${late + 10}`])
  expect(ran.filter((line) => line.startsWith('posture'))).toEqual([`posture at ${late + 40}`])
  expect(ran.some((line) => line.startsWith('daily'))).toBe(false)
})

test('continues when the clock is set back by a year', async () => {
  const { clock, ran, slept, stop } = scheduled([{ cron: '* * * * *' }])
  await clock.advance(5 * SECOND)
  clock.jump(-365 * 24 * HOUR)
  await clock.advance(115 * SECOND)
  await stop()
  expect([ran.length, slept]).toEqual([2, [Number.NEGATIVE_INFINITY]])
})

test('does not take a clock change of a few seconds for sleep', async () => {
  const { clock, slept, stop } = scheduled([{ cron: '* * * * *' }])
  clock.jump(5 * SECOND)
  await clock.advance(20 * SECOND)
  clock.jump(-5 * SECOND)
  await clock.advance(20 * SECOND)
  await stop()
  expect(slept).toEqual([])
})

test('notices sleep that the monotonic clock counts as well, by a wait that ends late', async () => {
  const { clock, ran, slept, stop } = scheduled([{ cron: '* * * * *' }])
  await clock.advance(5 * SECOND)
  clock.stall(8 * HOUR)
  await clock.advance(10 * SECOND)
  await stop()
  // Seven seconds of the first wait of twelve were left.
  expect(slept).toEqual([8 * HOUR - 7 * SECOND])
  expect(ran).toEqual([`job0 at ${8 * 3600 + 5}`])
})

test('wakes up at once when the end of sleep is announced, however short the sleep was', async () => {
  const resumed = new WakeUp()
  const { clock, ran, slept, wakeUps, stop } = scheduled([{ cron: '* * * * *' }], undefined, resumed)
  await clock.advance(5 * SECOND)
  resumed.wake()
  await turn()
  expect([slept, wakeUps, ran]).toEqual([[0], [5], []])
  clock.jump(2 * HOUR)
  resumed.wake()
  await turn()
  expect([slept, wakeUps, ran]).toEqual([[0, 2 * HOUR], [5, 7205], ['job0 at 7205']])
  await clock.advance(60 * SECOND)
  expect(ran).toEqual(['job0 at 7205', 'job0 at 7260'])
  await stop()
})

test('an announced end of sleep does not hide that the clock was set back', async () => {
  const resumed = new WakeUp()
  const { clock, slept, stop } = scheduled([{ cron: '* * * * *' }], undefined, resumed)
  clock.jump(-2 * HOUR)
  resumed.wake()
  await turn()
  await stop()
  expect(slept).toEqual([Number.NEGATIVE_INFINITY])
})

test('aborts the running job at the end, and waits for it', async () => {
  let stopped = false
  const run = ({ signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        stopped = true
        resolve()
      })
    })
  const { clock, warnings, stop } = scheduled([{ cron: '* * * * *', run }])
  await clock.advance(60 * SECOND)
  await stop()
  expect([stopped, warnings]).toEqual([true, []])
})

test('does not start with a bad cron expression', async () => {
  const clock = new FakeClock(start)
  const jobs = [{ name: 'a', cron: 'never', jitterMs: 0, run: async () => {} }]
  const components = { clock, log: silentLog, random: () => 0, jobs }
  expect(await codeThrown(() => runSchedule(components, { signal: new AbortController().signal }))).toBe(
    'CONFIG_INVALID',
  )
})
