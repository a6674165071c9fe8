import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseMountinfo } from '../src/system/mounts/mountinfo.ts'
import { type Benchmark, median, quantile, rounded, sizeOf } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const HOGS = sizeOf(200, { small: 20 })
const ROUNDS = sizeOf(100, { small: 3 })
const LIMIT_MS = 10
const PAUSE_LIMIT_MS = 30
const SLICE = 'surety-bench.slice'

type Report = Parameters<Benchmark['run']>[0]

export const freeze: Benchmark = {
  name: 'freeze',
  about: `order at a directory, ${HOGS} processes that never wait frozen, signed receipt at the directory; and the release`,
  unit: 'ms',
  limit: `p99 ${LIMIT_MS} ms, others paused ${PAUSE_LIMIT_MS} ms`,
  async run(report) {
    if (process.geteuid?.() !== 0) throw new Error('freezing needs root')
    for (const program of ['suretyd', 'surety-directory'] as const) buildBundle(program)
    await using server = await startDirectoryServer({ cores: '0' })
    using folder = daemonFolder({
      enrolment: await server.token(),
      args: ['--keys', 'software', '--posture-skip', 'os.security-updates'],
    })
    const daemon = folder.start()
    try {
      await daemon.until('complete')
      for (const signals of [false, true]) await measure(report, server, signals)
    } finally {
      await daemon.stop()
    }
  },
}

/** @param signals instead, for comparison: what `kill -STOP` of each process takes. */
async function measure(report: Report, server: DirectoryServer, signals: boolean): Promise<void> {
  using agent = await hogs()
  if (signals) return reportSignals(report, agent.pids())
  const { device, id } = await sightingOf(server, agent.pid)
  const [frozen, released, paused]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    const { stop } = (await server.ask('POST', '/stops', {
      kind: 'freeze',
      reason: 'bench',
      selector: { device, agent: id },
    })) as { stop: { id: string } } // by the schema of the API
    const answer = await answered(server, device)
    frozen.push(answer.ms)
    const page = (await server.ask('GET', `/stops/${stop.id}/devices`)) as StopDevices
    const receipt = page.items[0]?.receipt
    if ((receipt?.processCount ?? 0) < HOGS) throw new Error(`not all is frozen: ${JSON.stringify(page).slice(0, 600)}`)
    paused.push(receipt?.pausedMs ?? 0)
    await server.ask('POST', `/stops/${stop.id}/release`, { reason: 'bench' })
    released.push((await answered(server, device)).ms)
    await delay(200)
  }
  say(report, 'freeze', frozen, LIMIT_MS, 'from the order to the receipt')
  say(report, 'freeze-pause', paused, PAUSE_LIMIT_MS, 'how long the rest of the session was paused')
  say(report, 'freeze-release', released, LIMIT_MS, 'from the order to release to the receipt')
}

interface StopDevices {
  readonly items: readonly { readonly receipt?: { readonly processCount: number; readonly pausedMs?: number } }[]
}

function say(report: Report, name: string, values: readonly number[], limit: number, what: string): void {
  for (const [suffix, value] of [
    ['p50', median(values)],
    ['p99', quantile(values, 0.99)],
  ] as const) {
    const against = `limit ${limit} ms of p99: ${what}, ${HOGS} processes that never wait, ${values.length} rounds`
    report({ name: `${name}-${suffix}`, value: rounded(value), unit: 'ms', ratio: rounded(value / limit), against })
  }
}

/** What the same takes with a signal for each process, until /proc shows them stopped. */
function reportSignals(report: Report, pids: readonly number[]): void {
  const times = Array.from({ length: 10 }, () => {
    const start = performance.now()
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    while (pids.some((pid) => !/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))));
    const took = performance.now() - start
    for (const pid of pids) process.kill(pid, 'SIGCONT')
    return took
  })
  say(report, 'freeze-signals', times, LIMIT_MS, 'SIGSTOP to each, without an order and a receipt')
}

interface OrderRow {
  readonly createdAt: number
  readonly answeredAt?: number
  readonly status: string
}

/** The newest order, once it is answered. */
async function answered(server: DirectoryServer, device: string): Promise<{ readonly ms: number }> {
  for (;;) {
    const { items } = (await server.ask('GET', `/devices/${device}/orders?limit=1`)) as { items: readonly OrderRow[] }
    const [newest] = items
    if (newest?.answeredAt !== undefined) return { ms: newest.answeredAt - newest.createdAt }
    // The directory is on one core, and its answers cost it time.
    await delay(30)
  }
}

async function sightingOf(server: DirectoryServer, pid: number) {
  for (;;) {
    const { items } = (await server.ask('GET', '/devices')) as { items: readonly { id: string }[] }
    const device = items[0]?.id ?? ''
    const seen = (await server.ask('GET', `/devices/${device}/sightings?kind=agent&limit=500`)) as {
      items: readonly { sighting: { id: string; process?: { pid: number }; parts?: readonly unknown[] } }[]
    }
    const agent = seen.items.find(({ sighting }) => sighting.process?.pid === pid)
    if (agent !== undefined && (agent.sighting.parts?.length ?? 0) > 1) return { device, id: agent.sighting.id }
    await delay(200)
  }
}

/** An agent with children that never wait, in a slice as a session of a user has it. */
async function hogs() {
  const folder = temporaryBenchFolder()
  const path = join(folder.path, 'node_modules/@openai/codex-linux/vendor/here/bin/codex')
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync('/bin/sh', path)
  chmodSync(path, 0o755)
  const root = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).mounts.findLast(
    ({ type }) => type === 'cgroup2',
  )?.mountPoint
  if (root === undefined) throw new Error('there is no cgroup v2')
  const folders = [SLICE, `${SLICE}/session.scope`].map((name) => join(root, name))
  for (const each of folders) mkdirSync(each, { recursive: true })
  const [, scope = ''] = folders
  // One share of the processors, as the slice of a user has it.
  const share = existsSync('/sys/fs/cgroup/cpu/cgroup.procs') ? '/sys/fs/cgroup/cpu/surety-bench' : undefined
  if (share !== undefined) mkdirSync(share, { recursive: true })
  const enter = [scope, ...(share === undefined ? [] : [share])].map((group) => `echo $$ > ${group}/cgroup.procs; `)
  const many = `i=0; while [ $i -lt ${HOGS} ]; do i=$((i+1)); (while :; do :; done) & done; wait`
  const script = `${enter.join('')}exec ${path} -c '${many}'`
  const child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore' })
  const pids = () => readFileSync(join(scope, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  while (pids().length <= HOGS) await delay(50)
  return {
    pid: child.pid ?? 0,
    pids,
    [Symbol.dispose]() {
      writeFileSync(join(root, SLICE, 'cgroup.kill'), '1')
      child.kill('SIGKILL')
      const until = performance.now() + 5_000
      while (performance.now() < until) {
        try {
          for (const each of folders.toReversed()) rmdirSync(each)
          break
        } catch {
          // Its processes are ending.
        }
      }
      folder[Symbol.dispose]()
    },
  }
}
