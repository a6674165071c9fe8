import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { formatEnrolmentString } from '../src/protocol/messages/enrolment-string.ts'
import { openWindows, type Windows, windowsAbsence } from '../test/support/windows/windows.ts'
import { buildBundle as buildWindowsBundle, installBundle } from '../test/windows/daemon/windows-bundle.ts'
import { type Benchmark, median, rounded, sizeOf } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { residentBytes } from './process-usage.ts'

const RUNS = sizeOf(3, { small: 1 })
const MB = 1_000_000
const POLL_MS = 50
const WITHIN_MS = 120_000
/** The first collection leaves garbage that the daemon gives back. */
const SETTLE_MS = sizeOf(20_000, { small: 1_000 })

export const windowsDaemon: Benchmark = {
  name: 'windows',
  about:
    'the daemon as a service of Windows under Wine: start to first acknowledged evidence, and memory, beside Linux',
  unit: 'ms, MB',
  limit: 'none: Wine is not Windows',
  async run(report) {
    const absent = windowsAbsence()
    if (absent !== undefined) throw new Error(absent)
    buildBundle('surety-directory')
    buildBundle('suretyd')
    await using server = await startDirectoryServer({ cores: '0' })
    const linux = await measureLinux(server)
    const windows = await measureWindows(server)
    report({
      name: 'windows-start',
      value: rounded(windows.startMs),
      unit: 'ms',
      ratio: rounded(windows.startMs / linux.startMs),
      against: `Linux ${rounded(linux.startMs)} ms with software keys, median of ${RUNS}, as the daemon counts; on Linux the code is compiled ahead`,
    })
    for (const kind of ['anonymous', 'rss'] as const) {
      report({
        name: `windows-${kind}`,
        value: rounded(windows.daemon[kind] / MB),
        unit: 'MB',
        ratio: rounded(windows.daemon[kind] / linux.daemon[kind]),
        against:
          `Linux ${rounded(linux.daemon[kind] / MB)} MB; a bare node.exe under Wine ${rounded(windows.bare[kind] / MB)} MB; ` +
          `the service host beside it ${rounded(windows.host[kind] / MB)} MB`,
      })
    }
  },
}

async function measureLinux(server: DirectoryServer) {
  using folder = daemonFolder({ enrolment: await server.token(), args: ['--keys', 'software'] })
  const first = folder.start()
  await first.until('complete')
  await delay(SETTLE_MS)
  const daemon = residentBytes(first.pid)
  await first.stop()
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const started = folder.start()
    await started.until('acknowledged')
    times.push(started.ownMs('acknowledged') ?? Number.NaN)
    await started.stop()
  }
  return { startMs: median(times), daemon }
}

async function measureWindows(server: DirectoryServer) {
  const built = mkdtempSync(join(tmpdir(), 'surety-bench-'))
  using windows = openWindows()
  try {
    buildWindowsBundle(built)
    const bundle = installBundle(windows, built)
    bundle.write('suretyd.json', JSON.stringify({ keys: 'software' }))
    bundle.write('enrolment', formatEnrolmentString(await server.token()))
    await windows.runProgram(bundle.host, ['--install'])
    const log = bundle.dataFile('logs/service.log')
    const start = () => windows.runProgram('sc', ['start', 'suretyd'])
    const stop = () => windows.runProgram(bundle.host, ['--wait-stopped'])
    await start()
    await reached(log, 'complete', 1)
    await delay(SETTLE_MS)
    const [daemon, host] = ['suretyd.mjs', 'surety-service.exe'].map((name) => residentBytes(pidOf(windows, name)))
    await stop()
    const bare = await measureBare(windows)
    const times: number[] = []
    for (let run = 0; run < RUNS; run++) {
      await start()
      times.push(await reached(log, 'acknowledged', run + 2))
      await stop()
    }
    if (daemon === undefined || host === undefined) throw new TypeError('two programs were measured')
    return { startMs: median(times), daemon, host, bare }
  } finally {
    rmSync(built, { recursive: true })
  }
}

/** Wine counts the program file itself as memory of the process. */
async function measureBare(windows: Windows) {
  using _bare = windows.startProgram('C:\\Program Files\\nodejs\\node.exe', ['-e', 'setInterval(() => {}, 1000)'])
  await delay(SETTLE_MS)
  return residentBytes(pidOf(windows, 'setInterval'))
}

/** Milliseconds after the start of the process, as the log of the service host has them, once a phase was reached so often. */
async function reached(log: string, phase: string, times: number): Promise<number> {
  const pattern = new RegExp(`\\{"phase":"${phase}","ms":(\\d+)\\}`, 'g')
  for (const until = performance.now() + WITHIN_MS; performance.now() < until; await delay(POLL_MS)) {
    const found = [...read(log).matchAll(pattern)]
    if (found.length >= times) return Number(found.at(-1)?.[1])
  }
  throw new Error(`the daemon was not ${phase}:\n${read(log).slice(-2_000)}`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Of a program of this Windows, as Linux numbers it. */
function pidOf({ driveC }: Windows, name: string): number {
  const own = `WINEPREFIX=${join(driveC, '..')}\0`
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid) || !read(`/proc/${pid}/cmdline`).includes(name)) return false
    return `${read(`/proc/${pid}/environ`)}\0`.includes(own)
  })
  if (found === undefined) throw new Error(`${name} does not run`)
  return Number(found)
}
