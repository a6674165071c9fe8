import { DEVICE, idOf, OTHER_DEVICE } from '../../contracts/stores/seeds.ts'
import { mcpServerSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { ADA, claude, OWNER, openSeen, running, type SeenFixture } from './seen-fixture.ts'

let fixture: SeenFixture
beforeEach(() => {
  fixture = openSeen()
})
afterEach(() => fixture.database.close())

describe('what is seen', () => {
  test('is unknown until something decides, and is one thing however often it runs', () => {
    const { report, seen, events } = fixture
    report(DEVICE, [claude('1'), claude('2', { workspace: '/srv/a' })])
    expect(seen()).toMatchObject({ state: 'unknown', present: 2, running: 2, product: 'claude-code', userName: 'ada' })
    report(DEVICE, [], ['1'])
    expect(seen()).toMatchObject({ present: 1, running: 1, workspace: '/srv/a', firstSeen: 10 })
    expect(events('agent-unknown')).toHaveLength(1)
    report(DEVICE, [], ['2'])
    expect(seen()).toMatchObject({ state: 'unknown', present: 0, running: 0, sighting: '2'.repeat(32) })
  })

  test('has the same id on the same device for the same user, and no other', () => {
    const { report, seen } = fixture
    for (const device of [DEVICE, OTHER_DEVICE]) report(device, [claude('1'), unknownAgent('2', { user: ADA })])
    report(DEVICE, [claude('3', { user: { id: '0', name: 'root' } })])
    const ids = [
      seen()?.id,
      seen(OTHER_DEVICE)?.id,
      seen(DEVICE, 'claude-code', '0')?.id,
      seen(DEVICE, 'unknown/deskbot')?.id,
    ]
    expect(new Set(ids).size).toBe(4)
    expect(ids[0]).toMatch(/^sga_[A-Za-z0-9_-]{21}[AQgw]$/)
    expect(seen(DEVICE, 'unknown/deskbot')?.product).toBe('deskbot')
  })

  test('costs no statement when it is reported unchanged', () => {
    const { report, store, seen, clock } = fixture
    report(DEVICE, [claude('1')])
    clock.at = 99
    report(DEVICE, [claude('1')])
    expect(seen()?.lastSeen).toBe(10)
    expect(store.seen.touched(DEVICE, 9)).toEqual([])
  })

  test('moves to another key when the same sighting shows another product or user', () => {
    const { report, seen } = fixture
    report(DEVICE, [claude('1')])
    report(DEVICE, [claude('1', { user: { id: '1001', name: 'bob' } })])
    expect([seen()?.present, seen(DEVICE, 'claude-code', '1001')?.present]).toEqual([0, 1])
  })

  test('a snapshot that lacks it ends it, and it comes back with its id', () => {
    const { snapshot, seen, clock, events } = fixture
    snapshot(DEVICE, [claude('1')])
    const id = seen()?.id
    clock.at = 11
    snapshot(DEVICE, [])
    expect(seen()?.present).toBe(0)
    clock.at = 12
    snapshot(DEVICE, [claude('1')])
    expect(seen()).toMatchObject({ id, present: 1, firstSeen: 10, lastSeen: 12 })
    expect(events('agent-unknown')).toHaveLength(1)
  })

  test('counts as nothing on a retired device, until it enrols again', () => {
    const { report, seen, store, database } = fixture
    report(DEVICE, [claude('1')])
    store.devices.retire(DEVICE)
    expect(seen()?.present).toBe(0)
    database.exec(`UPDATE devices SET status = 'active' WHERE id = '${DEVICE}'`)
    expect(seen()?.present).toBe(1)
    expect(store.seen.nextRematch(9)?.keys).toHaveLength(1)
  })
})

describe('a registration', () => {
  test('that matches when it is seen registers it, without news', () => {
    const { report, seen, events, registered } = fixture
    const { id } = registered(1)
    report(DEVICE, [claude('1')])
    expect(seen()).toMatchObject({ state: 'registered', registration: id, decidedBy: 'match', decidedAt: 10 })
    expect([events('agent-unknown'), events('agent-deviated')]).toEqual([[], []])
    expect(fixture.store.registrations.get(id)?.usedAt).toBe(10)
  })

  test('that is not in use yet, or has ended, matches nothing', () => {
    const { report, seen, registered, store } = fixture
    registered(1, { state: 'provisioning' })
    const { id } = registered(2)
    store.registrations.move(id, { state: 'retiring', reason: 'r', at: 5 })
    store.registrations.move(id, { state: 'retired', reason: 'r', at: 6 })
    report(DEVICE, [claude('1')])
    expect(seen()?.state).toBe('unknown')
  })

  test('for a human matches the accounts that are theirs', () => {
    const { report, seen, registered, store } = fixture
    registered(1, { criteria: { products: ['claude-code'], human: OWNER } })
    report(DEVICE, [claude('1')])
    expect(seen()?.state).toBe('unknown')
    store.accounts.seen(DEVICE, ADA, { at: 10, human: OWNER })
    report(DEVICE, [claude('1', { version: '2.1.1' })])
    expect(seen()).toMatchObject({ state: 'registered', human: OWNER })
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
  ])('by %s', (word, sighting) => {
    const { report, seen, registered, events } = fixture
    const { id } = registered(1, { ...limited, scope })
    report(DEVICE, [claude('1', { workspace: '/srv/a/x' })])
    expect(seen()?.deviations).toEqual([])
    report(DEVICE, [sighting])
    expect(seen()?.deviations).toContain(word)
    expect(events('agent-deviated')).toMatchObject([
      { device: DEVICE, facts: { registration: id, name: 'Claude Code' } },
    ])
    expect(String(Object(events('agent-deviated')[0]?.facts).deviations)).toContain(word)
    expect(fixture.store.seen.news(9)).toEqual([seen()?.number])
  })

  test('by an MCP server that starts something else, until it starts the same again', () => {
    const { report, seen, registered } = fixture
    registered(1)
    const server = mcpServerSighting('9', { client: 'claude-code', user: ADA })
    report(DEVICE, [claude('1'), server])
    report(DEVICE, [{ ...server, launchHash: '2'.repeat(32) }])
    expect(seen()).toMatchObject({ deviations: ['launch-changed'], launches: { [server.id]: server.launchHash } })
    report(DEVICE, [{ ...server, launchHash: '3'.repeat(32) }])
    expect(seen()?.launches).toEqual({ [server.id]: server.launchHash })
    report(DEVICE, [server])
    expect(seen()).toMatchObject({ deviations: [], launches: {} })
  })

  test('a server of all users is one of each of them; that of another client is none', () => {
    const { report, seen } = fixture
    const [all, other] = [mcpServerSighting('8', { client: 'claude-code' }), mcpServerSighting('9', { user: ADA })]
    report(DEVICE, [claude('1'), all, other])
    for (const server of [all, other]) report(DEVICE, [{ ...server, launchHash: '2'.repeat(32) }])
    expect(seen()).toMatchObject({ state: 'unknown', launches: { [all.id]: all.launchHash }, deviations: [] })
  })

  test('an update of the program in a folder of its version is no drift', () => {
    const { report, seen, registered } = fixture
    registered(1)
    const at = (version: string) => claude('1', { version, process: running(`/opt/claude/${version}/claude`) })
    report(DEVICE, [at('2.1.0')])
    report(DEVICE, [at('2.2.0')])
    expect(seen()?.deviations).toEqual([])
  })

  test('a second instance elsewhere counts, and counts no more once the first has ended', () => {
    const { report, seen, registered } = fixture
    registered(1, { single: true })
    report(DEVICE, [claude('1')])
    report(OTHER_DEVICE, [claude('1')])
    expect([seen()?.deviations, seen(OTHER_DEVICE)?.deviations]).toEqual([[], ['second-instance']])
    report(DEVICE, [], ['1'])
    expect([seen()?.deviations, seen(OTHER_DEVICE)?.deviations]).toEqual([[], []])
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

  test('blocks what no registration matches, on its device alone', () => {
    const { report, seen, store, registered } = fixture
    store.stops.add(stop(1, DEVICE), { spread: false })
    const bot = unknownAgent('1', { user: ADA })
    for (const device of [DEVICE, OTHER_DEVICE]) report(device, [bot])
    expect(seen(DEVICE, 'unknown/deskbot')).toMatchObject({ state: 'blocked', decidedBy: idOf('stop', 1) })
    expect(seen(OTHER_DEVICE, 'unknown/deskbot')?.state).toBe('unknown')
    const ofBob = { product: 'deskbot', user: 'bob' }
    store.stops.add({ ...stop(2), selector: ofBob }, { spread: false })
    report(OTHER_DEVICE, [{ ...bot, score: 8 }, unknownAgent('3', { user: { id: '1001', name: 'bob' } })])
    const states = [ADA.id, '1001'].map((userId) => seen(OTHER_DEVICE, 'unknown/deskbot', userId)?.state)
    expect(states).toEqual(['unknown', 'blocked'])
    registered(1, { criteria: { products: ['unknown/deskbot'] } })
    report(DEVICE, [{ ...bot, score: 9 }])
    expect(seen(DEVICE, 'unknown/deskbot')?.state).toBe('registered')
  })
})

test('the counts of states follow every change', () => {
  const { report, registered, database, store } = fixture
  report(DEVICE, [claude('1'), unknownAgent('2', { user: ADA })])
  registered(1, { single: true, criteria: { products: ['claude-code'], device: OTHER_DEVICE } })
  report(OTHER_DEVICE, [claude('1'), claude('2')])
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
  store.devices.retire(OTHER_DEVICE)
  report(DEVICE, [], ['2'])
  expect(counts()).toMatchObject({
    'seen_agents unknown': 1,
    'seen_agents registered': 0,
    'deviating_agents now': 0,
    'devices active': 1,
    'devices retired': 1,
  })
})
