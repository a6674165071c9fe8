import { applyEvidence } from '../../../src/directory/evidence/apply-evidence.ts'
import { fleetStore } from '../../../src/directory/fleet/stored/fleet-store.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { EVIDENCE_PROFILE, type Sightings } from '../../../src/protocol/messages/evidence.ts'
import type { Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { seedFleet } from '../../support/directory/seeded-fleet.ts'
import { isLinear } from '../../support/linear-cost.ts'
import { agentSighting, extensionSighting, mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

/** What shows when a place is read for the first time was there before, for all we know: it is not new on its device. */

const NOW = Date.UTC(2026, 10, 25)
const HOUR_MS = 3_600_000
const DEVICE = `dev_${'0'.padStart(21, '0')}A`
const ALICE = { id: '1000', name: 'alice' }
const BOB = { id: '1001', name: 'bob' }
const HOME = '/home/alice'

const report = (source: string, more: Partial<SourceReport> = {}): SourceReport => ({
  source,
  state: 'parsed',
  items: 0,
  durationMs: 0,
  path: HOME,
  user: ALICE,
  ...more,
})
const CLOSED = { state: 'unreadable', reason: 'a folder on the way is a link' } as const
const LARGE = { state: 'too-large', reason: 'only 400 of 900 findings are reported' } as const
const users: SourceReport = { source: 'users', state: 'parsed', items: 2, durationMs: 0 }
const chromium = (more: Partial<SourceReport> = {}) => report('chromium-extensions', more)
const installedAt = (more: Partial<SourceReport> = {}) => report('installed-agents', more)
const extension = (name: string, more: Partial<Sighting> = {}) =>
  extensionSighting('1', { id: name.repeat(32), extensionId: name, name, user: ALICE, ...(more as object) })
const agent = (name: string, path: string) =>
  agentSighting('1', { id: name.repeat(32), name, catalogueId: name, state: 'installed', user: ALICE, path })

function deviceIn(database: Database) {
  seedFleet(database, { devices: 1, sightings: 0 }, NOW)
  database.exec(`DELETE FROM sightings; DELETE FROM device_items; UPDATE devices SET first_snapshot_at = NULL`)
  const store = directoryStore(sqliteDatabase(database))
  let sequence = 0
  const report = async (sightings: Sightings, sources?: readonly SourceReport[]) => {
    sequence++
    const head = { eat_profile: EVIDENCE_PROFILE, sub: DEVICE, iat: 1, epoch: 1, sequence, previous: ZEROS } as const
    const evidence = { ...head, bootId: 'b', uptimeMs: 1, sightings }
    const reported = sources === undefined ? evidence : { ...evidence, sources: [...sources] }
    await store.transaction(() =>
      applyEvidence(store, { device: DEVICE, evidence: reported, at: NOW + sequence * HOUR_MS }),
    )
  }
  return {
    async full(sources: readonly SourceReport[], ...items: readonly Sighting[]) {
      await report({ mode: 'full', snapshot: `s${sequence}`, part: 0, parts: 1, items: [...items] }, sources)
    },
    async delta(sources: readonly SourceReport[] | undefined, ...items: readonly Sighting[]) {
      await report({ mode: 'delta', items: [...items], gone: [] }, sources)
    },
    async part(
      of: readonly [part: number, parts: number],
      sources: readonly SourceReport[],
      ...items: readonly Sighting[]
    ) {
      await report({ mode: 'full', snapshot: 'parts', part: of[0], parts: of[1], items: [...items] }, sources)
    },
    async newOnes(): Promise<string[]> {
      const newSince = NOW - HOUR_MS
      const list = async (kind: 'agent' | 'extension' | 'mcp-server') =>
        (await fleetStore(sqliteDatabase(database)).seen({ kind, limit: 50, isConnected: () => true, newSince })).items
      const all = [...(await list('agent')), ...(await list('extension')), ...(await list('mcp-server'))]
      return all.map(({ sighting }) => sighting.name).sort()
    },
    events: () =>
      database
        .prepare("SELECT kind FROM activity WHERE kind IN ('agent-appeared', 'agent-autonomous') ORDER BY id")
        .all()
        .map(({ kind }) => kind),
  }
}

type Device = ReturnType<typeof deviceIn>

test.each<[string, (device: Device) => Promise<void>, string[]]>([
  [
    'a home that could not be read at first, when it is',
    async (device) => {
      await device.full([users, chromium(CLOSED)])
      await device.full([users, chromium()], extension('a'), extension('b'))
    },
    [],
  ],
  [
    'the same, as a delta',
    async (device) => {
      await device.full([users, chromium(CLOSED)])
      await device.delta([users, chromium()], extension('a'))
    },
    [],
  ],
  [
    'a home that is reported with another path when it is read',
    async (device) => {
      await device.full([users, installedAt(CLOSED)])
      await device.full([users, installedAt({ path: '/var/home/alice' })], agent('a', '/var/home/alice/.local/bin/a'))
    },
    [],
  ],
  [
    'a folder in it that could not be read even then',
    async (device) => {
      await device.full([users, chromium(CLOSED)])
      await device.full([users, chromium(), chromium({ ...CLOSED, path: `${HOME}/.config/chromium` })], extension('a'))
      await device.delta([users, chromium()], extension('b'))
    },
    [],
  ],
  [
    'what is reported in parts, the sources first',
    async (device) => {
      await device.full([users, chromium(CLOSED)])
      await device.part([0, 2], [users, chromium()], extension('a'))
      await device.part([1, 2], [], extension('b'))
    },
    [],
  ],
  [
    'what lay behind a bound',
    async (device) => {
      await device.full([users, chromium(), chromium(LARGE)])
      await device.delta([users, chromium()], extension('a'))
    },
    [],
  ],
  [
    'the homes of all, when the list of people could not be read at first',
    async (device) => {
      await device.full([{ ...users, ...CLOSED }])
      await device.full([users, chromium()], extension('a'))
    },
    [],
  ],
])('not new: %s', async (_, report, names) => {
  using database = migratedStore()
  const device = deviceIn(database)
  await report(device)
  expect(await device.newOnes()).toEqual(names)
})

test.each<[string, (device: Device) => Promise<void>, string[]]>([
  [
    'what appears after the home was read',
    async (device) => {
      await device.full([users, chromium(CLOSED)])
      await device.full([users, chromium()], extension('a'))
      await device.delta([users, chromium({ items: 2 })], extension('b'))
      await device.delta(undefined, extension('c'))
    },
    ['b', 'c'],
  ],
  [
    'what appears in a home that was read, then was not for a while',
    async (device) => {
      await device.full([users, chromium()], extension('a'))
      await device.full([users, chromium(CLOSED)])
      await device.full([users, chromium()], extension('a'), extension('b'))
    },
    ['b'],
  ],
  [
    'the same, where it could not be read at first either',
    async (device) => {
      await device.full([users, chromium(CLOSED)])
      await device.full([users, chromium()])
      await device.full([users, chromium(CLOSED)])
      await device.full([users, chromium()], extension('b'))
    },
    ['b'],
  ],
  [
    'what appears beside a file that can never be read',
    async (device) => {
      const broken = chromium({ ...CLOSED, path: `${HOME}/.config/chromium/Old/Preferences` })
      await device.full([users, chromium(), broken])
      await device.delta([users, chromium({ items: 1 }), broken], extension('a'))
      await device.full([users, chromium({ items: 1 }), broken], extension('a'), extension('b'))
    },
    ['a', 'b'],
  ],
  [
    'what appears while what is behind a bound stays there',
    async (device) => {
      await device.full([users, chromium(), chromium(LARGE)])
      await device.delta([users, chromium({ items: 1 }), chromium(LARGE)], extension('a'))
    },
    ['a'],
  ],
  [
    'what appears elsewhere when a home is read for the first time',
    async (device) => {
      await device.full([users, chromium(CLOSED), report('mcp-servers'), chromium({ user: BOB, path: '/home/bob' })])
      await device.full(
        [users, chromium(), report('mcp-servers'), chromium({ user: BOB, path: '/home/bob' })],
        extension('a'),
        extension('b', { user: BOB }),
        mcpServerSighting('2', { user: ALICE }),
      )
    },
    ['b', 'files'],
  ],
  [
    'an agent in another folder than the one that is read for the first time',
    async (device) => {
      await device.full([users, installedAt(), installedAt({ ...CLOSED, path: `${HOME}/a/bin` })])
      await device.delta([users, installedAt()], agent('a', `${HOME}/a/bin/a`), agent('b', `${HOME}/b/bin/b`))
    },
    ['b'],
  ],
  [
    'what appears in a home of a user who was added later',
    async (device) => {
      await device.full([users])
      await device.full([users, chromium()], extension('a'))
    },
    ['a'],
  ],
])('new: %s', async (_, report, names) => {
  using database = migratedStore()
  const device = deviceIn(database)
  await report(device)
  expect(await device.newOnes()).toEqual(names)
})

test('what is not new is not recorded and stays known', async () => {
  using database = migratedStore()
  const device = deviceIn(database)
  await device.full([users, installedAt(CLOSED)])
  await device.full([users, installedAt()], agent('a', `${HOME}/a`))
  expect(device.events()).toEqual([])
  await device.full([users, installedAt()])
  await device.full([users, installedAt()], agent('a', `${HOME}/a`), agent('b', `${HOME}/b`))
  expect([await device.newOnes(), device.events()]).toEqual([['b'], ['agent-appeared']])
})

test('comparing gaps takes linear time', async () => {
  const compare = async (places: number) => {
    using database = migratedStore()
    const device = deviceIn(database)
    const failing = Array.from({ length: places }, (_, n) =>
      chromium({ ...CLOSED, path: `${HOME}/${'d/'.repeat(n % 50)}${n}` }),
    )
    await device.full([users, chromium(), ...failing])
    await device.delta([users, chromium(), ...failing.slice(1)], extension('a'))
    expect(await device.newOnes()).toEqual([])
  }
  expect(await isLinear(compare, 4_900)).toBe(true)
})
