import { join } from 'node:path'
import { codesOf, world } from '../world/device-and-directory.ts'
import { fakeAgent } from '../world/fake-agent.ts'
import { compileClockShim, shiftedTime, shiftedTimeMissing } from './shifted-time.ts'

const missing = shiftedTimeMissing()
if (missing !== undefined) process.stderr.write(`sleep journey skipped: ${missing}\n`)
const journey = missing === undefined ? test : test.skip

const SLEEP_MS = 8 * 3_600_000
/** Never by themselves while this test runs, but eight times while the device sleeps. */
const HOURLY = [
  '--schedules-processes',
  '0 0 * * * *',
  '--schedules-discovery',
  '0 * * * *',
  '--schedules-posture',
  '0 * * * *',
]

/** The same for so many looks in a row, a twentieth of a second apart. */
const STILL = 20

function heardNoMore(): (device: { readonly lastSeenAt?: number }) => boolean {
  let [last, looks] = [0, 0]
  return ({ lastSeenAt = 0 }) => {
    looks = lastSeenAt === last ? looks + 1 : 0
    last = lastSeenAt
    return looks === STILL
  }
}

journey('eight hours of sleep: stale in the directory meanwhile, fresh again afterwards', async () => {
  await using here = await world()
  const library = compileClockShim(here.folder)
  const serverTime = shiftedTime(library, join(here.folder, 'server-shift'))
  const deviceTime = shiftedTime(library, join(here.folder, 'device-shift'))
  await here.startDirectory({ env: serverTime.env })
  await here.invite('software')
  const args = ['--keys', 'software', ...HOURLY]
  const daemon = await here.startDaemon({ env: deviceTime.env, args })
  const { device } = await here.untilSettled()
  const id = device?.id ?? ''
  await here.untilDevice(id, ({ result }) => result?.verdict === 'compliant')

  daemon.kill('SIGSTOP')
  // What was on its way when it stopped comes first.
  const awake = await here.untilDevice(id, heardNoMore())
  serverTime.move({ wallMs: SLEEP_MS })
  const asleep = await here.untilDevice(id, ({ result }) => result?.verdict === 'stale')
  expect([asleep.attestation, asleep.lastSeenAt, asleep.result?.validUntil, asleep.result?.reasons]).toEqual([
    awake.attestation,
    awake.lastSeenAt,
    awake.result?.validUntil,
    [
      {
        check: 'freshness',
        state: 'unknown',
        reason: 'no new attestation and report in time',
        since: awake.result?.validUntil,
      },
    ],
  ])
  await here.startDirectory({ env: serverTime.env })
  expect((await here.untilDevice(id, () => true)).result).toEqual(asleep.result)

  using agent = fakeAgent(here.folder)
  deviceTime.move({ wallMs: SLEEP_MS, bootMs: SLEEP_MS })
  daemon.kill('SIGCONT')
  const fresh = await here.untilDevice(id, ({ result, attestation }) => {
    return (
      result?.verdict === 'compliant' && (attestation.attestedAt ?? 0) > (awake.attestation.attestedAt ?? 0) + SLEEP_MS
    )
  })
  expect(codesOf(fresh.health)).toEqual([])
  // The hourly look at processes was slept through: it comes once, at once, and not in the next hour.
  await here.untilStatus(({ sightings, spool }) => {
    const isSeen = sightings.some((one) => one.kind === 'agent' && one.process?.pid === agent.pid)
    return spool.waiting === 0 && isSeen && /resumed after sleep or a clock change/.test(daemon.stderr())
  })
  expect(daemon.stderr().match(/resumed after sleep or a clock change/g)).toHaveLength(1)
  await here.expectWholeChain(id)
})
