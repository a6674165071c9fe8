import { setTimeout as delay } from 'node:timers/promises'
import { type Benchmark, median, quantile, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { type StopTimes, startFleet } from './fleet.ts'
import { cpuSeconds } from './process-usage.ts'
import { type KnownDevice, seedKnownDevices } from './seed-known-devices.ts'

const DEVICES = sizeOf(10_000, { small: 40 })
/** Devices behind one address. At most as many as may be in a handshake from one address at once. */
const PER_ADDRESS = 50
const GENERATORS = 2
const AT_ONCE = 20
const LIMIT_MS = 2_000
const SERVER_CORE = '0'
const OTHER_CORE = '1'
/** The first stop compiles the code and does not count. */
const RUNS = sizeOf(3, { small: 1 })

type Report = Parameters<Benchmark['run']>[0]

export const fleetFreeze: Benchmark = {
  name: 'fleet-freeze',
  about: `one stop to ${DEVICES} connected devices, each with a signed receipt that is on disk`,
  unit: 'ms',
  limit: `p99 of the receipts under ${LIMIT_MS} ms`,
  async run(report) {
    buildBundle('surety-directory')
    using fleet = startFleet({ processes: GENERATORS, cores: OTHER_CORE })
    const share = Math.ceil(DEVICES / fleet.size)
    const known = await fleet.all<KnownDevice>((index) => ({
      kind: 'make',
      first: index * share,
      perAddress: PER_ADDRESS,
      count: Math.min(share, DEVICES - index * share),
    }))
    await using server = await startDirectoryServer({
      cores: SERVER_CORE,
      seed: (path) => seedKnownDevices(path, known),
      settings: ['--stops-confirm-above', '1000000'],
    })
    const { url, ca } = await server.token()
    await fleet.all(() => ({ kind: 'connect', port: Number(new URL(url).port), ca, atOnce: AT_ONCE }))
    for (let run = 0; run <= RUNS; run++) {
      const times = await stopAll(server, () => fleet.all<StopTimes>(() => ({ kind: 'answer-stop' })))
      if (run > 0) reportRun(report, times)
    }
  },
}

interface Run {
  /** Milliseconds after the request. */
  readonly ordered: readonly number[]
  readonly answered: readonly number[]
  readonly slowestAnswerMs: number
  readonly cpuMs: number
}

async function stopAll(server: DirectoryServer, devices: () => Promise<StopTimes[]>): Promise<Run> {
  const answering = devices()
  await delay(500)
  const cpu = cpuSeconds(server.pid)
  const start = performance.timeOrigin + performance.now()
  const request = { kind: 'freeze', selector: { all: true }, reason: 'bench' }
  const { stop } = (await server.ask('POST', '/stops', request)) as { stop: { id: string } } // by the schema of the API
  let slowestAnswerMs = 0
  let open = true
  const asking = (async () => {
    while (open) {
      const asked = performance.now()
      await server.ask('GET', '/stops?limit=1')
      slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - asked)
      await delay(100)
    }
  })()
  const times = await answering
  open = false
  await asking
  const { progress } = (await server.ask('GET', `/stops/${stop.id}`)) as {
    progress: { done: boolean; frozen: number; processes: number }
  }
  if (!progress.done || progress.frozen !== DEVICES || progress.processes !== 3 * DEVICES) {
    throw new Error(`the stop is not done: ${JSON.stringify(progress)}`)
  }
  return {
    ordered: times.map(({ orderedAt }) => orderedAt - start),
    answered: times.map(({ acknowledgedAt }) => acknowledgedAt - start),
    slowestAnswerMs,
    cpuMs: (cpuSeconds(server.pid) - cpu) * 1000,
  }
}

function reportRun(report: Report, { ordered, answered, slowestAnswerMs, cpuMs }: Run): void {
  const p99 = quantile(answered, 0.99)
  report({
    name: 'fleet-freeze-p99',
    value: rounded(p99),
    unit: 'ms',
    ratio: rounded(p99 / LIMIT_MS),
    against:
      `${LIMIT_MS} ms, from the request to the acknowledged receipt, ${answered.length} devices on one core; half of the ` +
      `receipts after ${rounded(median(answered))} ms, all after ${rounded(Math.max(...answered))} ms; half of the orders ` +
      `arrived after ${rounded(median(ordered))} ms, 99 % after ${rounded(quantile(ordered, 0.99))} ms; ` +
      `${rounded(cpuMs / answered.length)} ms of CPU of the directory each; the API answered within ${rounded(slowestAnswerMs)} ms`,
  })
}
