import { matchSome, type SeenWorkComponents } from '../../../src/directory/seen/rematching.ts'
import { DEVICE, idOf, OTHER_DEVICE } from '../../contracts/stores/seeds.ts'
import { unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { ADA, claude, OWNER, openSeen, running, type SeenFixture } from './seen-fixture.ts'

let fixture: SeenFixture
beforeEach(() => {
  fixture = openSeen()
})
afterEach(() => fixture.database.close())

/** Does all the work that there is. @returns in how many steps. */
function work(changes: Partial<SeenWorkComponents> = {}): number {
  const { store, clock } = fixture
  const components = { store, clock: { now: () => clock.at }, log: { error: () => undefined }, ...changes }
  for (let steps = 0; ; steps++) {
    if (!matchSome(components)) return steps
    if (steps > 1_000) throw new Error('the work does not end')
  }
}

const bot = (name: string, digit = '1') => unknownAgent(digit, { user: ADA, name })

describe('matching again', () => {
  test('a registration that is created, changed or ended changes what it is of', () => {
    const { report, seen, registered, store, events } = fixture
    for (const device of [DEVICE, OTHER_DEVICE]) report(device, [claude('1')])
    const registration = registered(1)
    expect(seen()?.state).toBe('unknown')
    work()
    expect([seen()?.registration, seen(OTHER_DEVICE)?.registration]).toEqual([registration.id, registration.id])
    const criteria = { products: ['claude-code'], device: DEVICE }
    store.registrations.update({ ...registration, criteria }, { at: 20 })
    work()
    expect([seen()?.state, seen(OTHER_DEVICE)?.state]).toEqual(['registered', 'unknown'])
    expect(events('agent-unknown')[0]).toMatchObject({ device: OTHER_DEVICE, facts: { was: registration.id } })
    store.registrations.move(registration.id, { state: 'retiring', reason: 'r', at: 30 })
    work()
    expect(seen()?.state).toBe('registered')
    store.registrations.move(registration.id, { state: 'retired', reason: 'r', at: 31 })
    work()
    expect(seen()?.state).toBe('unknown')
  })

  test('one that waits matches once it is active', () => {
    const { report, seen, registered, store } = fixture
    report(DEVICE, [claude('1')])
    const { id } = registered(1, { state: 'provisioning' })
    expect(work()).toBe(0)
    expect(seen()?.state).toBe('unknown')
    store.registrations.move(id, { state: 'active', reason: 'r', at: 20 })
    work()
    expect(seen()?.registration).toBe(id)
  })

  test('a change that criteria and limits do not know leaves no work', () => {
    const { registered, store } = fixture
    const registration = registered(1)
    work()
    store.registrations.used(registration.id, 50)
    store.registrations.move(registration.id, { state: 'suspended', reason: 'r', at: 51 })
    expect(store.seen.nextRematch(9)).toBeUndefined()
  })

  test('a lower ceiling makes what runs deviate', () => {
    const { report, seen, registered, store } = fixture
    const registration = registered(1, { autonomyCeiling: 'autonomous' })
    report(DEVICE, [claude('1', { autonomy: { level: 'autonomous', because: [] } })])
    expect(seen()?.deviations).toEqual([])
    store.registrations.update({ ...registration, autonomyCeiling: 'asks' }, { at: 20 })
    work()
    expect(seen()?.deviations).toEqual(['autonomy-above-ceiling'])
  })

  test('an account that gets another human is matched again', () => {
    const { report, seen, registered, store } = fixture
    registered(1, { criteria: { human: OWNER } })
    report(DEVICE, [claude('1')])
    store.accounts.seen(DEVICE, ADA, { at: 10, human: OWNER })
    work()
    expect(seen()?.state).toBe('registered')
    store.accounts.confirm({ device: DEVICE, userId: ADA.id }, { human: idOf('hum', 2), at: 11, by: 'adm' })
    work()
    expect(seen()).toMatchObject({ state: 'unknown', human: idOf('hum', 2) })
  })

  test('works in bounded transactions, and finishes after an interruption', () => {
    const { report, registered, store, database } = fixture
    const names = Array.from({ length: 250 }, (_, at) => `bot-${at}`)
    report(
      DEVICE,
      names.map((name, at) => ({ ...bot(name), id: at.toString(16).padStart(32, '0') })),
    )
    registered(1, { criteria: { device: DEVICE } })
    const registeredCount = () =>
      Number(database.prepare("SELECT count(*) AS n FROM seen_agents WHERE state = 'registered'").get()?.n)
    let transactions = 0
    const failing = {
      ...store,
      transaction<T>(run: () => T): T {
        if (++transactions === 2) throw new Error('power cut')
        return store.transaction(run)
      },
    }
    expect(() => work({ store: failing })).toThrow('power cut')
    expect(registeredCount()).toBe(100)
    work()
    expect([registeredCount(), store.seen.nextRematch(9)]).toEqual([250, undefined])
  })

  test('two thousand registrations of one product leave one piece of work', () => {
    const { registered, database } = fixture
    for (let number = 1; number <= 2_000; number++) registered(number)
    expect(database.prepare('SELECT count(*) AS n FROM seen_rematches').get()?.n).toBe(1)
  })
})

describe('a stop of its product', () => {
  const stop = (product: string) => ({
    id: idOf('stop', 1),
    kind: 'freeze' as const,
    reason: 'r',
    emergency: false,
    twoPersons: false,
    selector: { product },
    created: { at: 5, by: { id: 'adm', name: 'a' } },
    state: 'waiting' as const,
  })

  test('blocks once it is in force, and unblocks once it is released', () => {
    const { report, seen, store } = fixture
    report(DEVICE, [bot('deskbot')])
    store.stops.add(stop('deskbot'), { spread: false })
    work()
    expect(seen(DEVICE, 'unknown/deskbot')?.state).toBe('unknown')
    const stored = store.stops.get(idOf('stop', 1))
    if (stored === undefined) throw new Error('no stop')
    store.stops.update({ ...stored, state: 'standing' }, { spread: false })
    work()
    expect(seen(DEVICE, 'unknown/deskbot')).toMatchObject({ state: 'blocked', decidedBy: idOf('stop', 1) })
    store.stops.update({ ...stored, state: 'released' }, { spread: false })
    work()
    expect(seen(DEVICE, 'unknown/deskbot')?.state).toBe('unknown')
  })

  test('selects a long name by its beginning, as the device does', () => {
    const { report, seen, store } = fixture
    const name = 'n'.repeat(200)
    report(DEVICE, [bot(name)])
    store.stops.add({ ...stop(name.slice(0, 64)), state: 'standing' }, { spread: false })
    work()
    expect(seen(DEVICE, `unknown/${name}`)?.state).toBe('blocked')
  })
})

describe('what is ignored', () => {
  test('until a time is unknown after it, also if a registration came and went meanwhile', () => {
    const { report, seen, store, clock, registered } = fixture
    report(DEVICE, [claude('1')])
    const before = seen()
    if (before === undefined) throw new Error('not seen')
    const ignored = { by: 'adm', at: 10, reason: 'a test', until: 100 }
    store.seen.update({ ...before, ignored, state: 'ignored', decidedBy: 'adm', decidedAt: 10 })
    const { id } = registered(1)
    work()
    expect(seen()?.state).toBe('registered')
    store.registrations.move(id, { state: 'retiring', reason: 'r', at: 20 })
    store.registrations.move(id, { state: 'retired', reason: 'r', at: 21 })
    work()
    expect(seen()).toMatchObject({ state: 'ignored', ignored, decidedBy: 'adm', decidedAt: 10 })
    clock.at = 100
    work()
    expect(seen()).toMatchObject({ state: 'unknown', ignored: undefined, decidedBy: undefined })
    expect(fixture.events('agent-unknown')).toHaveLength(2)
  })
})

test('without work there is no transaction', () => {
  const { store } = fixture
  let transactions = 0
  const counting = {
    ...store,
    transaction<T>(run: () => T): T {
      transactions++
      return store.transaction(run)
    },
  }
  expect([work({ store: counting }), transactions]).toEqual([0, 0])
})

describe('a deviation', () => {
  test('is handed on once, and a failure of it ends nothing', () => {
    const { report, seen, registered, store } = fixture
    report(DEVICE, [bot('deskbot'), claude('2')])
    registered(1)
    work()
    report(DEVICE, [claude('2', { process: running('/tmp/other') })])
    const [deviated, errors] = [[] as string[], [] as string[]]
    const ports: Partial<SeenWorkComponents> = {
      onDeviated({ registration }) {
        deviated.push(registration)
        throw new Error('no such stop')
      },
      log: { error: (message) => void errors.push(message) },
    }
    work(ports)
    work(ports)
    expect([deviated, errors.length]).toEqual([[idOf('agt', 1)], 1])
    expect([store.seen.news(9), seen()?.deviations]).toEqual([[], ['executable-changed']])
  })
})
