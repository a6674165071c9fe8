import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const BUNDLE = resolve(import.meta.dirname, '../dist/surety/surety.mjs')
const UNIT = resolve(import.meta.dirname, '../installers/linux/surety-tray.service')
const AFTER_MS = sizeOf(30_000, { small: 1_000 })
const CPU_SECONDS = sizeOf(120, { small: 2 })
const LIMIT_MB = 40
const CPU_LIMIT = 0.002
const MB = 1_000_000

export const tray: Benchmark = {
  name: 'tray',
  about: 'memory and CPU of the tray as its unit starts it, and what it costs the daemon, beside a bare Node process',
  unit: 'MB, % of a core',
  limit: `memory ${LIMIT_MB} MB, pages that it shares with the daemon counted in part; CPU 0.2 % for both together`,
  async run(report) {
    for (const program of ['surety-directory', 'suretyd', 'surety'] as const) buildBundle(program)
    await using server = await startDirectoryServer({ cores: '0' })
    using folder = daemonFolder({ enrolment: await server.token(), args: ['--keys', 'software'] })
    const daemon = folder.start()
    try {
      await daemon.until('complete')
      await using bus = await startBus()
      await delay(AFTER_MS)
      const alone = await cpuOf(daemon.pid)
      const command = [
        ...flagsOfUnit(),
        BUNDLE,
        'tray',
        '--format',
        'sni',
        '--socket',
        join(folder.path, 'run/control.sock'),
      ]
      const env = { ...bus.environment, MALLOC_ARENA_MAX: '1' }
      await using shown = start(process.execPath, command, env)
      await using bare = start(process.execPath, ['-e', 'setInterval(() => undefined, 1e9)'], {})
      await delay(AFTER_MS)
      const [own, bareOwn] = [shown.pid, bare.pid].map((pid) => ({
        ...residentBytes(pid),
        shared: proportionalBytes(pid),
      }))
      if (own === undefined || bareOwn === undefined) throw new Error('no process')
      const beside = `a bare Node ${rounded(bareOwn.shared / MB)} MB of it, RSS ${rounded(bareOwn.rss / MB)} MB`
      report({
        name: 'tray-memory',
        value: rounded(own.shared / MB),
        unit: 'MB',
        ratio: rounded(own.shared / MB / LIMIT_MB),
        against: `limit ${LIMIT_MB} MB (PSS; RSS ${rounded(own.rss / MB)}, anonymous ${rounded(own.anonymous / MB)} MB); ${beside}`,
      })
      const [trayCpu, daemonCpu] = await Promise.all([cpuOf(shown.pid), cpuOf(daemon.pid)])
      const cpu = trayCpu + Math.max(0, daemonCpu - alone)
      report({
        name: 'tray-cpu',
        value: rounded(cpu * 100),
        unit: '% of a core',
        ratio: rounded(cpu / CPU_LIMIT),
        against: `limit 0.2 %, over ${CPU_SECONDS} s; the tray ${rounded(trayCpu * 100)} %, the daemon ${rounded(daemonCpu * 100)} % and ${rounded(alone * 100)} % without it`,
      })
    } finally {
      await daemon.stop()
    }
  },
}

async function cpuOf(pid: number): Promise<number> {
  const before = cpuSeconds(pid)
  await delay(CPU_SECONDS * 1000)
  return (cpuSeconds(pid) - before) / CPU_SECONDS
}

/** Each page divided by the number of processes that have it. */
function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]) * 1024
}

/** What the unit says to V8. */
function flagsOfUnit(): readonly string[] {
  const command = /^ExecStart=(.*)$/m.exec(readFileSync(UNIT, 'utf8'))?.[1] ?? ''
  return command.split(' ').filter((word) => /^--(?!format)/.test(word))
}

interface Started extends AsyncDisposable {
  readonly pid: number
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child: ChildProcess = spawn(program, args, { env, stdio: 'ignore' })
  const exit = once(child, 'exit')
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exit
    },
  }
}

async function startBus(): Promise<Started & { readonly environment: Readonly<Record<string, string>> }> {
  const folder = temporaryBenchFolder()
  const address = `unix:path=${join(folder.path, 'bus')}`
  const bus = start('/usr/bin/dbus-daemon', ['--session', '--nofork', `--address=${address}`], {})
  return {
    pid: bus.pid,
    environment: { DBUS_SESSION_BUS_ADDRESS: address },
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}
