import { join } from 'node:path'
import { allRoutes } from '../src/directory/all-routes.ts'
import type { RouteRequest } from '../src/directory/http/route.ts'
import { inbox } from '../src/directory/seen/inbox.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { fleetSummary } from '../src/directory/summary/summary.ts'
import { type Benchmark, quantile, rounded, sizeOf, timesMs } from './benchmark.ts'
import { AGENTS, DEVICES, fillRegister, HUMANS, NOW, SIGHTINGS } from './fill-register.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const LIMIT_MS = 50
const RUNS = sizeOf(100, { small: 4 })

const AUDITOR = { id: 'adm_1', kind: 'administrator', name: 'ada', role: 'auditor' } as const

type Query = Readonly<Record<string, string | number>>

/** Each is one request. `at` differs from run to run. */
const QUESTIONS: readonly (readonly [operation: string, about: string, query: (at: number) => Query])[] = [
  ['getSummary', 'counts by state', () => ({})],
  ['listInbox', '', () => ({})],
  ['listInbox', '500 at once', () => ({ limit: 500 })],
  ['listInbox', 'all', () => ({ state: 'all' })],
  ['listInbox', 'blocked', () => ({ state: 'blocked' })],
  ['listInbox', 'ignored', () => ({ state: 'ignored' })],
  ['listInbox', 'common product', () => ({ product: 'product-1' })],
  ['listInbox', 'rare product', (at) => ({ product: `unknown/bot ${at * 5_000 + 4}` })],
  ['listInbox', 'device', (at) => ({ device: deviceOf(at * 997), state: 'all' })],
  ['listInbox', 'human', (at) => ({ human: idOf('hum', (at * 31) % HUMANS), state: 'all' })],
  ['listInbox', 'registration', (at) => ({ registration: idOf('agt', at * 977) })],
  ['listInbox', 'autonomous', () => ({ autonomous: 'yes' })],
  ['listInbox', 'autonomous product', () => ({ autonomous: 'yes', product: 'product-2' })],
  ['listInbox', 'deviating', () => ({ deviating: 'yes' })],
  ['listInbox', 'rare', () => ({ onAtMostDevices: 3 })],
  ['listInbox', 'rare and autonomous', () => ({ onAtMostDevices: 3, autonomous: 'yes' })],
  ['listInbox', 'rare and blocked', () => ({ onAtMostDevices: 1, state: 'blocked' })],
  ['listInbox', 'new', () => ({ newWithinDays: 7 })],
  ['listInbox', 'new and autonomous', () => ({ newWithinDays: 1, autonomous: 'yes' })],
  ['listInbox', 'search', (at) => ({ search: `bot ${at}` })],
  ['listInbox', 'search common', () => ({ search: 'b' })],
  ['listInbox', 'search and autonomous', () => ({ search: 'product', autonomous: 'yes' })],
  ['listInbox', 'beginning of an id', (at) => ({ named: idOf('sga', at * 4_999).slice(0, 20) })],
  ['listRegistrations', '', () => ({})],
  ['listRegistrations', 'active', () => ({ state: 'active' })],
  ['listRegistrations', 'suspended', () => ({ state: 'suspended' })],
  ['listRegistrations', 'owner', (at) => ({ owner: idOf('hum', (at * 31) % HUMANS) })],
  ['listRegistrations', 'expires within 90 days', () => ({ expiresWithin: '90d' })],
  ['listRegistrations', 'search common', () => ({ search: 'agent' })],
  ['listRegistrations', 'search common among active', () => ({ search: 'agent', state: 'active' })],
  ['listRegistrations', 'search among active', (at) => ({ search: `agent ${at * 4_999}`, state: 'active' })],
  ['listRegistrations', 'name', (at) => ({ named: `agent ${at * 4_999}` })],
  ['listAgents', 'rare', () => ({ onAtMostDevices: 3 })],
  ['listZombies', '', () => ({})],
  ['listZombies', 'reason', () => ({ reason: 'idle' })],
  ['listZombies', 'rare reason', () => ({ reason: 'expired' })],
  ['listZombies', 'done', () => ({ done: 'reported' })],
  ['listZombies', 'owner', (at) => ({ owner: idOf('hum', (at * 31) % HUMANS) })],
  ['listZombies', 'name', (at) => ({ named: `agent ${at * 500}` })],
  ['listZombies', 'search', (at) => ({ search: `agent ${at}` })],
  ['listZombies', 'search common', () => ({ search: 'agent' })],
  ['listZombies', 'by since', () => ({ sort: 'since' })],
  ['listZombies', 'newest with a reason', () => ({ sort: 'since', order: 'descending', reason: 'idle' })],
  ['search', 'a person', (at) => ({ q: `user${at}` })],
  ['search', 'part of a whole name', (at) => ({ q: `uman ${at}` })],
  ['search', 'a host', (at) => ({ q: `laptop-${at * 97}` })],
  ['search', 'a registration', (at) => ({ q: `agent ${at * 4_999}` })],
  ['search', 'a product', (at) => ({ q: `unknown/bot ${at * 5_000 + 4}` })],
  ['search', 'nothing', (at) => ({ q: `nothing like ${at}` })],
  ['search', 'one letter', (at) => ({ q: 'abcdefghijklmnopqrstuvwxyz'.charAt(at % 26) })],
  ['search', 'an id', (at) => ({ q: idOf('dev', (at * 997) % DEVICES) })],
  ['listZombies', 'by since with a rare reason', () => ({ sort: 'since', reason: 'expired' })],
  ['listZombies', 'reason and done', () => ({ reason: 'idle', done: 'warned' })],
  ['listZombies', 'reason and search common', () => ({ reason: 'idle', search: 'agent' })],
  ['listPreregistrations', '', () => ({})],
  ['listPreregistrations', 'used', () => ({ used: 'yes' })],
  ['listPreregistrations', 'name', (at) => ({ named: `SERIAL-${at * 99}` })],
  ['listPreregistrations', 'search', (at) => ({ search: `serial-${at}` })],
  ['listPreregistrations', 'search common', () => ({ search: 'serial' })],
  ['listPreregistrations', 'search common by owner', () => ({ search: 'serial', sort: 'owner' })],
  ['listPreregistrations', 'search an owner', (at) => ({ search: `user${at}` })],
  ['listPreregistrations', 'by name', () => ({ sort: 'name' })],
  ['listPreregistrations', 'by owner', () => ({ sort: 'owner' })],
  ['listPreregistrations', 'newest', () => ({ sort: 'added', order: 'descending' })],
  ['listHumans', '', () => ({})],
  ['listHumans', 'search common', () => ({ search: 'user' })],
  ['listAccounts', '', () => ({})],
  ['listAccounts', 'state', () => ({ state: 'proposed' })],
  ['listAccounts', 'human', (at) => ({ human: idOf('hum', (at * 31) % HUMANS) })],
]

export const registerLists: Benchmark = {
  name: 'register-lists',
  about: `one page of each list of ${AGENTS} seen agents and registrations on ${DEVICES} devices, ${SIGHTINGS} sightings`,
  unit: 'ms',
  limit: `p99 under ${LIMIT_MS} ms`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const startedAt = performance.now()
    fillRegister(database)
    console.error(`filled in ${Math.round((performance.now() - startedAt) / 1000)} s`)
    const store = directoryStore(sqliteDatabase(database))
    const routes = allRoutes(componentsOf(store))
    for (const [operation, about, queryOf] of QUESTIONS) {
      const route = routes.find(({ operationId }) => operationId === operation)
      if (route === undefined) throw new Error(`there is no route ${operation}`)
      let [at, cursor] = [0, undefined as unknown]
      // Every other run continues where the one before it ended.
      const cpuMs: number[] = []
      const times = await timesMs(RUNS, async () => {
        at++
        const before = process.cpuUsage()
        const query = at % 2 === 0 && cursor !== undefined ? { ...queryOf(at - 1), cursor } : queryOf(at)
        const answer = await route.answer({ query, params: {}, principal: AUDITOR } as unknown as RouteRequest<
          unknown,
          unknown,
          unknown
        >)
        cursor = Object(answer).next
        const { user, system } = process.cpuUsage(before)
        cpuMs.push((user + system) / 1000)
      })
      const value = quantile(times, 0.99)
      report({
        name: ['register-lists', operation, about].filter((word) => word !== '').join(' '),
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / LIMIT_MS),
        against: `${LIMIT_MS} ms; median ${rounded(quantile(times, 0.5))} ms; p99 ${rounded(quantile(cpuMs, 0.99))} ms of CPU`,
      })
    }
  },
}

function idOf(kind: 'dev' | 'hum' | 'agt' | 'sga', number: number): string {
  return `${kind}_${String(number).padStart(21, '0')}A`
}

function deviceOf(at: number): string {
  return idOf('dev', at % DEVICES)
}

/** What the routes that are asked need. */
function componentsOf(store: ReturnType<typeof directoryStore>): Parameters<typeof allRoutes>[0] {
  const policies = {
    current: async () => ({ version: 0 }),
    weightOf: () => ({ weight: 'required', differs: false }),
  }
  const clock = { now: () => NOW }
  return {
    inbox: inbox({ store } as unknown as Parameters<typeof inbox>[0]),
    store,
    isConnected: () => true,
    signIn: {},
    clock,
    policies,
    summary: fleetSummary({ store, policies, clock, connected: () => DEVICES, version: '0' }),
  } as unknown as Parameters<typeof allRoutes>[0]
}
