import { join } from 'node:path'
import { CHECKS } from '../src/checks/checks.ts'
import { allRoutes } from '../src/directory/all-routes.ts'
import { NO_HEAD } from '../src/directory/devices/device.ts'
import type { RouteRequest } from '../src/directory/http/route.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { fleetSummary } from '../src/directory/summary/summary.ts'
import { ownProcessUse, watchingRoutes } from '../src/directory/watching/routes.ts'
import { TIERS } from '../src/protocol/tier.ts'
import { agentSighting, mcpServerSighting } from '../test/support/protocol/sample-sightings.ts'
import { type Benchmark, median, rounded, sizeOf, timesMs } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const DEVICES = sizeOf(100_000, { small: 500 })
const LIMIT_MS = 50
const RUNS = sizeOf(5, { small: 1 })
const HOUR_MS = 3_600_000
const NOW = 1_800_000_000_000

/** Each is one request; the first page of a list counts the whole list too. */
const QUESTIONS: readonly (readonly [operation: string, query: Readonly<Record<string, string | number>>])[] = [
  ['getSummary', {}],
  ['listChecks', {}],
  ['getMetrics', {}],
  ['listDevices', {}],
  ['listDevices', { verdict: 'compliant' }],
  ['listDevices', { verdict: 'not-compliant' }],
  ['listDevices', { verdict: 'stale' }],
  ['listDevices', { failing: CHECKS[3] ?? '' }],
  ['listDevices', { failing: CHECKS[13] ?? '', sort: 'owner' }],
  ['listDevices', { owner: 'owner-77' }],
  ['listDevices', { tier: 'tpm', os: 'ubuntu 24' }],
  ['listDevices', { label: 'role=server' }],
  ['listDevices', { name: '*-00777*' }],
  ['listDevices', { olderThanMs: 10 * HOUR_MS }],
  ['listDevices', { presence: 'silent' }],
  ['listDevices', { presence: 'silent', sort: 'heard' }],
  ['listDevices', { tamperSign: 'any' }],
  ['listDevices', { tamperSign: 'stopped', sort: 'owner' }],
  ['listDevices', { silentTooLong: 'yes' }],
  ['listDevices', { daemonOlderThan: '1.5.0' }],
  ['listDevices', { updates: 'failed', channel: 'stable' }],
  ['listDevices', { warning: 'SETTINGS_REFUSED' }],
  ['listDevices', { named: 'laptop-099999' }],
  ['listDevices', { sort: 'verdict' }],
  ['listDevices', { sort: 'host', order: 'descending' }],
  ['listDevices', { sort: 'heard', verdict: 'compliant', failing: CHECKS[13] ?? '', os: 'debian', limit: 500 }],
]

export const fleetPages: Benchmark = {
  name: 'pages',
  about: `one page of each question about ${DEVICES} devices, with its total`,
  unit: 'ms',
  limit: `under ${LIMIT_MS} ms`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const store = directoryStore(sqliteDatabase(database))
    for (let from = 0; from < DEVICES; from += 5_000) await store.transaction(() => seed(store, from, from + 5_000))
    const isConnected = (device: string) => Number(device.slice(-6)) % 10 !== 0
    for (let at = 0; at < DEVICES; at++) if (isConnected(idOf(at))) store.presence.entered(idOf(at))
    const common = { store, connected: () => DEVICES * 0.9, clock: { now: () => NOW }, version: '1.5.0' }
    const policies = {
      current: async () => ({ version: 0 }),
      weightOf: () => ({ weight: 'required', differs: false }),
    }
    const routes = [
      ...allRoutes({
        ...common,
        isConnected,
        policies,
        signIn: {},
        summary: fleetSummary({ ...common, policies }),
      } as unknown as Parameters<typeof allRoutes>[0]),
      ...watchingRoutes({ ...common, hasFailed: () => false, processUse: ownProcessUse }),
    ]
    for (const [operation, query] of QUESTIONS) {
      const route = routes.find(({ operationId }) => operationId === operation)
      if (route === undefined) throw new Error(`there is no route ${operation}`)
      const request = { query, params: {}, body: undefined } as unknown as RouteRequest<unknown, unknown, unknown>
      const value = median(await timesMs(RUNS, () => route.answer(request)))
      const words = Object.entries(query).map(([name, word]) => `${name}=${word}`)
      report({
        name: [`pages ${operation}`, ...words].join(' '),
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / LIMIT_MS),
        against: `${LIMIT_MS} ms`,
      })
    }
  },
}

function idOf(at: number): string {
  return `dev_${String(at).padStart(22, '0')}`
}

/**
 * A tenth are not heard for a day and stale, a fifth fail checks and have a health warning, a hundredth are servers. A tenth have an
 * old daemon, a fiftieth have tamper signs.
 */
async function seed(store: DirectoryStore, from: number, to: number): Promise<void> {
  if (from === 0) {
    const token = { id: 't', secretHash: '', owner: 'o', minimumTier: 'software', uses: DEVICES, used: 0 } as const
    await store.tokens.put({ ...token, createdAt: 0, expiresAt: NOW })
  }
  for (let at = from; at < to; at++) {
    const id = idOf(at)
    const hostname = `laptop-${String(at).padStart(6, '0')}`
    const heardAt = at % 10 === 3 ? NOW - 24 * HOUR_MS : NOW - (at % 60) * 60_000
    await store.devices.put({
      id,
      epoch: 1,
      status: 'active',
      sequence: 0,
      head: NO_HEAD,
      lastOrder: 0,
      notes: [],
      owner: `owner-${at % 1_000}`,
      token: 't',
      tier: TIERS[at % 4] ?? 'tpm',
      applicationKey: id,
      enrolledAt: NOW - at * 60_000,
      attestedAt: heardAt,
      attestationPublic: 'x'.repeat(200),
      endorsement: { publicHash: id, maker: 'Maker', model: 'Model', firmware: '1' },
      pcrs: Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${index}`, 'ab'.repeat(32)])),
      label: { hostname, platform: 'linux', arch: 'x64', serial: `S-${at}`, machineId: id },
    })
    await store.devices.putAttestation(id, { at: heardAt })
    if (at % 100 === 0) await store.devices.putLabels(id, { role: 'server' })
    const failing = (index: number) => at % 5 === 0 && index % 5 === 3
    for (const [index, check] of CHECKS.entries()) {
      const finding = failing(index)
        ? { check, state: 'fail' as const, detail: 'not as it should be', since: heardAt }
        : { check, state: 'pass' as const, detail: 'as it should be' }
      await store.findings.put(id, finding, heardAt)
    }
    const os = { osName: at % 3 === 0 ? 'Debian GNU/Linux' : 'Ubuntu', osVersion: at % 3 === 0 ? '13' : '24.04' }
    const daemon = {
      version: at % 10 === 0 ? '1.4.2' : '1.5.0',
      updates: at % 10 === 0 ? 'failed' : 'current',
      channel: 'stable',
    } as const
    await store.reports.putInventory(
      id,
      { hostname, platform: 'linux', arch: 'x64', kernel: '6.12', ...os, daemon },
      heardAt,
    )
    if (at % 5 === 0)
      await store.reports.putHealth(id, [{ code: 'SETTINGS_REFUSED', remedy: 'mend', since: 1 }], heardAt)
    if (at % 10 === 3) await store.silence.put(id, { heardAt, noticedAt: NOW })
    for (let sign = 0; sign < 5 && at % 50 === 0; sign++)
      await store.tamper.add(id, { kind: 'stopped', time: sign }, heardAt)
    await store.results.put(id, {
      verdict: at % 5 === 0 ? 'not-compliant' : 'compliant',
      tier: 'tpm',
      reasons: [],
      proven: [],
      reported: [],
      appraisedAt: heardAt,
      validUntil: heardAt + 2 * HOUR_MS,
    })
    await store.sightings.put(id, agentSighting('1'), { snapshot: 's', at: heardAt })
    await store.sightings.put(id, mcpServerSighting('2', { plaintextSecret: at % 7 === 0 }), {
      snapshot: 's',
      at: heardAt,
    })
  }
}
