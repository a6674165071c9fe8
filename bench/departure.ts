import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { humans } from '../src/directory/humans/humans.ts'
import { registrations } from '../src/directory/registrations/registrations.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { registerStops } from '../src/directory/stops/register-stops.ts'
import { STOPS_INIT, twoPersons } from '../src/directory/stops/two-persons.ts'
import { directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { Changes } from '../src/directory/workers/changes.ts'
import { type Benchmark, median, quantile, rounded, sizeOf } from './benchmark.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { type StopTimes, startFleet } from './fleet.ts'
import { cpuSeconds } from './process-usage.ts'
import { type KnownDevice, seedKnownDevices } from './seed-known-devices.ts'

const AGENTS = sizeOf(1_000, { small: 20 })
/** Devices behind one address. At most as many as may be in a handshake from one address at once. */
const PER_ADDRESS = 50
const AT_ONCE = 20
const LIMIT_MS = 2_000
const SERVER_CORE = '0'
const OTHER_CORE = '1'
/** The first departure compiles the code and does not count. */
const RUNS = sizeOf(3, { small: 1 })
const PERSON = { id: 'adm_bench', name: 'bench' }

export const departure: Benchmark = {
  name: 'departure',
  about: `a human with ${AGENTS} agents, each on a connected device of its own, is deactivated`,
  unit: 'ms',
  limit: `p99 of the receipts under ${LIMIT_MS} ms`,
  async run(report) {
    buildBundle('surety-directory')
    using fleet = startFleet({ processes: 1, cores: OTHER_CORE })
    const known = await fleet.all<KnownDevice>(() => ({
      kind: 'make',
      first: 0,
      count: AGENTS,
      perAddress: PER_ADDRESS,
    }))
    const owners: string[] = []
    await using server = await startDirectoryServer({
      cores: SERVER_CORE,
      async seed(path) {
        await seedKnownDevices(path, known)
        owners.push(...(await seedOwners(path, known)))
      },
    })
    const { url, ca } = await server.token()
    await fleet.all(() => ({ kind: 'connect', port: Number(new URL(url).port), ca, atOnce: AT_ONCE }))
    for (const [run, owner] of owners.entries()) {
      const answering = fleet.all<StopTimes>(() => ({ kind: 'answer-stop' }))
      await delay(500)
      const cpu = cpuSeconds(server.pid)
      const start = performance.timeOrigin + performance.now()
      const body = { reason: 'bench' }
      const left = (await server.ask('POST', `/humans/${owner}/deactivation`, body)) as { agents: { ended: number } }
      const decidedMs = performance.timeOrigin + performance.now() - start
      const decidedCpuMs = (cpuSeconds(server.pid) - cpu) * 1000
      const times = await answering
      const cpuMs = (cpuSeconds(server.pid) - cpu) * 1000
      if (left.agents.ended !== AGENTS) throw new Error(`not all agents retire: ${JSON.stringify(left.agents.ended)}`)
      if (run === 0) continue
      const ordered = times.map(({ orderedAt }) => orderedAt - start)
      const answered = times.map(({ acknowledgedAt }) => acknowledgedAt - start)
      const p99 = quantile(answered, 0.99)
      report({
        name: 'departure-p99',
        value: rounded(p99),
        unit: 'ms',
        ratio: rounded(p99 / LIMIT_MS),
        against:
          `${LIMIT_MS} ms, from the request to the acknowledged receipt, ${answered.length} agents on as many devices; on the ` +
          `record after ${rounded(decidedMs)} ms; half of the orders arrived after ${rounded(median(ordered))} ms, 99 % after ` +
          `${rounded(quantile(ordered, 0.99))} ms; all receipts after ${rounded(Math.max(...answered))} ms; ` +
          `${rounded(decidedCpuMs)} ms of CPU of the directory until the answer, ${rounded(cpuMs)} ms in all`,
      })
    }
  },
}

/** A human for each run, with an active agent on each device. @returns their ids. */
async function seedOwners(path: string, known: readonly KnownDevice[]): Promise<readonly string[]> {
  using database = openStore(path)
  const store = directoryStore(sqliteDatabase(database))
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
  const base = { store, random, clock: { now: () => Date.now() } }
  const agents = registrations({
    ...base,
    registerStops: registerStops({ ...base, twoPersons: twoPersons(base, STOPS_INIT) }),
    changes: new Changes(),
  })
  return await store.transaction(async () => {
    const owners: string[] = []
    for (let run = 0; run <= RUNS; run++) {
      const owner = (await humans(base).add({ userName: `owner-${run}` }, PERSON)).human.id
      owners.push(owner)
      for (const { id: device } of known) {
        const criteria = { products: [`product-${run}`], device }
        await agents.create({ name: 'bench', purpose: 'bench', criteria, owner, state: 'active' }, { person: PERSON })
      }
    }
    return owners
  })
}
