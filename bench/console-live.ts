import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { unknownAgent } from '../test/support/protocol/sample-sightings.ts'
import { type Benchmark, quantile, rounded, sizeOf } from './benchmark.ts'
import { type DirectoryServer, startDirectoryServer } from './directory-server.ts'
import { cpuSeconds } from './process-usage.ts'
import {
  connectSoftwareDevice,
  enrolSoftwareDevice,
  type Link,
  nextBatch,
  type SoftwareDevice,
  signedBatch,
} from './software-device.ts'

const CONSOLES = sizeOf(200, { small: 3 })
const DEVICES = sizeOf(20, { small: 2 })
/** Each with one report: 10,000 devices that report once in ten minutes are 17 a second. */
const REPORTS_A_SECOND = sizeOf(20, { small: 10 })
/** Reports. The stream speaks every half second: agents come at all its moments. */
const AGENT_EVERY = sizeOf(17, { small: 7 })
const REPORT_BYTES = 4_000
const SECONDS = sizeOf(20, { small: 1 })
const LIMIT_PERCENT = 10
const LIMIT_MS = 1_000

export const consoleLive: Benchmark = {
  name: 'console-live',
  about: `${CONSOLES} consoles listen while devices report ${REPORTS_A_SECOND} times a second: CPU, and the delay of an agent`,
  unit: '%',
  limit: `${LIMIT_PERCENT} % of a core for the consoles; ${LIMIT_MS} ms at p99 from a report to the console`,
  async run(report) {
    await using server = await startDirectoryServer({ cores: '0' })
    const devices: Sender[] = []
    for (let at = 0; at < DEVICES; at++) {
      const device = await enrolSoftwareDevice(await server.token(), server.ca)
      devices.push({ device, link: await connectSoftwareDevice(device, server.url, server.ca) })
    }
    // Compiles the code: a directory runs for months.
    await reportFor(devices, SECONDS / 4)
    const without = await shareOf(server, () => reportFor(devices, SECONDS))
    const consoles = await Promise.all(Array.from({ length: CONSOLES }, () => listen(server)))
    await reportFor(devices, SECONDS / 4)
    for (const { told } of consoles) told.clear()
    let sent: ReadonlyMap<string, number> = new Map()
    const withAll = await shareOf(server, async () => {
      sent = await reportFor(devices, SECONDS)
    })
    await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS))
    for (const { response } of consoles) response.destroy()
    for (const { link } of devices) link.socket.terminate()
    // What never came counts as endless.
    const delays = [...sent].flatMap(([id, at]) =>
      consoles.map(({ told }) => (told.get(id) ?? Number.POSITIVE_INFINITY) - at),
    )
    const used = 100 * (withAll - without)
    report({
      name: 'console-live-cpu',
      value: rounded(used),
      unit: '%',
      ratio: rounded(used / LIMIT_PERCENT),
      against: `${LIMIT_PERCENT} % of a core; ${rounded(100 * without)} % without consoles, ${rounded(100 * withAll)} % with ${CONSOLES}`,
    })
    const p99 = quantile(delays, 0.99)
    report({
      name: 'console-live-delay-p99',
      value: rounded(p99),
      unit: 'ms',
      ratio: rounded(p99 / LIMIT_MS),
      against: `${LIMIT_MS} ms; ${sent.size} agents, each at ${CONSOLES} consoles`,
    })
  },
}

interface Sender {
  readonly device: SoftwareDevice
  readonly link: Link
}

let agents = 0

/** About once a second with an agent that was never seen. @returns when it was sent, by the id of its sighting. */
async function reportFor(devices: readonly Sender[], seconds: number): Promise<ReadonlyMap<string, number>> {
  const sent = new Map<string, number>()
  const start = performance.now()
  const count = Math.ceil(seconds * REPORTS_A_SECOND)
  for (let at = 0; at < count; at++) {
    const due = start + (1_000 * at) / REPORTS_A_SECOND
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const { device, link } = devices[at % devices.length] ?? missing()
    if (at % AGENT_EVERY !== AGENT_EVERY - 1) {
      link.socket.send(nextBatch(device, REPORT_BYTES))
      continue
    }
    const id = (++agents).toString(16).padStart(32, '0')
    const items = [unknownAgent('0', { id, name: `deskbot ${id}` })]
    const frame = signedBatch(device, { sightings: { mode: 'delta', items, gone: [] } })
    sent.set(id, performance.now())
    link.socket.send(frame)
  }
  return sent
}

function missing(): never {
  throw new Error('there is no device')
}

/** The part of a core that the directory uses meanwhile. */
async function shareOf({ pid }: DirectoryServer, work: () => Promise<unknown>): Promise<number> {
  const [cpu, start] = [cpuSeconds(pid), performance.now()]
  await work()
  return (cpuSeconds(pid) - cpu) / ((performance.now() - start) / 1_000)
}

interface Listener {
  readonly response: IncomingMessage
  /** When a message named an agent first, by the id of its sighting. */
  readonly told: Map<string, number>
}

/** The stream as a console has it. */
function listen({ data, ca }: DirectoryServer): Promise<Listener> {
  const { url, token } = JSON.parse(readFileSync(join(data, 'administrator.json'), 'utf8'))
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/api/v1/live`, { ca, agent: false, headers: { authorization: `Bearer ${token}` } })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const told = new Map<string, number>()
      response.setEncoding('utf8').on('data', (text: string) => keepTimes(text, told))
      response.on('error', () => undefined)
      resolve({ response, told })
    })
    asked.end()
  })
}

function keepTimes(text: string, told: Map<string, number>): void {
  const now = performance.now()
  for (const [, id = ''] of text.matchAll(/"sighting":"([0-9a-f]{32})"/g)) if (!told.has(id)) told.set(id, now)
}
