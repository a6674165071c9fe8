import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'esbuild'
import { fromBase64Url } from '../src/base/bytes.ts'
import { SUBPROTOCOL, TLS_EXPORTER_LABEL } from '../src/protocol/messages/version.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { cpuSecondsWithChildren, processTree, residentBytes } from './process-usage.ts'
import { attestSoftwareDevice, enrolSoftwareDevice } from './software-device.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const AFTER_SECONDS = sizeOf(120, { small: 2 })
/** Contains each scheduled job: on an idle machine homes are scanned every half hour. */
const CPU_SECONDS = sizeOf(1_800, { small: 2 })
const MB = 1_000_000

/** Even an idle laptop starts about one program a second: status lines, health checks, timers. */
const EXEC_EVERY_MS = 1_000
const PROGRAM = '/bin/true'

export const idle: Benchmark = {
  name: 'idle',
  about: 'memory and CPU of the daemon on an idle laptop, beside a bare Node process with one connection',
  unit: 'MB, % of a core',
  limit: 'anonymous memory 30 MB and 12 MB above the bare process, RSS 20 MB above, CPU 0.1 %',
  async run(report) {
    buildBundle('surety-directory')
    buildBundle('suretyd')
    await using server = await startDirectoryServer({ cores: '0' })
    await using bare = await startBareConnection(server)
    using folder = daemonFolder({ enrolment: await server.token(), args: ['--keys', 'software'] })
    const daemon = folder.start()
    try {
      await daemon.until('complete')
      using _ = execs()
      await delay(AFTER_SECONDS * 1000)
      const cpuBefore = cpuSecondsWithChildren(daemon.pid)
      const pids = processTree(daemon.pid)
      const own = pids.map(residentBytes)
      const sum = (bytes: 'rss' | 'anonymous') => own.reduce((total, each) => total + each[bytes], 0)
      const bareProcess = residentBytes(bare.pid)
      const anonymous = sum('anonymous')
      const [more, moreRss] = [anonymous - bareProcess.anonymous, sum('rss') - bareProcess.rss]
      const beside = (bytes: number) => `a bare connection ${rounded(bytes / MB)} MB, ${pids.length} process(es)`
      report({
        name: 'idle-anonymous',
        value: rounded(anonymous / MB),
        unit: 'MB',
        ratio: rounded(Math.max(anonymous / (30 * MB), more / (12 * MB))),
        against: `limits 30 MB and 12 MB above (now ${rounded(more / MB)} MB above) ${beside(bareProcess.anonymous)}`,
      })
      report({
        name: 'idle-rss',
        value: rounded(sum('rss') / MB),
        unit: 'MB',
        ratio: rounded(moreRss / (20 * MB)),
        against: `limit 20 MB above (now ${rounded(moreRss / MB)} MB above) ${beside(bareProcess.rss)}`,
      })
      await delay(CPU_SECONDS * 1000)
      const cpu = (cpuSecondsWithChildren(daemon.pid) - cpuBefore) / CPU_SECONDS
      report({
        name: 'idle-cpu',
        value: rounded(cpu * 100),
        unit: '% of a core',
        ratio: rounded(cpu / 0.001),
        against: `limit 0.1 %, over the next ${CPU_SECONDS} s with all scheduled jobs and an exec of ${PROGRAM} each second`,
      })
    } finally {
      await daemon.stop()
    }
  },
}

function execs(): Disposable {
  const timer = setInterval(() => spawn(PROGRAM, { stdio: 'ignore' }), EXEC_EVERY_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

interface BareConnection extends AsyncDisposable {
  readonly pid: number
}

/** Bundled into one file like the daemon, so that loading is equal. */
async function startBareConnection(server: DirectoryServer): Promise<BareConnection> {
  const folder = temporaryBenchFolder()
  const program = join(folder.path, 'bare-connection.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'bare-connection.ts')],
    outfile: program,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  })
  const enrolment = await server.token()
  const device = await enrolSoftwareDevice(enrolment, server.ca)
  const caFile = join(folder.path, 'ca.pem')
  writeFileSync(caFile, server.ca)
  const args = [program, server.url, SUBPROTOCOL, caFile, TLS_EXPORTER_LABEL]
  const child = spawn('/usr/bin/taskset', ['-c', '1', process.execPath, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await attestSoftwareDevice(device, await wireOf(child, fromBase64Url(enrolment.ca) ?? new Uint8Array()))
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      folder[Symbol.dispose]()
    },
  }
}

async function wireOf({ stdin, stdout }: ChildProcess, directoryCa: Uint8Array) {
  if (stdin === null || stdout === null) throw new TypeError('no pipes')
  const lines = createInterface({ input: stdout })
  const next = async () => JSON.parse(String((await once(lines, 'line'))[0]))
  await next()
  let exporter = ''
  return {
    send: (frame: string) => void stdin.write(`${frame}\n`),
    async next() {
      const received = await next()
      exporter = received.exporter
      return String(received.frame)
    },
    exporter: () => new Uint8Array(Buffer.from(exporter, 'hex')),
    directoryCa: () => directoryCa,
  }
}
