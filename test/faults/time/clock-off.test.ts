import { join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'
import { codesOf, world } from '../world/device-and-directory.ts'
import { compileClockShim, shiftedTime, shiftedTimeMissing } from './shifted-time.ts'

const missing = shiftedTimeMissing()
if (missing !== undefined) process.stderr.write(`clock journeys skipped: ${missing}\n`)
// Together: each has a world of its own, in which a daemon holds two clocks against each other every ten seconds.
const journey = missing === undefined ? test.concurrent : test.concurrent.skip

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

/** What the daemon says of a clock that is so far away. */
function clockOff(words: string) {
  const remedy = `The clock of this device is about ${words} the directory's. Set the clock: timedatectl set-ntp true, or date -s. Until then the directory may be out of reach. The daemon continues automatically.`
  return { code: 'CLOCK_OFF', remedy, since: expect.any(Number) }
}

journey.each([
  { wallMs: -YEAR_MS, words: '365 days behind' },
  { wallMs: YEAR_MS, words: '365 days ahead of' },
])('a clock $words the truth: reported, no enrolment or connection, until it is set', async ({ wallMs, words }) => {
  await using here = await world()
  await here.startDirectory()
  await here.invite('software')
  const time = shiftedTime(compileClockShim(here.folder), join(here.folder, 'shift'))
  time.move({ wallMs })
  await here.startDaemon({ env: time.env })
  const before = await here.untilStatus(({ health }) => codesOf(health).includes('CLOCK_OFF'))
  expect([before.enrolment, before.directory.lastError?.code, before.health]).toEqual([
    'not-enrolled',
    'CLOCK_OFF',
    [clockOff(words)],
  ])
  const said = await here.surety('status')
  expect([said.exitCode, said.out]).toEqual([3, expect.stringContaining(`about ${words} the directory's`)])

  time.move({})
  const enrolled = await here.untilStatus((status) => status.result !== undefined && status.spool.waiting === 0)
  expect([enrolled.enrolment, enrolled.result?.verdict, enrolled.health]).toEqual(['enrolled', 'compliant', []])

  // The same again for a device that is enrolled, and whose clock goes wrong while it does not run.
  time.move({ wallMs })
  await here.startDaemon({ env: time.env })
  const again = await here.untilStatus(({ health }) => codesOf(health).includes('CLOCK_OFF'))
  expect([again.enrolment, again.directory.connected, again.health]).toEqual(['enrolled', false, [clockOff(words)]])
  expect((await here.surety('status', '--json')).exitCode).toBe(4)
  time.move({})
  const well = await here.untilStatus(({ result, spool }) => result !== undefined && spool.waiting === 0)
  expect([well.directory.connected, well.result?.verdict, well.health]).toEqual([true, 'compliant', []])
})

journey('a clock put back a day while the daemon runs: reported on both sides, no wait', async () => {
  await using here = await world()
  await here.startDirectory()
  await here.invite('software')
  const time = shiftedTime(compileClockShim(here.folder), join(here.folder, 'shift'))
  await here.startDaemon({ env: time.env })
  const { device, spool } = await here.untilStatus(
    (status) => status.result !== undefined && status.spool.waiting === 0,
  )
  const id = device?.id ?? ''

  time.move({ wallMs: -DAY_MS })
  // The warning is evidence of its own: it reaches the directory on the connection that stands.
  const told = await here.untilDevice(id, ({ health }) => codesOf(health).includes('CLOCK_OFF'))
  expect([told.health, told.head.sequence > spool.sequence]).toEqual([[clockOff('24 hours behind')], true])
  const off = await here.status()
  expect([off.directory.connected, off.result?.verdict, off.time < (off.directory.time ?? 0) - DAY_MS / 2]).toEqual([
    true,
    'compliant',
    true,
  ])
  expect((await here.surety('status')).exitCode).toBe(0)

  // A new certificate of the directory must not shut a device out whose clock is a day behind.
  await here.startDirectory()
  await here.untilStatus(({ directory }) => directory.connected)
  const order = await here.order(id, 'attest')
  expect((await here.untilOrder(id, order)).status).toBe('done')

  time.move({})
  const well = await here.untilDevice(id, ({ health }) => health.length === 0)
  expect([well.result?.verdict, (await here.status()).health]).toEqual(['compliant', []])
  await here.expectWholeChain(id)
})

journey('a warning that was over while no daemon ran is over at the directory as well', async () => {
  await using here = await world()
  await here.startDirectory()
  await here.invite('software')
  const time = shiftedTime(compileClockShim(here.folder), join(here.folder, 'shift'))
  const daemon = await here.startDaemon({ env: time.env })
  const { device } = await here.untilStatus(({ result, spool }) => result !== undefined && spool.waiting === 0)
  const id = device?.id ?? ''
  time.move({ wallMs: -DAY_MS })
  await here.untilDevice(id, ({ health }) => codesOf(health).includes('CLOCK_OFF'))
  daemon.kill('SIGKILL')
  await daemon.exit
  time.move({})
  await here.startDaemon({ env: time.env })
  await here.untilDevice(id, ({ health }) => health.length === 0)
  await here.expectWholeChain(id)
})

journey('a result does not outlive its time because the clock of the device was put back', async () => {
  await using here = await world()
  const time = shiftedTime(compileClockShim(here.folder), join(here.folder, 'shift'))
  const directory = await here.startDirectory()
  await here.invite('software')
  const daemon = await here.startDaemon({ env: time.env })
  await here.untilStatus(({ result, spool }) => result !== undefined && spool.waiting === 0)
  directory.kill('SIGKILL')
  await directory.ended
  await here.untilStatus((status) => !status.directory.connected)
  // Three hours pass for the daemon, and somebody puts its wall clock back by as much.
  daemon.kill('SIGSTOP')
  time.move({ bootMs: DAY_MS / 8, monotonicMs: DAY_MS / 8 })
  daemon.kill('SIGCONT')
  const late = await here.untilStatus(({ result }) => result?.verdict === 'stale')
  expect(late.directory.connected).toBe(false)
  expect(await here.surety('status')).toEqual({ exitCode: 4, out: expect.stringContaining('STALE'), err: '' })
})

journey('a directory recovers from a clock a year ahead, set, and later put back a day', async () => {
  await using here = await world()
  const time = shiftedTime(compileClockShim(here.folder), join(here.folder, 'shift'))
  time.move({ wallMs: YEAR_MS })
  await here.startDirectory({ env: time.env })
  const invited = () =>
    here.invite('software').then(
      () => true,
      () => false,
    )
  expect(await invited()).toBe(false)
  time.move({})
  await waitFor('an invitation', invited, { everyMs: 1_000 })
  await here.startDaemon()
  const { device } = await here.untilStatus(({ result, spool }) => result !== undefined && spool.waiting === 0)
  const id = device?.id ?? ''

  time.move({ wallMs: -DAY_MS })
  await here.startDaemon()
  const off = await here.untilStatus(
    ({ directory, health, result }) => directory.connected && health.length > 0 && result !== undefined,
  )
  expect([off.result?.verdict, off.health]).toEqual(['compliant', [clockOff('24 hours ahead of')]])
  time.move({})
  const order = await here.order(id, 'attest')
  expect((await here.untilOrder(id, order)).status).toBe('done')
  await here.expectWholeChain(id)
})
