import { matchSome, type SeenWorkComponents } from '../../../src/directory/seen/rematching.ts'
import { DEVICE, idOf, OTHER_DEVICE } from '../../contracts/stores/seeds.ts'
import { unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { ADA, claude, OWNER, openSeen, running, type SeenFixture } from './seen-fixture.ts'

let fixture: SeenFixture
beforeEach(async () => {
  fixture = await openSeen()
})
afterEach(() => fixture.database.close())

/** Does all the work that there is. @returns in how many steps. */
async function work(changes: Partial<SeenWorkComponents> = {}): Promise<number> {
  const { store, clock } = fixture
  const components = { store, clock: { now: () => clock.at }, log: { error: () => undefined }, ...changes }
  for (let steps = 0; ; steps++) {
    if (!(await matchSome(components))) return steps
    if (steps > 1_000) throw new Error('the work does not end')
  }
}

const bot = (name: string, digit = '1') => unknownAgent(digit, { user: ADA, name })

describe('matching again', () => {
  test('a registration that is created, changed or ended changes what it is of', async () => {
    const { report, seen, registered, store, events } = fixture
    for (const device of [DEVICE, OTHER_DEVICE]) await report(device, [claude('1')])
    const registration = await registered(1)
    expect((await seen())?.state).toBe('unknown')
    await work()
    expect([(await seen())?.registration, (await seen(OTHER_DEVICE))?.registration]).toEqual([
      registration.id,
      registration.id,
    ])
    const criteria = { products: ['claude-code'], device: DEVICE }
    await store.registrations.update({ ...registration, criteria }, { at: 20 })
    await work()
    expect([(await seen())?.state, (await seen(OTHER_DEVICE))?.state]).toEqual(['registered', 'unknown'])
    expect((await events('agent-unknown'))[0]).toMatchObject({ device: OTHER_DEVICE, facts: { was: registration.id } })
    await store.registrations.move(registration.id, { state: 'retiring', reason: 'r', at: 30 })
    await work()
    expect((await seen())?.state).toBe('registered')
    await store.registrations.move(registration.id, { state: 'retired', reason: 'r', at: 31 })
    await work()
    expect((await seen())?.state).toBe('unknown')
  })

  test('one that waits matches once it is active', async () => {
    const { report, seen, registered, store } = fixture
    await report(DEVICE, [claude('1')])
    const { id } = await registered(1, { state: 'provisioning' })
    expect(await work()).toBe(0)
    expect((await seen())?.state).toBe('unknown')
    await store.registrations.move(id, { state: 'active', reason: 'r', at: 20 })
    await work()
    expect((await seen())?.registration).toBe(id)
  })

  test('a change that criteria and limits do not know leaves no work', async () => {
    const { registered, store } = fixture
    const registration = await registered(1)
    await work()
    await store.registrations.used(registration.id, 50)
    await store.registrations.move(registration.id, { state: 'suspended', reason: 'r', at: 51 })
    expect(await store.seen.nextRematch(9)).toBeUndefined()
  })

  test('a lower ceiling makes what runs deviate', async () => {
    const { report, seen, registered, store } = fixture
    const registration = await registered(1, { autonomyCeiling: 'autonomous' })
    await report(DEVICE, [claude('1', { autonomy: { level: 'autonomous', because: [] } })])
    expect((await seen())?.deviations).toEqual([])
    await store.registrations.update({ ...registration, autonomyCeiling: 'asks' }, { at: 20 })
    await work()
    expect((await seen())?.deviations).toEqual(['autonomy-above-ceiling'])
  })

  test('an account that gets another human is matched again', async () => {
    const { report, seen, registered, store } = fixture
    await registered(1, { criteria: { human: OWNER } })
    await report(DEVICE, [claude('1')])
    await store.accounts.seen(DEVICE, ADA, { at: 10, human: OWNER })
    await work()
    expect((await seen())?.state).toBe('registered')
    await store.accounts.confirm({ device: DEVICE, userId: ADA.id }, { human: idOf('hum', 2), at: 11, by: 'adm' })
    await work()
    expect(await seen()).toMatchObject({ state: 'unknown', human: idOf('hum', 2) })
  })

  test('works in bounded transactions, and finishes after an interruption', async () => {
    const { report, registered, store, database } = fixture
    const names = Array.from({ length: 250 }, (_, at) => `bot-${at}`)
    await report(
      DEVICE,
      names.map((name, at) => ({ ...bot(name), id: at.toString(16).padStart(32, '0') })),
    )
    await registered(1, { criteria: { device: DEVICE } })
    const registeredCount = () =>
      Number(database.prepare("SELECT count(*) AS n FROM seen_agents WHERE state = 'registered'").get()?.n)
    let transactions = 0
    const failing = {
      ...store,
      async transaction<T>(run: () => Promise<T>): Promise<T> {
        if (++transactions === 2) throw new Error('power cut')
        return store.transaction(run)
      },
    }
    await expect(() => work({ store: failing })).rejects.toThrow('power cut')
    expect(registeredCount()).toBe(100)
    await work()
    expect([registeredCount(), await store.seen.nextRematch(9)]).toEqual([250, undefined])
  })

  test('two thousand registrations of one product leave one piece of work', async () => {
    const { registered, database } = fixture
    for (let number = 1; number <= 2_000; number++) await registered(number)
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

  test('blocks once it is in force, and unblocks once it is released', async () => {
    const { report, seen, store } = fixture
    await report(DEVICE, [bot('deskbot')])
    await store.stops.add(stop('deskbot'), { spread: false })
    await work()
    expect((await seen(DEVICE, 'unknown/deskbot'))?.state).toBe('unknown')
    const stored = await store.stops.get(idOf('stop', 1))
    if (stored === undefined) throw new Error('no stop')
    await store.stops.update({ ...stored, state: 'standing' }, { spread: false })
    await work()
    expect(await seen(DEVICE, 'unknown/deskbot')).toMatchObject({ state: 'blocked', decidedBy: idOf('stop', 1) })
    await store.stops.update({ ...stored, state: 'released' }, { spread: false })
    await work()
    expect((await seen(DEVICE, 'unknown/deskbot'))?.state).toBe('unknown')
  })

  test('selects a long name by its beginning, as the device does', async () => {
    const { report, seen, store } = fixture
    const name = 'n'.repeat(200)
    await report(DEVICE, [bot(name)])
    await store.stops.add({ ...stop(name.slice(0, 64)), state: 'standing' }, { spread: false })
    await work()
    expect((await seen(DEVICE, `unknown/${name}`))?.state).toBe('blocked')
  })
})

describe('what is ignored', () => {
  test('until a time is unknown after it, also if a registration came and went meanwhile', async () => {
    const { report, seen, store, clock, registered } = fixture
    await report(DEVICE, [claude('1')])
    const before = await seen()
    if (before === undefined) throw new Error('not seen')
    const ignored = { by: 'adm', at: 10, reason: 'a test', until: 100 }
    await store.seen.update({ ...before, ignored, state: 'ignored', decidedBy: 'adm', decidedAt: 10 })
    const { id } = await registered(1)
    await work()
    expect((await seen())?.state).toBe('registered')
    await store.registrations.move(id, { state: 'retiring', reason: 'r', at: 20 })
    await store.registrations.move(id, { state: 'retired', reason: 'r', at: 21 })
    await work()
    expect(await seen()).toMatchObject({ state: 'ignored', ignored, decidedBy: 'adm', decidedAt: 10 })
    clock.at = 100
    await work()
    expect(await seen()).toMatchObject({ state: 'unknown', ignored: undefined, decidedBy: undefined })
    expect(await fixture.events('agent-unknown')).toHaveLength(2)
  })
})

test('without work there is no transaction', async () => {
  const { store } = fixture
  let transactions = 0
  const counting = {
    ...store,
    async transaction<T>(run: () => Promise<T>): Promise<T> {
      transactions++
      return store.transaction(run)
    },
  }
  expect([await work({ store: counting }), transactions]).toEqual([0, 0])
})

describe('a deviation', () => {
  test('is handed on once, and a failure of it ends nothing', async () => {
    const { report, seen, registered, store } = fixture
    await report(DEVICE, [bot('deskbot'), claude('2')])
    await registered(1)
    await work()
    await report(DEVICE, [claude('2', { process: running('/tmp/other') })])
    const [deviated, errors] = [[] as string[], [] as string[]]
    const ports: Partial<SeenWorkComponents> = {
      onDeviated({ registration }) {
        deviated.push(registration)
        throw new Error('no such stop')
      },
      log: { error: (message) => void errors.push(message) },
    }
    await work(ports)
    await work(ports)
    expect([deviated, errors.length]).toEqual([[idOf('agt', 1)], 1])
    expect([await store.seen.news(9), (await seen())?.deviations]).toEqual([[], ['executable-changed']])
  })
})
