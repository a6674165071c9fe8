import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import {
  agentSighting as agent,
  extensionSighting as extension,
  mcpServerSighting as mcpServer,
  unknownAgent as unknown,
} from '../../support/protocol/sample-sightings.ts'

const HOUR_MS = 3_600_000
const AUTONOMOUS = { autonomy: { level: 'autonomous' as const, because: [{ by: 'flag' as const, name: '--yolo' }] } }
const ASKS = { autonomy: { level: 'asks' as const, because: [{ by: 'default' as const, name: 'asks' }] } }

let directory: TestDirectory
let device: string
let snapshots = 0
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
})

async function snapshot(...items: readonly Sighting[]) {
  const sightings = { mode: 'full' as const, snapshot: `${snapshots++}`, part: 0, parts: 1, items: [...items] }
  const { store, clock } = directory
  await store.transaction(() => applySightings(store, device, { sightings, at: clock.now() }))
}

async function delta(items: readonly Sighting[], gone: readonly string[] = []) {
  const sightings = { mode: 'delta' as const, items: [...items], gone: gone.map((digit) => digit.repeat(32)) }
  const { store, clock } = directory
  await store.transaction(() => applySightings(store, device, { sightings, at: clock.now() }))
}

/** What came onto the record, oldest first. */
function news() {
  return directory.database
    .prepare(
      `SELECT kind, detail_json AS json FROM activity WHERE device = ? AND (kind LIKE '%agent%' OR kind LIKE 'mcp%')
         AND kind <> 'agent-unknown' ORDER BY id`,
    )
    .all(device)
    .map(({ kind, json }) => [kind, JSON.parse(String(json))] as const)
}
const kinds = () => news().map(([kind]) => kind)

test('the first full snapshot records no activity, even before it is complete', async () => {
  await delta([agent('1', AUTONOMOUS)])
  await snapshot(agent('1', AUTONOMOUS), agent('2', { catalogueId: 'codex' }), mcpServer('3'), extension('4'))
  expect(kinds()).toEqual([])
})

test('records a new agent once, however often it runs', async () => {
  await snapshot()
  await delta([agent('1', { user: { id: '1000', name: 'alice' } })])
  await delta([agent('2')], ['1'])
  await snapshot(agent('3'))
  expect(news()).toEqual([
    [
      'agent-appeared',
      {
        sighting: '1'.repeat(32),
        name: 'Claude Code',
        version: '2.1.0',
        state: 'running',
        agent: 'claude-code',
        user: 'alice',
      },
    ],
  ])
})

test('records an unknown agent even in the first snapshot', async () => {
  await snapshot(unknown('1', { name: `new ${HOSTILE_NAME}` }))
  await snapshot(unknown('2', { name: `new ${HOSTILE_NAME}` }))
  expect(news()).toEqual([
    ['unknown-agent-appeared', { sighting: '1'.repeat(32), name: `new ${HOSTILE_NAME}`, state: 'running', score: 7 }],
  ])
})

test('records an agent that becomes autonomous, at most once a day', async () => {
  await snapshot(agent('1', ASKS))
  await delta([agent('1', AUTONOMOUS)])
  expect(news()).toEqual([['agent-autonomous', expect.objectContaining({ because: 'flag --yolo' })]])
  await delta([agent('1', { ...AUTONOMOUS, version: '3' })])
  await delta([], ['1'])
  await directory.clock.advance(HOUR_MS)
  await delta([agent('2', AUTONOMOUS)])
  // It runs on for days, and is reported again for other reasons.
  await directory.clock.advance(50 * HOUR_MS)
  await delta([agent('2', { ...AUTONOMOUS, version: '4' })])
  expect(kinds()).toEqual(['agent-autonomous'])
  await delta([], ['2'])
  await directory.clock.advance(25 * HOUR_MS)
  await delta([agent('3', AUTONOMOUS)])
  expect(kinds()).toEqual(['agent-autonomous', 'agent-autonomous'])
})

test('records autonomy of each user of a product, each at most once a day', async () => {
  const alice = { user: { id: '1000', name: 'alice' } }
  const bob = { user: { id: '1001', name: 'bob' } }
  await snapshot()
  await delta([agent('1', { ...AUTONOMOUS, ...alice })])
  await delta([agent('2', { ...AUTONOMOUS, ...bob })])
  await delta([agent('3', { ...AUTONOMOUS, ...bob })], ['2'])
  await delta([agent('3', { ...ASKS, ...bob })])
  await delta([agent('3', { ...AUTONOMOUS, ...bob })])
  await delta([agent('4', { ...AUTONOMOUS, ...bob, catalogueId: 'codex' })])
  await directory.clock.advance(25 * HOUR_MS)
  // Alice's ran all the time, Bob's ends just now.
  await delta([agent('5', { ...AUTONOMOUS, ...alice })])
  await delta([], ['3'])
  await delta([agent('6', { ...AUTONOMOUS, ...bob })])
  const autonomous = news().filter(([kind]) => kind === 'agent-autonomous')
  expect(autonomous.map(([, { agent: product, user }]) => [product, user])).toEqual([
    ['claude-code', 'alice'],
    ['claude-code', 'bob'],
    ['codex', 'bob'],
  ])
})

test('a first snapshot with several autonomous users of a product records none of them', async () => {
  const users = ['alice', 'bob', 'carol'].map((name, at) => ({ user: { id: `${1000 + at}`, name } }))
  await snapshot(...users.map((user, at) => agent(`${at + 1}`, { ...AUTONOMOUS, ...user })))
  expect(kinds()).toEqual([])
})

test('records a changed launch with both hashes, even after the entry was gone', async () => {
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]
  await snapshot(mcpServer('1', { launchHash: a }))
  await delta([mcpServer('1', { launchHash: a, version: '2' })])
  await delta([mcpServer('1', { launchHash: b })])
  await delta([], ['1'])
  await delta([mcpServer('1', { launchHash: a })])
  // Another entry of that name is another server.
  await delta([mcpServer('2', { launchHash: b })])
  const changed = (before: string, after: string) => [
    'mcp-launch-changed',
    {
      sighting: '1'.repeat(32),
      name: 'files',
      client: 'cursor',
      configuration: '/home/alice/.cursor/mcp.json',
      before,
      after,
    },
  ]
  expect(news()).toEqual([changed(a, b), changed(b, a)])
})

test('limits activity of one kind to a hundred a device, and records more as such', async () => {
  await snapshot(mcpServer('1'))
  for (let i = 0; i < 150; i++) await delta([mcpServer('1', { launchHash: `${i}`.padStart(32, '0') })])
  const all = news()
  expect([all.length, all.at(-1)?.[1].moreNotKept]).toEqual([100, true])
})
