import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { type Benchmark, quantile, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { cpuSeconds } from './process-usage.ts'

const REGISTRATIONS = sizeOf(10_000, { small: 200 })
const PER_SECOND = 1_000
const CONNECTIONS = 64
const OWNERS = 100

/**
 * A request is sent each millisecond, whether the ones before were answered or not, and then once more as fast as connections
 * allow. Each has a key of its own, so that it could be repeated.
 */
export const registerCreate: Benchmark = {
  name: 'register-create',
  about: `${REGISTRATIONS} registrations created through the API at ${PER_SECOND} a second, over ${CONNECTIONS} connections`,
  unit: '1/s',
  limit: `at least ${PER_SECOND} a second, without an error`,
  async run(report) {
    buildBundle('surety-directory')
    await using server = await startDirectoryServer({ cores: '0' })
    const { url, ca, token } = JSON.parse(readFileSync(join(server.data, 'administrator.json'), 'utf8'))
    for (let at = 0; at < OWNERS; at++) await server.ask('POST', '/humans', { userName: `owner ${at}` })
    const agent = new Agent({ ca, keepAlive: true, maxSockets: CONNECTIONS })
    const create = (at: number, run: string): Promise<number> => {
      const body = JSON.stringify({
        name: `Agent ${at}`,
        purpose: 'reviews merge requests',
        owner: `owner ${at % OWNERS}`,
        state: 'active',
        criteria: { products: [`product-${at % 40}`], workspaces: [`/srv/project-${at}`] },
        versions: ['>=2 <3'],
        scope: { applications: ['git'], dataSets: [], tools: ['bash'] },
      })
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'idempotency-key': `${run}-${at}`,
      }
      return new Promise((resolve, reject) => {
        const sent = performance.now()
        const asked = request(`${url}/api/v1/registrations`, { method: 'POST', agent, headers }, (response) => {
          response.resume().on('end', () => {
            if (response.statusCode === 201) resolve(performance.now() - sent)
            else reject(new Error(`answered ${response.statusCode}`))
          })
        })
        asked.on('error', reject).end(body)
      })
    }
    const before = cpuSeconds(server.pid)
    const paced = await measured(create, 'paced', PER_SECOND)
    const burst = await measured(create, 'burst', Number.POSITIVE_INFINITY)
    const cpuMs = ((cpuSeconds(server.pid) - before) * 1000) / (2 * REGISTRATIONS)
    const { active } = Object(await server.ask('GET', '/registrations/counts'))
    agent.destroy()
    if (active !== 2 * REGISTRATIONS) throw new Error(`${active} registrations are there`)
    for (const [name, { rate, p99 }] of Object.entries({ paced, burst })) {
      report({
        name: name === 'paced' ? 'register-create' : `register-create ${name}`,
        value: rounded(rate),
        unit: '1/s',
        ratio: rounded(rate / PER_SECOND),
        against: `${PER_SECOND} a second; no error in ${REGISTRATIONS}; answered in ${rounded(p99)} ms (p99); ${rounded(cpuMs)} ms of CPU each`,
      })
    }
  },
}

async function measured(create: (at: number, run: string) => Promise<number>, run: string, perSecond: number) {
  const start = performance.now()
  const answers: Promise<number>[] = []
  while (answers.length < REGISTRATIONS) {
    const due = Math.min(REGISTRATIONS, ((performance.now() - start) / 1000) * perSecond)
    while (answers.length < due) answers.push(create(answers.length, run))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const times = await Promise.all(answers)
  return { rate: (REGISTRATIONS / (performance.now() - start)) * 1000, p99: quantile(times, 0.99) }
}
