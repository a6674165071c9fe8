import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { NO_HEAD } from '../src/directory/registry/device.ts'
import { directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { type Benchmark, median, quantile, rounded } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { type Fleet, type Returned, startFleet } from './fleet.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'

const DEVICES = 10_000
/** Offices behind one address: as many as may be on their way from one at the same time, or fewer. */
const PER_ADDRESS = 50
const GENERATORS = 2
const AT_ONCE = 20
const BARE_CONNECTIONS = 2_000
const BARE_RUNS = 3
const BARE_WARM = 400
const ORDERS = 200
/** Few devices, again and again: as many handshakes as the bare server has before it is measured, and memory for few. */
const WARM = 40
const WARM_ROUNDS = (BARE_CONNECTIONS + BARE_WARM) / WARM
/** What a connection takes is what is left of it once V8 has given back what so many handshakes at once needed. */
const WORK_SECONDS = 120
/** A daemon looks at its posture every quarter of an hour, and may have something to say. */
const SAYS_EVERY_SECONDS = 900
const SERVER_CORE = '0'
const OTHER_CORE = '1'

type Report = Parameters<Benchmark['run']>[0]
type Known = { readonly id: string; readonly applicationKey: string }

/** Ten thousand devices on one directory process: memory, handshake, a storm of returns, an order to one of them. */
export const connections: Benchmark = {
  name: 'connections',
  about: `${DEVICES} devices over TLS on one directory: memory and CPU each, then all drop and return`,
  run: (report) => measure(report, DEVICES),
}

export async function measure(report: Report, count: number): Promise<void> {
  buildBundle('surety-directory')
  using fleet = startFleet({ processes: GENERATORS, cores: OTHER_CORE })
  using warm = startFleet({ processes: 1, cores: OTHER_CORE })
  const share = Math.ceil(count / fleet.size)
  const known = await fleet.all<Known>((index) => make(index * share, Math.min(share, count - index * share)))
  const others = await warm.all<Known>(() => make(count, WARM))
  const bare = await measureBare(fleet)
  await using server = await startDirectoryServer({
    cores: SERVER_CORE,
    seed: (path) => seed(path, [...known, ...others]),
  })
  const { url, ca } = await server.token()
  const at = { port: Number(new URL(url).port), ca }
  // A directory runs for months: its code is compiled, and its threads are there.
  const warmUp = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      await warm.all(() => ({ kind: 'connect', ...at, atOnce: AT_ONCE }))
      await warm.all(() => ({ kind: 'report', atOnce: AT_ONCE }))
      if (round + 1 < rounds) await warm.all(() => ({ kind: 'drop' }))
    }
  }
  await warmUp(WARM_ROUNDS)
  // Memory is compared with what it is after as long at work, CPU with that of a server that was just as busy before.
  await warm.all(() => ({ kind: 'work', ...working(count, 1) }))
  await warm.all(() => ({ kind: 'drop' }))
  await delay(1_000)
  const rssBefore = residentBytes(server.pid).rss
  await warmUp(WARM_ROUNDS / 4)
  await warm.all(() => ({ kind: 'drop' }))
  await delay(1_000)

  const before = { cpu: cpuSeconds(server.pid), rss: rssBefore }
  const met = await fleet.all<boolean>(() => ({ kind: 'connect', ...at, atOnce: AT_ONCE }))
  const cpuEach = (cpuSeconds(server.pid) - before.cpu) / count
  const idle = (residentBytes(server.pid).rss - before.rss) / count
  await fleet.all(() => ({ kind: 'report', atOnce: AT_ONCE }))
  await delay(1_000)
  const reported = (residentBytes(server.pid).rss - before.rss) / count
  await fleet.all(() => ({ kind: 'work', ...working(count, fleet.size) }))
  const settled = (residentBytes(server.pid).rss - before.rss) / count
  reportEach(report, { idle, reported, settled, cpuEach, bare, connected: met.filter(Boolean).length })
  await storm(report, fleet, server, { ...at, count })
  await measureOrders(report, fleet, server, known)
}

/** As much as `count` devices have to say, from each of so many processes. */
function working(count: number, processes: number) {
  return { perSecond: Math.ceil(count / SAYS_EVERY_SECONDS / processes), seconds: WORK_SECONDS }
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
      `${rounded(at.bare.bytesEach / 1000)} KB in a bare TLS server right after it was sent as much`,
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

/** All drop and return as daemons do: each with its jitter, and again when there is no place for it yet. */
async function storm(
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
  known: readonly Known[],
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

/** Enrolled: the register says so. */
function seed(path: string, known: readonly Known[]): void {
  using database = openStore(path)
  const store = directoryStore(database)
  const now = Date.now()
  const token = { id: 'tok_bench', owner: 'bench', minimumTier: 'software', secretHash: '' } as const
  store.transaction(() => {
    store.putToken({ ...token, uses: known.length, used: known.length, createdAt: now, expiresAt: now })
    for (const { id, applicationKey } of known) {
      store.putDevice({
        ...{ id, applicationKey, epoch: 1, status: 'active', owner: 'bench', token: token.id, tier: 'software' },
        ...{ enrolledAt: now, sequence: 0, head: NO_HEAD, lastOrder: 0, notes: [] },
        label: { hostname: 'bench', platform: 'linux', arch: 'x64' },
      })
    }
  })
}

interface Bare {
  /** CPU seconds of one handshake, several times. */
  readonly cpuEach: readonly number[]
  /** Resident, of one connection. */
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
  // The first is for its code to be compiled, and does not count.
  await connect(BARE_WARM)
  await send()
  for (let run = 0; run <= BARE_RUNS; run++) {
    const before = { cpu: cpuSeconds(pid), rss: residentBytes(pid).rss }
    await connect(BARE_CONNECTIONS)
    cpuEach.push((cpuSeconds(pid) - before.cpu) / BARE_CONNECTIONS)
    await send()
    // What was dropped leaves room for others: only the first finds none.
    if (run === 0) bytesEach = (residentBytes(pid).rss - before.rss) / BARE_CONNECTIONS
    await fleet.all(() => ({ kind: 'bare-drop' }))
  }
  child.kill('SIGTERM')
  return { cpuEach: cpuEach.slice(1), bytesEach }
}
