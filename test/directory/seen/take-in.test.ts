import { DEVICE, idOf, OTHER_DEVICE } from '../../contracts/stores/seeds.ts'
import { mcpServerSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { ADA, claude, OWNER, openSeen, running, type SeenFixture } from './seen-fixture.ts'

let fixture: SeenFixture
beforeEach(async () => {
  fixture = await openSeen()
})
afterEach(() => fixture.database.close())

describe('what is seen', () => {
  test('is unknown until something decides, and is one thing however often it runs', async () => {
    const { report, seen, events } = fixture
    await report(DEVICE, [claude('1'), claude('2', { workspace: '/srv/a' })])
    expect(await seen()).toMatchObject({
      state: 'unknown',
      present: 2,
      running: 2,
      product: 'claude-code',
      userName: 'ada',
    })
    await report(DEVICE, [], ['1'])
    expect(await seen()).toMatchObject({ present: 1, running: 1, workspace: '/srv/a', firstSeen: 10 })
    expect(await events('agent-unknown')).toHaveLength(1)
    await report(DEVICE, [], ['2'])
    expect(await seen()).toMatchObject({ state: 'unknown', present: 0, running: 0, sighting: '2'.repeat(32) })
  })

  test('has the same id on the same device for the same user, and no other', async () => {
    const { report, seen } = fixture
    for (const device of [DEVICE, OTHER_DEVICE]) await report(device, [claude('1'), unknownAgent('2', { user: ADA })])
    await report(DEVICE, [claude('3', { user: { id: '0', name: 'root' } })])
    const ids = [
      (await seen())?.id,
      (await seen(OTHER_DEVICE))?.id,
      (await seen(DEVICE, 'claude-code', '0'))?.id,
      (await seen(DEVICE, 'unknown/deskbot'))?.id,
    ]
    expect(new Set(ids).size).toBe(4)
    expect(ids[0]).toMatch(/^sga_[A-Za-z0-9_-]{21}[AQgw]$/)
    expect((await seen(DEVICE, 'unknown/deskbot'))?.product).toBe('deskbot')
  })

  test('costs no statement when it is reported unchanged', async () => {
    const { report, store, seen, clock } = fixture
    await report(DEVICE, [claude('1')])
    clock.at = 99
    await report(DEVICE, [claude('1')])
    expect((await seen())?.lastSeen).toBe(10)
    expect(await store.seen.touched(DEVICE, 9)).toEqual([])
  })

  test('moves to another key when the same sighting shows another product or user', async () => {
    const { report, seen } = fixture
    await report(DEVICE, [claude('1')])
    await report(DEVICE, [claude('1', { user: { id: '1001', name: 'bob' } })])
    expect([(await seen())?.present, (await seen(DEVICE, 'claude-code', '1001'))?.present]).toEqual([0, 1])
  })

  test('a snapshot that lacks it ends it, and it comes back with its id', async () => {
    const { snapshot, seen, clock, events } = fixture
    await snapshot(DEVICE, [claude('1')])
    const id = (await seen())?.id
    clock.at = 11
    await snapshot(DEVICE, [])
    expect((await seen())?.present).toBe(0)
    clock.at = 12
    await snapshot(DEVICE, [claude('1')])
    expect(await seen()).toMatchObject({ id, present: 1, firstSeen: 10, lastSeen: 12 })
    expect(await events('agent-unknown')).toHaveLength(1)
  })

  test('counts as nothing on a retired device, until it enrols again', async () => {
    const { report, seen, store, database } = fixture
    await report(DEVICE, [claude('1')])
    await store.devices.retire(DEVICE)
    expect((await seen())?.present).toBe(0)
    database.exec(`UPDATE devices SET status = 'active' WHERE id = '${DEVICE}'`)
    expect((await seen())?.present).toBe(1)
    expect((await store.seen.nextRematch(9))?.keys).toHaveLength(1)
  })
})

describe('a registration', () => {
  test('that matches when it is seen registers it, without news', async () => {
    const { report, seen, events, registered } = fixture
    const { id } = await registered(1)
    await report(DEVICE, [claude('1')])
    expect(await seen()).toMatchObject({ state: 'registered', registration: id, decidedBy: 'match', decidedAt: 10 })
    expect([await events('agent-unknown'), await events('agent-deviated')]).toEqual([[], []])
    expect((await fixture.store.registrations.get(id))?.usedAt).toBe(10)
  })

  test('that is not in use yet, or has ended, matches nothing', async () => {
    const { report, seen, registered, store } = fixture
    await registered(1, { state: 'provisioning' })
    const { id } = await registered(2)
    await store.registrations.move(id, { state: 'retiring', reason: 'r', at: 5 })
    await store.registrations.move(id, { state: 'retired', reason: 'r', at: 6 })
    await report(DEVICE, [claude('1')])
    expect((await seen())?.state).toBe('unknown')
  })

  test('for a human matches the accounts that are theirs', async () => {
    const { report, seen, registered, store } = fixture
    await registered(1, { criteria: { products: ['claude-code'], human: OWNER } })
    await report(DEVICE, [claude('1')])
    expect((await seen())?.state).toBe('unknown')
    await store.accounts.seen(DEVICE, ADA, { at: 10, human: OWNER })
    await report(DEVICE, [claude('1', { version: '2.1.1' })])
    expect(await seen()).toMatchObject({ state: 'registered', human: OWNER })
  })
})

describe('an agent deviates', () => {
  const limited = { autonomyCeiling: 'asks', versions: ['>=2.1 <3'], single: true } as const
  const scope = { applications: [], dataSets: [], tools: [], workspaces: ['/srv/a'] }
  const autonomy = { level: 'autonomous', because: [{ by: 'flag', name: '--yolo' }] } as const

  test.each([
    ['autonomy-above-ceiling', claude('2', { autonomy: { ...autonomy, because: [...autonomy.because] } })],
    ['version-outside-registration', claude('1', { version: '3.0.0' })],
    ['executable-changed', claude('1', { process: running('/tmp/claude') })],
    ['workspace-outside-scope', claude('1', { workspace: '/srv/a/../b' })],
    ['second-instance', claude('2')],
  ])('by %s', async (word, sighting) => {
    const { report, seen, registered, events } = fixture
    const { id } = await registered(1, { ...limited, scope })
    await report(DEVICE, [claude('1', { workspace: '/srv/a/x' })])
    expect((await seen())?.deviations).toEqual([])
    await report(DEVICE, [sighting])
    expect((await seen())?.deviations).toContain(word)
    expect(await events('agent-deviated')).toMatchObject([
      { device: DEVICE, facts: { registration: id, name: 'Claude Code' } },
    ])
    expect(String(Object((await events('agent-deviated'))[0]?.facts).deviations)).toContain(word)
    expect(await fixture.store.seen.news(9)).toEqual([(await seen())?.number])
  })

  test('by an MCP server that starts something else, until it starts the same again', async () => {
    const { report, seen, registered } = fixture
    await registered(1)
    const server = mcpServerSighting('9', { client: 'claude-code', user: ADA })
    await report(DEVICE, [claude('1'), server])
    await report(DEVICE, [{ ...server, launchHash: '2'.repeat(32) }])
    expect(await seen()).toMatchObject({ deviations: ['launch-changed'], launches: { [server.id]: server.launchHash } })
    await report(DEVICE, [{ ...server, launchHash: '3'.repeat(32) }])
    expect((await seen())?.launches).toEqual({ [server.id]: server.launchHash })
    await report(DEVICE, [server])
    expect(await seen()).toMatchObject({ deviations: [], launches: {} })
  })

  test('a server of all users is one of each of them; that of another client is none', async () => {
    const { report, seen } = fixture
    const [all, other] = [mcpServerSighting('8', { client: 'claude-code' }), mcpServerSighting('9', { user: ADA })]
    await report(DEVICE, [claude('1'), all, other])
    for (const server of [all, other]) await report(DEVICE, [{ ...server, launchHash: '2'.repeat(32) }])
    expect(await seen()).toMatchObject({ state: 'unknown', launches: { [all.id]: all.launchHash }, deviations: [] })
  })

  test('an update of the program in a folder of its version is no drift', async () => {
    const { report, seen, registered } = fixture
    await registered(1)
    const at = (version: string) => claude('1', { version, process: running(`/opt/claude/${version}/claude`) })
    await report(DEVICE, [at('2.1.0')])
    await report(DEVICE, [at('2.2.0')])
    expect((await seen())?.deviations).toEqual([])
  })

  test('a second instance elsewhere counts, and counts no more once the first has ended', async () => {
    const { report, seen, registered } = fixture
    await registered(1, { single: true })
    await report(DEVICE, [claude('1')])
    await report(OTHER_DEVICE, [claude('1')])
    expect([(await seen())?.deviations, (await seen(OTHER_DEVICE))?.deviations]).toEqual([[], ['second-instance']])
    await report(DEVICE, [], ['1'])
    expect([(await seen())?.deviations, (await seen(OTHER_DEVICE))?.deviations]).toEqual([[], []])
  })
})

describe('a stop of its product', () => {
  const stop = (number: number, device?: string) => ({
    id: idOf('stop', number),
    kind: 'freeze' as const,
    reason: 'r',
    emergency: false,
    twoPersons: false,
    selector: { product: 'deskbot', ...(device === undefined ? {} : { device }) },
    created: { at: 5, by: { id: 'adm', name: 'a' } },
    state: 'standing' as const,
  })

  test('blocks what no registration matches, on its device alone', async () => {
    const { report, seen, store, registered } = fixture
    await store.stops.add(stop(1, DEVICE), { spread: false })
    const bot = unknownAgent('1', { user: ADA })
    for (const device of [DEVICE, OTHER_DEVICE]) await report(device, [bot])
    expect(await seen(DEVICE, 'unknown/deskbot')).toMatchObject({ state: 'blocked', decidedBy: idOf('stop', 1) })
    expect((await seen(OTHER_DEVICE, 'unknown/deskbot'))?.state).toBe('unknown')
    const ofBob = { product: 'deskbot', user: 'bob' }
    await store.stops.add({ ...stop(2), selector: ofBob }, { spread: false })
    await report(OTHER_DEVICE, [{ ...bot, score: 8 }, unknownAgent('3', { user: { id: '1001', name: 'bob' } })])
    const states = await Promise.all(
      [ADA.id, '1001'].map(async (userId) => (await seen(OTHER_DEVICE, 'unknown/deskbot', userId))?.state),
    )
    expect(states).toEqual(['unknown', 'blocked'])
    await registered(1, { criteria: { products: ['unknown/deskbot'] } })
    await report(DEVICE, [{ ...bot, score: 9 }])
    expect((await seen(DEVICE, 'unknown/deskbot'))?.state).toBe('registered')
  })
})

test('the counts of states follow every change', async () => {
  const { report, registered, database, store } = fixture
  await report(DEVICE, [claude('1'), unknownAgent('2', { user: ADA })])
  await registered(1, { single: true, criteria: { products: ['claude-code'], device: OTHER_DEVICE } })
  await report(OTHER_DEVICE, [claude('1'), claude('2')])
  const counts = () =>
    Object.fromEntries(
      database
        .prepare(
          "SELECT noun || ' ' || state AS k, count FROM register_counts WHERE noun LIKE '%agents' OR noun = 'devices'",
        )
        .all()
        .map(({ k, count }) => [k, count]),
    )
  expect(counts()).toMatchObject({
    'seen_agents unknown': 2,
    'seen_agents registered': 1,
    'deviating_agents now': 1,
    'devices active': 2,
  })
  await store.devices.retire(OTHER_DEVICE)
  await report(DEVICE, [], ['2'])
  expect(counts()).toMatchObject({
    'seen_agents unknown': 1,
    'seen_agents registered': 0,
    'deviating_agents now': 0,
    'devices active': 1,
    'devices retired': 1,
  })
})
