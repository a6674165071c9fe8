import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Benchmark, median, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { ingestRun } from './ingest.ts'
import { cpuSeconds } from './process-usage.ts'

const MUTATIONS = sizeOf(3_000, { small: 20 })
const ROUNDS = sizeOf(5, { small: 1 })
const CONNECTIONS = 32
const OWNERS = 50
/** Of the same work without the record. */
const LIMIT = 1.1

/**
 * The rounds of both directories take turns, so that a busy moment of the machine meets both. Ingest sends what a device sends
 * mostly: batches that change no verdict, and so have no entry.
 */
export const recordCost: Benchmark = {
  name: 'record-cost',
  about: `CPU of ${MUTATIONS} mutations of two kinds, and of ingest, beside a directory that is built without the record`,
  unit: 'µs of CPU each',
  limit: `at most ${LIMIT} of the same without the record`,
  async run(report) {
    const dist = mkdtempSync(join(tmpdir(), 'surety-bench-dist-'))
    try {
      buildBundle('surety-directory')
      const replaced = ['--replace', 'src/directory/record/add-entry.ts=bench/without-record.ts']
      buildBundle('surety-directory', ['--out', dist, ...replaced])
      await using recording = await startDirectoryServer({ cores: '0' })
      await using silent = await startDirectoryServer({ cores: '0', dist })
      await mustBe(recording, 'recording')
      await mustBe(silent, 'silent')
      for (const server of [recording, silent])
        for (let at = 0; at < OWNERS; at++) await server.ask('POST', '/humans', { userName: `owner ${at}` })
      for (const [name, work] of Object.entries(WORK)) {
        const [withRecord, without] = await inTurns(work, recording, silent)
        report({
          name: `record-cost ${name}`,
          value: rounded(withRecord * 1e6),
          unit: 'µs of CPU each',
          ratio: rounded(withRecord / without),
          against: `at most ${LIMIT}; ${rounded(without * 1e6)} µs without the record`,
        })
      }
    } finally {
      rmSync(dist, { recursive: true, force: true })
    }
  },
}

/** CPU seconds of the directory for each. */
type Work = (server: DirectoryServer, round: number) => Promise<number>

const WORK: Readonly<Record<string, Work>> = {
  registrations: (server, round) =>
    mutations(server, '/registrations', (at) => ({
      name: `Agent ${round}-${at}`,
      purpose: 'reviews merge requests',
      owner: `owner ${at % OWNERS}`,
      state: 'active',
      criteria: { products: [`product-${at % 40}`], workspaces: [`/srv/project-${at}`] },
      versions: ['>=2 <3'],
      scope: { applications: ['git'], dataSets: [], tools: ['bash'] },
    })),
  people: (server, round) => mutations(server, '/humans', (at) => ({ userName: `person ${round}-${at}` })),
  ingest: async (server) => (await ingestRun(server)).cpuEach,
}

async function inTurns(work: Work, one: DirectoryServer, other: DirectoryServer): Promise<[number, number]> {
  const ones: number[] = []
  const others: number[] = []
  // The first round compiles the code: a directory runs for months.
  for (let round = 0; round <= ROUNDS; round++) {
    const cost = await work(one, round)
    const otherCost = await work(other, round)
    if (round === 0) continue
    ones.push(cost)
    others.push(otherCost)
  }
  return [median(ones), median(others)]
}

/** Fails where a build does not do what it is measured for. */
async function mustBe(server: DirectoryServer, kind: 'recording' | 'silent'): Promise<void> {
  await server.ask('POST', '/humans', { userName: 'first of all' })
  const { items } = Object(await server.ask('GET', '/entries?act=human-added'))
  if (items.length > 0 !== (kind === 'recording')) throw new Error(`${items.length} entries: not ${kind}`)
}

async function mutations(server: DirectoryServer, path: string, body: (at: number) => object): Promise<number> {
  const { url, ca, token } = JSON.parse(readFileSync(join(server.data, 'administrator.json'), 'utf8'))
  const agent = new Agent({ ca, keepAlive: true, maxSockets: CONNECTIONS })
  const create = (at: number): Promise<void> => {
    const text = JSON.stringify(body(at))
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    return new Promise((resolve, reject) => {
      const asked = request(`${url}/api/v1${path}`, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 201) resolve()
          else reject(new Error(`answered ${response.statusCode}`))
        })
      })
      asked.on('error', reject).end(text)
    })
  }
  const before = cpuSeconds(server.pid)
  await Promise.all(Array.from({ length: MUTATIONS }, (_, at) => create(at)))
  agent.destroy()
  // Entries get their index within a second: that is a part of the cost.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  return (cpuSeconds(server.pid) - before) / MUTATIONS
}
