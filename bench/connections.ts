import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { type Benchmark, median, quantile, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { type Fleet, type Returned, startFleet } from './fleet.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { type KnownDevice, seedKnownDevices } from './seed-known-devices.ts'

const DEVICES = sizeOf(10_000, { small: 40 })
/** Devices behind one address. At most as many as may be in a handshake from one address at once. */
const PER_ADDRESS = 50
const GENERATORS = 2
const AT_ONCE = 20
const BARE_CONNECTIONS = sizeOf(2_000, { small: 40 })
const BARE_RUNS = sizeOf(3, { small: 1 })
const BARE_WARM = sizeOf(400, { small: 20 })
const ORDERS = sizeOf(200, { small: 10 })
/** Few devices reconnect often: the directory gets as many handshakes as the bare server, with memory for few. */
const WARM = sizeOf(40, { small: 20 })
const WARM_ROUNDS = (BARE_CONNECTIONS + BARE_WARM) / WARM
/** Memory per connection is measured after V8 has released what the handshakes needed. */
const WORK_SECONDS = sizeOf(120, { small: 2 })
/** A daemon runs its checks every quarter of an hour, and may then report. */
const REPORTS_EVERY_SECONDS = 900
const SERVER_CORE = '0'
const OTHER_CORE = '1'

type Report = Parameters<Benchmark['run']>[0]

export const connections: Benchmark = {
  name: 'connections',
  about: `${DEVICES} devices over TLS on one directory: memory and CPU each, all reconnect at once, orders`,
  unit: 'KB, ms, s',
  limit: '60 KB a device, handshake 2.5 times the CPU of a bare one, no device lost',
  run: (report) => measure(report, DEVICES),
}

export async function measure(report: Report, count: number): Promise<void> {
  buildBundle('surety-directory')
  using fleet = startFleet({ processes: GENERATORS, cores: OTHER_CORE })
  using warm = startFleet({ processes: 1, cores: OTHER_CORE })
  const share = Math.ceil(count / fleet.size)
  const known = await fleet.all<KnownDevice>((index) => make(index * share, Math.min(share, count - index * share)))
  const others = await warm.all<KnownDevice>(() => make(count, WARM))
  const bare = await measureBare(fleet)
  await using server = await startDirectoryServer({
    cores: SERVER_CORE,
    seed: (path) => seedKnownDevices(path, [...known, ...others]),
  })
  const { url, ca } = await server.token()
  const at = { port: Number(new URL(url).port), ca }
  // A directory runs for months, so its code is compiled and its threads have started.
  const warmUp = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      await warm.all(() => ({ kind: 'connect', ...at, atOnce: AT_ONCE }))
      await warm.all(() => ({ kind: 'report', atOnce: AT_ONCE }))
      if (round + 1 < rounds) await warm.all(() => ({ kind: 'drop' }))
    }
  }
  await warmUp(WARM_ROUNDS)
  // Memory is compared after the same time at work, CPU with a server that was equally busy before.
  await warm.all(() => ({ kind: 'work', ...workload(count, 1) }))
  await warm.all(() => ({ kind: 'drop' }))
  await delay(1_000)
  const rssBefore = residentBytes(server.pid).rss
  await warmUp(WARM_ROUNDS / 4)
  await warm.all(() => ({ kind: 'drop' }))
  await delay(1_000)

  const before = { cpu: cpuSeconds(server.pid), rss: rssBefore }
  const resumed = await fleet.all<boolean>(() => ({ kind: 'connect', ...at, atOnce: AT_ONCE }))
  const cpuEach = (cpuSeconds(server.pid) - before.cpu) / count
  const idle = (residentBytes(server.pid).rss - before.rss) / count
  await fleet.all(() => ({ kind: 'report', atOnce: AT_ONCE }))
  await delay(1_000)
  const reported = (residentBytes(server.pid).rss - before.rss) / count
  await fleet.all(() => ({ kind: 'work', ...workload(count, fleet.size) }))
  const settled = (residentBytes(server.pid).rss - before.rss) / count
  reportEach(report, { idle, reported, settled, cpuEach, bare, connected: resumed.filter(Boolean).length })
  await measureReconnects(report, fleet, server, { ...at, count })
  await measureOrders(report, fleet, server, known)
}

/** The reports of `count` devices, from each of `processes` processes. */
function workload(count: number, processes: number) {
  return { perSecond: Math.ceil(count / REPORTS_EVERY_SECONDS / processes), seconds: WORK_SECONDS }
}

function reportEach(
  report: Report,
  at: { idle: number; reported: number; settled: number; cpuEach: number; bare: Bare; connected: number },
): void {
  report({
    name: 'connections-memory',
    value: rounded(at.settled / 1000),
    unit: 'KB',
    ratio: rounded(at.settled / 60_000),
    against:
      `60 KB a device, ${at.connected} connected, at work for two minutes after each has sent evidence; ` +
      `${rounded(at.reported / 1000)} KB right after that, ${rounded(at.idle / 1000)} KB before; ` +
      `${rounded(at.bare.bytesEach / 1000)} KB in a bare TLS server right after the same data`,
  })
  const bare = median(at.bare.cpuEach)
  report({
    name: 'connections-handshake',
    value: rounded(at.cpuEach * 1000),
    unit: 'ms',
    ratio: rounded(at.cpuEach / bare),
    against: `CPU of a bare TLS server's handshake ${rounded(bare * 1000)} ms; limit 2.5 times`,
  })
}

/** All devices disconnect at once and reconnect as daemons do: with jitter, and again after a refusal. */
async function measureReconnects(
  report: Report,
  fleet: Fleet,
  server: DirectoryServer,
  { count, ...at }: { port: number; ca: string; count: number },
): Promise<void> {
  await fleet.all(() => ({ kind: 'drop' }))
  const cpu = cpuSeconds(server.pid)
  const returned = await fleet.all<Returned>(() => ({ kind: 'return', ...at }))
  const cpuEach = (cpuSeconds(server.pid) - cpu) / count
  const after = returned.map(({ afterMs }) => afterMs)
  const tries = returned.reduce((sum, one) => sum + one.tries, 0) / count
  const lost = count - returned.filter(({ resumed }) => resumed).length
  report({
    name: 'connections-return',
    value: rounded(Math.max(...after) / 1000),
    unit: 's',
    ratio: (count - lost) / count,
    against:
      `all ${count} back after dropping at once, ${lost} lost; half after ${rounded(median(after) / 1000)} s, ` +
      `99 % after ${rounded(quantile(after, 0.99) / 1000)} s, ${rounded(tries)} tries and ${rounded(cpuEach * 1000)} ms of CPU each`,
  })
}

async function measureOrders(
  report: Report,
  fleet: Fleet,
  server: DirectoryServer,
  known: readonly KnownDevice[],
): Promise<void> {
  const times: number[] = []
  const share = known.length / fleet.size
  for (let i = 0; i < ORDERS; i++) {
    const at = Math.floor((i * known.length) / ORDERS)
    const device = known[at]?.id ?? ''
    const arrived = fleet.one(Math.floor(at / share), { kind: 'await-order', device })
    const start = performance.now()
    await server.ask('POST', `/devices/${device}/orders`, { kind: 'collect', reason: 'bench' })
    await arrived
    times.push(performance.now() - start)
  }
  const p99 = quantile(times, 0.99)
  report({
    name: 'connections-order-p99',
    value: rounded(p99),
    unit: 'ms',
    ratio: rounded(p99 / quantile(times, 0.5)),
    against: `p50 ${rounded(quantile(times, 0.5))} ms, from the API call to the device, ${known.length} connected`,
  })
}

function make(first: number, count: number) {
  return { kind: 'make', first, count, perAddress: PER_ADDRESS } as const
}

interface Bare {
  /** CPU seconds of one handshake, in each run. */
  readonly cpuEach: readonly number[]
  /** Resident bytes of one connection. */
  readonly bytesEach: number
}

async function measureBare(fleet: Fleet): Promise<Bare> {
  const args = ['-c', SERVER_CORE, process.execPath, join(import.meta.dirname, 'bare-tls-server.ts')]
  const child = spawn('/usr/bin/taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { port } = JSON.parse(String(line))
  const pid = child.pid ?? 0
  const connect = (count: number) =>
    fleet.all(() => ({ kind: 'bare', port, count: count / fleet.size, atOnce: AT_ONCE }))
  const send = async () => {
    await fleet.all(() => ({ kind: 'bare-send' }))
    await delay(500)
  }
  const cpuEach: number[] = []
  let bytesEach = 0
  // The first run compiles the code and does not count.
  await connect(BARE_WARM)
  await send()
  for (let run = 0; run <= BARE_RUNS; run++) {
    const before = { cpu: cpuSeconds(pid), rss: residentBytes(pid).rss }
    await connect(BARE_CONNECTIONS)
    cpuEach.push((cpuSeconds(pid) - before.cpu) / BARE_CONNECTIONS)
    await send()
    // Later runs reuse freed memory, so only the first counts.
    if (run === 0) bytesEach = (residentBytes(pid).rss - before.rss) / BARE_CONNECTIONS
    await fleet.all(() => ({ kind: 'bare-drop' }))
  }
  child.kill('SIGTERM')
  return { cpuEach: cpuEach.slice(1), bytesEach }
}
