import type { Activity } from '../../../src/directory/activity/activity.ts'
import { type ChangeStore, changeStore } from '../../../src/directory/activity/change-store.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../src/directory/store/directory-store.ts'
import { CHANGE_EXAMPLES, CHANGES } from '../../../src/protocol/nouns/directory/changes.ts'
import type { AuditAct } from '../../../src/protocol/nouns/directory/events.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { DEVICE, device, idOf, OTHER_DEVICE, token } from '../../contracts/stores/seeds.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

const SPAN = { since: 100, until: 200 }

let database: Database
beforeEach(() => {
  database = migratedStore()
})
afterEach(() => database.close())

async function filled() {
  const store = directoryStore(sqliteDatabase(database))
  await store.tokens.put(token())
  await store.devices.put(device())
  return store
}
const happens = (store: DirectoryStore, kind: Activity['kind'], at: number, rest: Partial<Activity> = {}) =>
  store.activity.add({ at, kind, device: DEVICE, ...rest })
const turns = (store: DirectoryStore, at: number, from: string, to: string, id = DEVICE) =>
  happens(store, 'verdict-changed', at, { device: id, detail: { from, to, reasons: [] } })
const acts = (store: DirectoryStore, act: AuditAct, at: number, subject: string, actor = 'directory') =>
  store.audit.add({ at, actor, act, subject, details: {} })
const counts = async ({ changes }: { readonly changes: ChangeStore }, span = SPAN) =>
  Object.fromEntries((await changes.changes(span)).map(({ change, count }) => [change, count]))

test('says nothing of an empty span, and nothing of what is before or at its end', async () => {
  const store = await filled()
  for (const at of [99, 200]) {
    await happens(store, 'enrolled', at)
    await happens(store, 'agent-appeared', at, { detail: { agent: 'claude-code' } })
    await turns(store, at, 'compliant', 'not-compliant')
    await acts(store, 'stop-created', at, 'stop_1')
  }
  expect(await counts(store)).toEqual({})
  expect(await counts(store, { since: 99, until: 100 })).toEqual({
    enrolled: 1,
    'agent-appeared': 1,
    'went-red': 1,
    'stop-created': 1,
  })
})

test('counts each device once, with its host name and its newest event', async () => {
  const store = await filled()
  for (const at of [100, 150, 120]) await happens(store, 'device-silent', at)
  await happens(store, 'device-silent', 130, { device: OTHER_DEVICE })
  expect(await store.changes.changes(SPAN)).toEqual([
    {
      change: 'device-silent',
      count: 2,
      examples: [
        { name: 'laptop', id: DEVICE, at: 150 },
        { name: OTHER_DEVICE, id: OTHER_DEVICE, at: 130 },
      ],
    },
  ])
})

test('counts all, and gives a few examples, the newest first', async () => {
  const store = await filled()
  for (let n = 0; n < 30; n++) await happens(store, 'enrolled', 100 + n, { device: idOf('dev', n + 10) })
  const [found] = await store.changes.changes(SPAN)
  expect(found).toMatchObject({ change: 'enrolled', count: 30 })
  expect(found?.examples.map(({ at }) => at)).toEqual([129, 128, 127, 126, 125])
  expect(found?.examples).toHaveLength(CHANGE_EXAMPLES)
})

test.each([
  ['to red', [['compliant', 'not-compliant']], 'went-red'],
  ['to green', [['unknown', 'compliant']], 'went-green'],
  ['to no verdict', [['compliant', 'unknown']], 'lost-verdict'],
  [
    'red, green, red',
    [
      ['compliant', 'not-compliant'],
      ['not-compliant', 'compliant'],
      ['compliant', 'not-compliant'],
    ],
    'went-red',
  ],
  [
    'red and green again',
    [
      ['compliant', 'not-compliant'],
      ['not-compliant', 'compliant'],
    ],
    'verdict-came-back',
  ],
])('takes the first and the last verdict of a device: %s', async (_, steps, change) => {
  const store = await filled()
  for (const [at, [from = '', to = '']] of steps.entries()) await turns(store, 150 + at, from, to)
  await turns(store, 99, 'not-compliant', 'compliant')
  await turns(store, 200, 'compliant', 'unknown')
  expect(await counts(store)).toEqual({ [change]: 1 })
})

test('takes two verdicts of one millisecond in the order of their events', async () => {
  const store = await filled()
  await turns(store, 150, 'compliant', 'not-compliant')
  await turns(store, 150, 'not-compliant', 'unknown')
  expect(await counts(store)).toEqual({ 'lost-verdict': 1 })
})

test('counts products, with devices, versions and where they act autonomously', async () => {
  const store = await filled()
  const agent = (kind: Activity['kind'], on: string, product: string, version: string) =>
    happens(store, kind, 150, { device: on, detail: { agent: product, name: 'Claude Code', version } })
  await agent('agent-appeared', DEVICE, 'claude-code', '2.1.40')
  await agent('agent-appeared', OTHER_DEVICE, 'claude-code', '2.1.41')
  await agent('agent-appeared', OTHER_DEVICE, 'claude-code', '2.1.41')
  await agent('agent-appeared', DEVICE, 'codex', '1.0')
  await agent('agent-autonomous', OTHER_DEVICE, 'claude-code', '2.1.41')
  const found = await store.changes.changes(SPAN)
  expect(found.find(({ change }) => change === 'agent-appeared')).toEqual({
    change: 'agent-appeared',
    count: 2,
    examples: [
      { name: 'claude-code', at: 150, devices: 2, versions: ['2.1.40', '2.1.41'], autonomous: 1 },
      { name: 'codex', at: 150, devices: 1, versions: ['1.0'] },
    ],
  })
  expect(found.find(({ change }) => change === 'agent-autonomous')?.examples).toEqual([
    { name: 'claude-code', at: 150, devices: 1, versions: ['2.1.41'] },
  ])
})

test('names an unrecognised agent by its key, and needs no version', async () => {
  const store = await filled()
  await happens(store, 'unknown-agent-appeared', 150, { detail: { name: 'helper', score: 80 } })
  const [found] = await store.changes.changes(SPAN)
  expect(found?.examples).toEqual([{ name: 'unknown/helper', at: 150, devices: 1 }])
})

test('counts what was acted on once, whichever of its acts, with the last who did it', async () => {
  const store = await filled()
  await acts(store, 'human-deactivated', 110, 'hum_1', 'adm_1')
  await acts(store, 'human-deleted', 120, 'hum_1', 'adm_2')
  await acts(store, 'retired', 120, DEVICE, 'adm_1')
  const found = await store.changes.changes(SPAN)
  expect(found).toContainEqual({
    change: 'person-left',
    count: 1,
    examples: [{ name: 'hum_1', id: 'hum_1', at: 120, by: 'adm_2' }],
  })
  expect(found).toContainEqual({
    change: 'retired',
    count: 1,
    examples: [{ name: 'laptop', id: DEVICE, at: 120, by: 'adm_1' }],
  })
})

test.each(CHANGES.map(({ change, from }) => [change, from] as const))('finds %s', async (change, from) => {
  const store = await filled()
  if ('acts' in from) for (const act of from.acts) await acts(store, act, 150, 'thing')
  else if ('activity' in from) await happens(store, from.activity, 150, { detail: { name: 'agent' } })
  else {
    const red = from.verdict === 'went-red' ? 'not-compliant' : 'compliant'
    const to = from.verdict === 'lost-verdict' ? 'unknown' : red
    await turns(store, 150, from.verdict === 'verdict-came-back' ? to : 'other', to)
  }
  expect(await counts(store)).toEqual({ [change]: 1 })
})

test('each question reads a range of an index, and no whole table of events', () => {
  const statements: string[] = []
  changeStore(
    sqliteDatabase({
      ...database,
      prepare(sql) {
        statements.push(sql)
        return database.prepare(sql)
      },
    }),
  )
  const plans = statements.map((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => `${detail}`),
  )
  const range = /^SEARCH (activity|audit) USING .*INDEX \S+ \((\w+=\? AND )?at>\? AND at<\?\)$/
  for (const plan of plans) {
    expect(plan).toContainEqual(expect.stringMatching(range))
    expect(plan.filter((step) => /^SCAN (activity|audit)/.test(step))).toEqual([])
  }
  expect(plans).toHaveLength(6)
})
