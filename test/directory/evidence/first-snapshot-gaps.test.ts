import { applyEvidence } from '../../../src/directory/evidence/apply-evidence.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { fleetStore } from '../../../src/directory/store/fleet-store.ts'
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
  const report = (sightings: Sightings, sources?: readonly SourceReport[]) => {
    sequence++
    const head = { eat_profile: EVIDENCE_PROFILE, sub: DEVICE, iat: 1, epoch: 1, sequence, previous: ZEROS } as const
    const evidence = { ...head, bootId: 'b', uptimeMs: 1, sightings }
    const reported = sources === undefined ? evidence : { ...evidence, sources: [...sources] }
    store.transaction(() => applyEvidence(store, { device: DEVICE, evidence: reported, at: NOW + sequence * HOUR_MS }))
  }
  return {
    full(sources: readonly SourceReport[], ...items: readonly Sighting[]) {
      report({ mode: 'full', snapshot: `s${sequence}`, part: 0, parts: 1, items: [...items] }, sources)
    },
    delta(sources: readonly SourceReport[] | undefined, ...items: readonly Sighting[]) {
      report({ mode: 'delta', items: [...items], gone: [] }, sources)
    },
    part(of: readonly [part: number, parts: number], sources: readonly SourceReport[], ...items: readonly Sighting[]) {
      report({ mode: 'full', snapshot: 'parts', part: of[0], parts: of[1], items: [...items] }, sources)
    },
    newOnes(): string[] {
      const newSince = NOW - HOUR_MS
      const list = (kind: 'agent' | 'extension' | 'mcp-server') =>
        fleetStore(sqliteDatabase(database)).seen({ kind, limit: 50, isConnected: () => true, newSince }).items
      const all = [...list('agent'), ...list('extension'), ...list('mcp-server')]
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

test.each<[string, (device: Device) => void, string[]]>([
  [
    'a home that could not be read at first, when it is',
    (device) => {
      device.full([users, chromium(CLOSED)])
      device.full([users, chromium()], extension('a'), extension('b'))
    },
    [],
  ],
  [
    'the same, as a delta',
    (device) => {
      device.full([users, chromium(CLOSED)])
      device.delta([users, chromium()], extension('a'))
    },
    [],
  ],
  [
    'a home that is reported with another path when it is read',
    (device) => {
      device.full([users, installedAt(CLOSED)])
      device.full([users, installedAt({ path: '/var/home/alice' })], agent('a', '/var/home/alice/.local/bin/a'))
    },
    [],
  ],
  [
    'a folder in it that could not be read even then',
    (device) => {
      device.full([users, chromium(CLOSED)])
      device.full([users, chromium(), chromium({ ...CLOSED, path: `${HOME}/.config/chromium` })], extension('a'))
      device.delta([users, chromium()], extension('b'))
    },
    [],
  ],
  [
    'what is reported in parts, the sources first',
    (device) => {
      device.full([users, chromium(CLOSED)])
      device.part([0, 2], [users, chromium()], extension('a'))
      device.part([1, 2], [], extension('b'))
    },
    [],
  ],
  [
    'what lay behind a bound',
    (device) => {
      device.full([users, chromium(), chromium(LARGE)])
      device.delta([users, chromium()], extension('a'))
    },
    [],
  ],
  [
    'the homes of all, when the list of people could not be read at first',
    (device) => {
      device.full([{ ...users, ...CLOSED }])
      device.full([users, chromium()], extension('a'))
    },
    [],
  ],
])('not new: %s', (_, report, names) => {
  using database = migratedStore()
  const device = deviceIn(database)
  report(device)
  expect(device.newOnes()).toEqual(names)
})

test.each<[string, (device: Device) => void, string[]]>([
  [
    'what appears after the home was read',
    (device) => {
      device.full([users, chromium(CLOSED)])
      device.full([users, chromium()], extension('a'))
      device.delta([users, chromium({ items: 2 })], extension('b'))
      device.delta(undefined, extension('c'))
    },
    ['b', 'c'],
  ],
  [
    'what appears in a home that was read, then was not for a while',
    (device) => {
      device.full([users, chromium()], extension('a'))
      device.full([users, chromium(CLOSED)])
      device.full([users, chromium()], extension('a'), extension('b'))
    },
    ['b'],
  ],
  [
    'the same, where it could not be read at first either',
    (device) => {
      device.full([users, chromium(CLOSED)])
      device.full([users, chromium()])
      device.full([users, chromium(CLOSED)])
      device.full([users, chromium()], extension('b'))
    },
    ['b'],
  ],
  [
    'what appears beside a file that can never be read',
    (device) => {
      const broken = chromium({ ...CLOSED, path: `${HOME}/.config/chromium/Old/Preferences` })
      device.full([users, chromium(), broken])
      device.delta([users, chromium({ items: 1 }), broken], extension('a'))
      device.full([users, chromium({ items: 1 }), broken], extension('a'), extension('b'))
    },
    ['a', 'b'],
  ],
  [
    'what appears while what is behind a bound stays there',
    (device) => {
      device.full([users, chromium(), chromium(LARGE)])
      device.delta([users, chromium({ items: 1 }), chromium(LARGE)], extension('a'))
    },
    ['a'],
  ],
  [
    'what appears elsewhere when a home is read for the first time',
    (device) => {
      device.full([users, chromium(CLOSED), report('mcp-servers'), chromium({ user: BOB, path: '/home/bob' })])
      device.full(
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
    (device) => {
      device.full([users, installedAt(), installedAt({ ...CLOSED, path: `${HOME}/a/bin` })])
      device.delta([users, installedAt()], agent('a', `${HOME}/a/bin/a`), agent('b', `${HOME}/b/bin/b`))
    },
    ['b'],
  ],
  [
    'what appears in a home of a user who was added later',
    (device) => {
      device.full([users])
      device.full([users, chromium()], extension('a'))
    },
    ['a'],
  ],
])('new: %s', (_, report, names) => {
  using database = migratedStore()
  const device = deviceIn(database)
  report(device)
  expect(device.newOnes()).toEqual(names)
})

test('what is not new is not recorded and stays known', () => {
  using database = migratedStore()
  const device = deviceIn(database)
  device.full([users, installedAt(CLOSED)])
  device.full([users, installedAt()], agent('a', `${HOME}/a`))
  expect(device.events()).toEqual([])
  device.full([users, installedAt()])
  device.full([users, installedAt()], agent('a', `${HOME}/a`), agent('b', `${HOME}/b`))
  expect([device.newOnes(), device.events()]).toEqual([['b'], ['agent-appeared']])
})

test('comparing gaps takes linear time', async () => {
  const compare = (places: number) => {
    using database = migratedStore()
    const device = deviceIn(database)
    const failing = Array.from({ length: places }, (_, n) =>
      chromium({ ...CLOSED, path: `${HOME}/${'d/'.repeat(n % 50)}${n}` }),
    )
    device.full([users, chromium(), ...failing])
    device.delta([users, chromium(), ...failing.slice(1)], extension('a'))
    expect(device.newOnes()).toEqual([])
  }
  expect(await isLinear(compare, 4_900)).toBe(true)
})
