import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { systemClock } from '../src/base/clock.ts'
import { CHECKS } from '../src/checks/checks.ts'
import { NO_HEAD } from '../src/directory/devices/device.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { type Benchmark, quantile, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const DEVICES = sizeOf(100_000, { small: 500 })
const REQUESTS = sizeOf(2_000, { small: 20 })
const HOUR_MS = 3_600_000
const LIMIT_MS = 10
const MAIN = resolve(import.meta.dirname, '../src/main-directory.ts')

function device(at: number): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(at, 12)
  return `dev_${bytes.toString('base64url')}`
}

const REFERENCES: Readonly<Record<string, (at: number) => string>> = {
  id: device,
  host: (at) => `lap-${at}`,
  serial: (at) => `SN${at}`,
  owner: (at) => `user-${at}@example.org`,
}

export const verdict: Benchmark = {
  name: 'verdict',
  about: `GET …/verdict of one of ${DEVICES} devices, by id, host name, serial number and owner, one request at a time`,
  unit: 'ms',
  limit: `p99 under ${LIMIT_MS} ms`,
  async run(report) {
    using folder = temporaryBenchFolder()
    const data = join(folder.path, 'data')
    // The first start makes the keys and the database.
    await (await serve(data))[Symbol.asyncDispose]()
    await fill(join(data, 'directory.sqlite'))
    await using server = await serve(data)
    const { ca, token } = JSON.parse(readFileSync(join(data, 'administrator.json'), 'utf8'))
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca })
    try {
      const ask = (path: string) => answerMs(new URL(path, server.api), { agent, token })
      const bare = await timesOf(() => ask('/healthz'))
      for (const [by, referenceOf] of Object.entries(REFERENCES)) {
        let at = 0
        const times = await timesOf(() => {
          // Spread over all devices, so that caches of pages do not help.
          at = (at + 48_271) % DEVICES
          return ask(`/api/v1/devices/${encodeURIComponent(referenceOf(at))}/verdict`)
        })
        const p99 = quantile(times, 0.99)
        report({
          name: `verdict by ${by}, p99`,
          value: rounded(p99),
          unit: 'ms',
          ratio: rounded(p99 / LIMIT_MS),
          against: `${LIMIT_MS} ms; median ${rounded(quantile(times, 0.5))}; /healthz on the same connection p99 ${rounded(quantile(bare, 0.99))}, median ${rounded(quantile(bare, 0.5))}`,
        })
      }
    } finally {
      agent.destroy()
    }
  },
}

async function timesOf(ask: () => Promise<number>): Promise<readonly number[]> {
  const times: number[] = []
  for (let request = -100; request < REQUESTS; request++) {
    const ms = await ask()
    if (request >= 0) times.push(ms)
  }
  return times
}

/** @throws for another status than 200. */
async function answerMs(url: URL, { agent, token }: { agent: Agent; token: string }): Promise<number> {
  const begin = performance.now()
  const { promise, resolve: done, reject } = Promise.withResolvers<number>()
  const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
    response.resume().on('end', () => {
      if (response.statusCode === 200) done(performance.now() - begin)
      else reject(new Error(`${url.pathname}: ${response.statusCode}`))
    })
  })
  request.on('error', reject)
  return await promise
}

async function serve(data: string): Promise<AsyncDisposable & { readonly api: string }> {
  const ports = ['--devices-host', '127.0.0.1', '--devices-port', '0', '--api-port', '0', '--console-port', '0']
  const child: ChildProcess = spawn(
    process.execPath,
    [MAIN, 'serve', '--data', data, ...ports, '--log-level', 'error', '--ready-json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout as Readable }), 'line'),
    ended.then(([code]) => {
      throw new Error(`surety-directory ended with ${code}`)
    }),
  ])
  return {
    api: JSON.parse(String(line)).api,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function fill(path: string): Promise<void> {
  using database = openStore(path)
  const store = directoryStore(sqliteDatabase(database))
  await store.transaction(() => seed(store, systemClock.now()))
}

async function seed(store: DirectoryStore, now: number): Promise<void> {
  const token = { id: 't', secretHash: '', owner: 'o', minimumTier: 'software', uses: DEVICES, used: 0 } as const
  await store.tokens.put({ ...token, createdAt: 0, expiresAt: now })
  for (let at = 0; at < DEVICES; at++) {
    const id = device(at)
    const owner = `user-${at}@example.org`
    await store.devices.put({
      id,
      epoch: 1,
      status: 'active',
      sequence: 0,
      head: NO_HEAD,
      lastOrder: 0,
      notes: [],
      owner,
      token: 't',
      tier: 'software',
      applicationKey: id,
      enrolledAt: now,
      attestedAt: now,
      label: { hostname: `lap-${at}`, platform: 'linux', arch: 'x64', serial: `SN${at}` },
    })
    const reasons = CHECKS.slice(0, 4).map((check) => ({
      check,
      state: 'fail' as const,
      reason: 'as a real one',
      since: now,
    }))
    await store.results.put(
      id,
      {
        verdict: 'not-compliant',
        tier: 'software',
        reasons,
        proven: [],
        reported: [],
        attestedAt: now,
        appraisedAt: now,
        validUntil: now + HOUR_MS,
      },
      0,
    )
  }
}
