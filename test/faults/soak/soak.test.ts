import { existsSync, mkdirSync, mkdtempDisposableSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { reader, Type } from '../../../src/base/schema.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { freePorts } from '../../support/processes/free-port.ts'
import { BOUNDS, MIB, SPOOL_BYTES } from './bounds.ts'
import { gather } from './crowd.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { growing, riseOf, type Sample } from './series.ts'
import { watchedProcess } from './watched-process.ts'

/**
 * A long run squeezed into a short one: a directory with devices that come and go all the time, a daemon that tells all the
 * time and whose connection is cut, and `suretyd` as it is, looking at this machine every second. Nothing may grow.
 * `SOAK_MS=600000` for a longer one; `SOAK_PLANT` plants a leak (see `measured.ts`), in the process that `SOAK_IN` names.
 */

// A slow machine takes longer to warm up.
const MS = Number(process.env.SOAK_MS ?? scaledMs(36_000, { times: 4 }))
const { SOAK_PLANT, SOAK_IN } = process.env
const SAMPLES = 28
/** Before the first sample: code is compiled, caches and logs fill. */
const WARM_UP_MS = Math.min(MS / 4, 30_000)
const MAIN = (name: string) => resolve(import.meta.dirname, '../../../src', name)
const FOLDER = process.env.TMPDIR === undefined && existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const anything = reader(Type.Unknown(), { name: 'answer' })

test(
  `nothing grows in ${MS / 1000} seconds of coming, going, telling and ordering`,
  async () => {
    using folder = mkdtempDisposableSync(join(FOLDER, 'surety-soak-'))
    const at = (name: string) => join(folder.path, name)
    const plantedIn = (name: string) => ({ SOAK_PLANT: SOAK_IN === name ? SOAK_PLANT : undefined })
    const { devices, api } = await freePorts()
    await using proxy = await cuttingProxy(devices)
    const ports = [
      '--devices-host',
      '127.0.0.1',
      '--devices-port',
      String(devices),
      '--api-port',
      String(api),
      '--console-port',
      '0',
    ]
    const url = ['--devices-url', `wss://localhost:${proxy.port}`, '--names', 'localhost,127.0.0.1']
    const serve = ['serve', '--data', at('directory'), ...ports, ...url, '--log-level', 'error', '--ready-json']
    const database = join(at('directory'), 'directory.sqlite')
    await using directory = watchedProcess([MAIN('main-directory.ts'), ...serve], {
      environment: { ...plantedIn('directory'), SOAK_DATABASE: database },
    })
    await directory.line()
    const profile = profileOf(at('directory'))
    const client = apiClient(profile)
    const token = async () => {
      const request = { owner: 'ada@example.org', minimumTier: 'software' }
      return (await client.ask('POST', '/tokens', createdTokenReader, request)).enrolment
    }
    const enrol = async (name: string) => {
      mkdirSync(at(name), { mode: 0o700 })
      writeFileSync(join(at(name), 'enrolment'), await token(), { mode: 0o600 })
      return at(name)
    }
    await using daemon = watchedProcess(
      [resolve(import.meta.dirname, 'daemon-child.ts'), await enrol('daemon'), String(SPOOL_BYTES)],
      { environment: { ...plantedIn('daemon'), SOAK_DATABASE: join(at('daemon'), 'spool.db') } },
    )
    const state = await enrol('suretyd')
    const schedules = ['processes', 'attest'].flatMap((name) => [`--schedules-${name}`, '* * * * * *'])
    const places = ['--state-folder', state, '--enrolment-file', join(state, 'enrolment'), '--socket', at('socket')]
    await using suretyd = watchedProcess(
      [
        ...[MAIN('main-daemon.ts'), 'run', ...places, '--keys', 'software', '--log-level', 'error', '--ready-json'],
        ...['--spool-max-bytes', String(4 * MIB), '--schedules-discovery', '*/5 * * * * *', ...schedules],
        ...['--schedules-posture', '*/10 * * * * *'],
      ],
      { environment: plantedIn('suretyd') },
    )
    while (JSON.parse(await suretyd.line()).phase !== 'complete');
    const crowd = gather(
      {
        token,
        order: (id) => client.ask('POST', `/devices/${id}/orders`, anything, { kind: 'attest', reason: 'soak' }),
      },
      { url: `wss://localhost:${devices}`, ca: profile.ca, pins: parseEnrolmentString(await token()), devices: 12 },
    )
    let looks = 0
    const listening = (async () => {
      for (;;) looks = Number(await daemon.line())
    })().catch(() => undefined)
    const cutting = setInterval(() => proxy.cut(), 1_500)

    const samples = { directory: [] as Sample[], daemon: [] as Sample[], suretyd: [] as Sample[] }
    const startedAt = performance.now()
    const sizesOf = (path: string) => ({ logBytes: sizeOf(`${path}-wal`), spoolBytes: sizeOf(path) })
    for (let each = 0; each < SAMPLES; each++) {
      const due = WARM_UP_MS + ((MS - WARM_UP_MS) * each) / (SAMPLES - 1)
      await delay(Math.max(0, startedAt + due - performance.now()))
      const [ofDirectory, ofDaemon, ofSuretyd] = await Promise.all(
        [directory, daemon, suretyd].map((one) => one.measure()),
      )
      const seconds = Math.round((performance.now() - startedAt) / 1_000)
      samples.directory.push({ rounds: crowd.rounds, values: { ...ofDirectory, ...sizesOf(database) } })
      samples.daemon.push({ rounds: looks, values: { ...ofDaemon, ...sizesOf(join(at('daemon'), 'spool.db')) } })
      samples.suretyd.push({ rounds: seconds, values: { ...ofSuretyd, ...sizesOf(join(state, 'spool.db')) } })
    }
    clearInterval(cutting)
    await crowd.stop()
    for (const [name, taken] of Object.entries(samples)) {
      const [first, last] = [taken[0], taken.at(-1)]
      const rises = ['heapBytes', 'rssBytes'].map((value) => `${value} ${Math.round(riseOf(taken, value))}`)
      process.stdout.write(`soak, ${name}: ${JSON.stringify(first)} ... ${JSON.stringify(last)}; a round: ${rises}\n`)
    }
    await daemon[Symbol.asyncDispose]()
    await listening
    const names = ['directory', 'daemon', 'suretyd'] as const
    const grown = names.flatMap((name) => growing(samples[name], BOUNDS[name]).map((what) => `${name}: ${what}`))
    expect({ grown, wrong: crowd.wrong }).toEqual({ grown: [], wrong: [] })
  },
  scaledMs(2 * MS + 120_000),
)

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
