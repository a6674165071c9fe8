import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { release } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../src/base/clock.ts'
import { startSimulatedTpm } from '../src/start/simulated-tpm.ts'
import { loadNativeAddon } from '../src/system/native/native-addon.ts'
import { linuxProcessEvents } from '../src/system/processes/linux-events.ts'
import { openDatabase } from '../src/system/sqlite/sqlite.ts'
import { type Benchmark, quantile, rounded } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const AGENTS = 100
const OTHERS = 300
const GIVE_UP_MS = 10_000
/** Between the end of one agent and the next one: people start them one by one. */
const PAUSE_MS = 150
const LIMITS = [
  { name: 'sighting', fraction: 0.5, limitMs: 50 },
  { name: 'sighting-p99', fraction: 0.99, limitMs: 300 },
] as const

/** From the exec of a known agent to its sighting in the directory's database, with other processes and a build about. */
export const sighting: Benchmark = {
  name: 'sighting',
  about: 'exec of a known agent to its sighting committed in the directory, beside a bare listener and a poll',
  async run(report, { signal }) {
    buildBundle('surety-directory')
    buildBundle('suretyd')
    using scratch = temporaryBenchFolder()
    const places = { folder: join(scratch.path, 'made'), socketFolder: scratch.path }
    await using tpm = await startSimulatedTpm({ clock: systemClock }, places, { signal })
    await using server = await startDirectoryServer({ cores: '0' })
    using folder = daemonFolder({
      enrolment: await server.token(),
      args: ['--keys', 'tpm', '--tpm-simulator', tpm.simulator],
    })
    const daemon = folder.start()
    await daemon.until('complete')
    using _others = startOthers()
    using _build = startBuild()
    const times = await timeSightings(scratch.path, join(server.data, 'directory.sqlite'))
    await daemon.stop()
    const heard = quantile(times.heard, 0.5)
    for (const { name, fraction, limitMs } of LIMITS) {
      const value = quantile(times.committed, fraction)
      report({
        name,
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / limitMs),
        against: `limit ${limitMs} ms, from before the fork, signed by a TPM simulator; a bare listener hears of it after ${rounded(heard)} ms (median); a poll every 60 s after 30 s on average, by arithmetic; ${AGENTS} agents, ${times.missed} not seen within ${GIVE_UP_MS / 1000} s`,
      })
    }
  },
}

interface Times {
  readonly committed: number[]
  readonly heard: number[]
  missed: number
}

async function timeSightings(folder: string, databasePath: string): Promise<Times> {
  using database = openDatabase(databasePath, { readOnly: true })
  const seen = database.prepare(
    "SELECT 1 FROM sightings WHERE kind = 'agent' AND name = 'Codex CLI' AND gone_at IS NULL AND json LIKE ?",
  )
  const heardAt = new Map<number, number>()
  const source = linuxProcessEvents({ addon: loadNativeAddon() }, { release: release() })
  using _ = source.watch(['exec'], ({ events }) => {
    for (const { pid } of events) heardAt.set(pid, performance.now())
  })
  const times: Times = { committed: [], heard: [], missed: 0 }
  for (let run = 0; run < AGENTS; run++) {
    const startedAt = performance.now()
    using agent = startStandIn(folder)
    const isSeen = () => seen.get(`%"pid":${agent.child.pid},%`) !== undefined
    while (!isSeen() && performance.now() - startedAt < GIVE_UP_MS) await delay(1)
    if (isSeen()) times.committed.push(performance.now() - startedAt)
    else times.missed++
    times.heard.push((heardAt.get(agent.child.pid ?? 0) ?? Number.NaN) - startedAt)
    await delay(PAUSE_MS)
  }
  return times
}

/** Something that looks like a running agent by where its executable lies. */
function startStandIn(folder: string): Disposable & { readonly child: ChildProcess } {
  const path = join(folder, 'node_modules/@openai/codex-linux/vendor/here/bin/codex')
  mkdirSync(dirname(path), { recursive: true })
  if (!existsSync(path)) copyFileSync('/usr/bin/sleep', path)
  const child = spawn(path, ['600'], { stdio: 'ignore' })
  return { child, [Symbol.dispose]: () => void child.kill('SIGKILL') }
}

function startOthers(): Disposable {
  const children = Array.from({ length: OTHERS }, () => spawn('/usr/bin/sleep', ['600'], { stdio: 'ignore' }))
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}

/** Compiles our own C again and again, one file after the other, until disposed. */
function startBuild(): Disposable {
  const root = resolve(import.meta.dirname, '..')
  const headers = join(root, `node_modules/node-${process.platform}-${process.arch}/include/node`)
  const sources = readdirSync(join(root, 'native')).filter((name) => name.endsWith('.c'))
  let over = false
  let child: ChildProcess | undefined
  const build = async () => {
    for (let turn = 0; !over; turn++) {
      const source = join(root, 'native', sources[turn % sources.length] ?? '')
      child = spawn('/usr/bin/cc', ['-D_GNU_SOURCE', '-O2', '-c', `-I${headers}`, source, '-o', '/dev/null'], {
        stdio: 'ignore',
      })
      await once(child, 'exit')
    }
  }
  void build()
  return {
    [Symbol.dispose]() {
      over = true
      child?.kill('SIGKILL')
    },
  }
}
