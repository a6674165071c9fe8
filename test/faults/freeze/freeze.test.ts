import { join } from 'node:path'
import { compileClockShim, shiftedTime, shiftedTimeMissing } from '../time/shifted-time.ts'
import { world } from '../world/device-and-directory.ts'
import { fakeAgent } from '../world/fake-agent.ts'
import { cgroupFreezer, signalFreezer } from './freezer.ts'

const missing = shiftedTimeMissing()
if (missing !== undefined) process.stderr.write(`freeze journeys skipped: ${missing}\n`)
const FROZEN_MS = 3 * 3_600_000

const freezers = [signalFreezer(), cgroupFreezer()]
for (const one of freezers)
  if ('missing' in one) process.stderr.write(`freezing by ${one.name} skipped: ${one.missing}\n`)
const usable = missing === undefined ? freezers.flatMap((one) => ('missing' in one ? [] : [one])) : []

test.each(usable)(
  'a daemon frozen by $name: no false health on either side, and nothing lost',
  async ({ freeze, thaw }) => {
    await using here = await world()
    const library = compileClockShim(here.folder)
    const serverTime = shiftedTime(library, join(here.folder, 'server-shift'))
    const deviceTime = shiftedTime(library, join(here.folder, 'device-shift'))
    await here.startDirectory({ env: serverTime.env })
    await here.invite('software')
    const args = ['--keys', 'software', '--schedules-processes', '* * * * * *']
    const daemon = await here.startDaemon({ env: deviceTime.env, args })
    const { device } = await here.untilSettled()
    const id = device?.id ?? ''
    await here.untilDevice(id, ({ result }) => result?.verdict === 'compliant')

    await freeze(daemon.pid)
    using agent = fakeAgent(here.folder)
    const asked = await Promise.all([here.surety('status'), here.surety('status', '--json'), here.surety('agents')])
    const remedy = expect.stringMatching(/suretyd is there but does not answer.*kill -CONT PID/s)
    expect(asked).toEqual(Array(3).fill({ exitCode: 6, out: '', err: remedy }))

    // What was on its way when it froze has come by now.
    const alive = await here.untilDevice(id, ({ result }) => result?.verdict === 'compliant')
    serverTime.move({ wallMs: FROZEN_MS })
    const silent = await here.untilDevice(id, ({ result }) => result?.verdict === 'stale')
    expect([silent.lastSeenAt, silent.result?.reasons[0]]).toEqual([
      alive.lastSeenAt,
      expect.objectContaining({ check: 'freshness', since: alive.result?.validUntil }),
    ])
    await here.startDirectory({ env: serverTime.env })
    expect(await here.suretyDirectory('devices', 'list', '--verdict', 'stale')).toContain(id)
    const shown = await here.suretyDirectory('devices', 'show', id)
    expect(shown).toMatch(/verdict +stale, silent since 20/)

    deviceTime.move({ wallMs: FROZEN_MS, bootMs: FROZEN_MS, monotonicMs: FROZEN_MS })
    await thaw(daemon.pid)
    await here.untilDevice(id, ({ result, attestation }) => {
      return (
        result?.verdict === 'compliant' &&
        (attestation.attestedAt ?? 0) > (alive.attestation.attestedAt ?? 0) + FROZEN_MS
      )
    })
    const well = await here.untilStatus(({ sightings, spool, directory }) => {
      const seen = sightings.some((one) => one.kind === 'agent' && one.process?.pid === agent.pid)
      return directory.connected && spool.waiting === 0 && seen
    })
    expect([well.health, (await here.surety('status')).exitCode]).toEqual([[], 0])
    await here.expectWholeChain(id)
  },
)
