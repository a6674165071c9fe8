import { LIMITS } from '../../../src/protocol/limits.ts'
import type { AgentSelector, StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedReEnrolment } from '../../support/directory/seeded-directory.ts'
import { answer, frozen, nothing, REASON, report, seedDevices, welcome, work } from './stop-fixture.ts'

/** Which device gets which order, and when: offline, late, expired, failed, released meanwhile, by the thousand. */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ADA = { id: 'adm_ada', name: 'ada' }
const MOST_PENDING = LIMITS.orders - 4
let directory: TestDirectory
// A fresh directory for each test: one begins a transaction of its own.
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

async function stop(
  selector: AgentSelector = { all: true },
  others: { kind?: 'freeze' | 'retire' | 'drill'; until?: number } = {},
): Promise<string> {
  const { stop: created } = await directory.services.stops.create(
    { kind: 'freeze', selector, reason: REASON, ...others },
    ADA,
  )
  return created?.id ?? ''
}
const release = (id: string) => directory.services.stops.release(id, 'mended', ADA)
const progress = async (id: string): Promise<StopView['progress']> => (await directory.services.stops.get(id)).progress
const statesOf = async (device: string) =>
  (await directory.store.orders.list(device, { limit: 100 }, directory.clock.now())).map(
    ({ kind, status }) => `${kind} ${status}`,
  )

test.each([
  [{ all: true }, { select: 'all' }],
  [{ product: 'codex' }, { select: 'product', product: 'codex' }],
  [{ user: 'ada' }, { select: 'user', user: 'ada' }],
  [
    { product: 'codex', user: 'ada' },
    { select: 'match', products: ['codex'], users: ['ada'] },
  ],
] as const)('%j is %j to each device', async (selected, selector) => {
  await seedDevices(directory, 2)
  await stop(selected)
  expect((await work(directory)).map((order) => order.stop?.selector)).toEqual([selector, selector])
})

test('a device narrows it: no other gets an order', async () => {
  const [one = '', two = ''] = await seedDevices(directory, 2)
  await stop({ device: two })
  await stop({ device: two, product: 'codex' })
  await stop({ device: two, agent: '0'.repeat(32) })
  expect(await work(directory)).toMatchObject([
    { device: two, number: 1, stop: { selector: { select: 'all' } } },
    { device: two, number: 2, stop: { selector: { select: 'product', product: 'codex' } } },
    { device: two, number: 3, stop: { selector: { select: 'agent', agent: '0'.repeat(32) } } },
  ])
  expect(await welcome(directory, one)).toEqual([])
})

test('a device that is offline gets it in its welcome, once', async () => {
  const [device = ''] = await seedDevices(directory, 1, 0)
  const id = await stop()
  expect(await work(directory)).toEqual([])
  expect(await progress(id)).toMatchObject({ devices: 1, waiting: 1, unreachable: 1 })
  const [order, ...more] = await welcome(directory, device)
  expect([order?.stop?.id, more]).toEqual([id, []])
  expect(await welcome(directory, device)).toEqual([order])
  directory.connected.add(device)
  expect(await work(directory)).toEqual([])
})

test('a device that enrols later gets the stops in force, and none that are over', async () => {
  await seedDevices(directory, 1)
  const [standing, over, drill] = [await stop(), await stop(), await stop({ all: true }, { kind: 'drill' })]
  const ending = await stop({ all: true }, { until: directory.clock.now() + HOUR_MS })
  for (const order of await work(directory)) await answer(directory, order, { stop: nothing })
  await release(over)
  await directory.clock.advance(HOUR_MS)
  const [late = ''] = (await seedDevices({ ...directory, folder: 'late' }, 1, 0)).toReversed()
  expect((await welcome(directory, late)).map((order) => order.stop?.id)).toEqual([standing])
  expect(await progress(standing)).toMatchObject({ devices: 2, waiting: 1, done: false })
  expect([(await progress(drill)).devices, (await progress(over)).devices]).toEqual([1, 1])
  await work(directory)
  expect(await progress(ending)).toMatchObject({ waiting: 1, released: 1 })
})

test('a device that enrols again gets every standing stop again, in its new epoch', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const id = await stop()
  for (const order of await work(directory)) await answer(directory, order, { stop: frozen(1, 1) })
  const token = (await directory.store.devices.get(device))?.token ?? ''
  const reEnrolment = await seedReEnrolment(directory, { device, token, epoch: 2 })
  await directory.services.reEnrolments.settle(reEnrolment, 'approve', 'adm_test')
  // Its session of the epoch before was ended.
  directory.connected.add(device)
  expect(await progress(id)).toMatchObject({ frozen: 0, waiting: 1 })
  expect(await work(directory)).toMatchObject([{ device, epoch: 2, stop: { id } }])
})

test('an order that expired unanswered is issued again', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const id = await stop()
  const [first] = await work(directory)
  await directory.clock.advance(DAY_MS - 1)
  expect(await work(directory)).toEqual([])
  await directory.clock.advance(1)
  const [second] = await work(directory)
  expect(second).toMatchObject({ device, number: 2, stop: { id } })
  expect(await statesOf(device)).toEqual(['freeze pending', 'freeze expired'])
  // The device carried the first one out, and its receipt has not arrived.
  if (first !== undefined) await answer(directory, first, { stop: frozen(1, 1) })
  expect(await progress(id)).toMatchObject({ waiting: 1, frozen: 0, agents: 1 })
  if (second !== undefined) await answer(directory, second, { stop: frozen(1, 2) })
  expect(await progress(id)).toMatchObject({ waiting: 0, frozen: 1, processes: 2, done: true })
})

test.each(['failed', 'refused', 'expired'] as const)(
  'an order that was %s counts as failed and is issued again',
  async (outcome) => {
    await seedDevices(directory, 1)
    const id = await stop()
    const [first] = await work(directory)
    if (first === undefined) throw new Error('no order was sent')
    await answer(directory, first, { outcome, code: 'ORDER_REFUSED' })
    expect(await progress(id)).toMatchObject({ failed: 1, waiting: 0, done: false })
    expect(await work(directory)).toEqual([])
    await directory.clock.advance(HOUR_MS)
    const [again] = await work(directory)
    if (again === undefined) throw new Error('no order was sent again')
    await answer(directory, again, { stop: nothing })
    expect(await progress(id)).toMatchObject({ failed: 0, nothingMatched: 1, done: true })
  },
)

test("a second receipt, another device's, or of an unknown order changes nothing", async () => {
  const [one = '', two = ''] = await seedDevices(directory, 2)
  const id = await stop()
  const sent = await work(directory)
  const [first] = sent.filter(({ device }) => device === one)
  if (first === undefined) throw new Error('no order was sent')
  await answer(directory, { ...first, device: two }, { stop: frozen(9, 9) })
  await answer(directory, { ...first, number: 7 }, { stop: frozen(9, 9) })
  expect(await progress(id)).toMatchObject({ waiting: 2, agents: 0 })
  await answer(directory, first, { stop: frozen(1, 1) })
  await answer(directory, first, { outcome: 'failed', code: 'INTERRUPTED' })
  expect(await progress(id)).toMatchObject({ frozen: 1, failed: 0, agents: 1 })
})

test('a release withdraws an undelivered retire, and releases one that may be there', async () => {
  const [online = '', offline = '', never = ''] = await seedDevices(directory, 3, 2)
  const id = await stop({ all: true }, { kind: 'retire' })
  await work(directory)
  directory.connected.delete(offline)
  await release(id)
  expect(await work(directory)).toMatchObject([{ device: online, kind: 'release' }])
  // It may have got the order just before it went.
  expect((await welcome(directory, offline)).map(({ kind }) => kind)).toEqual(['release'])
  expect(await statesOf(offline)).toEqual(['release pending', 'retire withdrawn'])
  expect(await welcome(directory, never)).toEqual([])
  expect(await progress(id)).toMatchObject({ released: 1, waiting: 2 })
})

test('a release during the spreading of a stop reaches each device that got the order', async () => {
  const devices = await seedDevices(directory, 110)
  const request = { kind: 'administrator', name: ADA.name, role: 'operator', ttlMs: 86_400_000 } as const
  await directory.services.principals.add(request, 'adm_test')
  const id = await stop({ all: true })
  const waiting = await directory.services.stops.get(id)
  await directory.services.stops.confirm(id, 'stop', { id: 'adm_bob', name: 'bob' })
  directory.delivered.length = 0
  // One slice includes the first devices, the next one orders them.
  await directory.services.stopOrders.work()
  await directory.services.stopOrders.work()
  const reached = new Set(directory.delivered.map((line) => line.split(' ')[0]))
  expect(waiting.state).toBe('waiting')
  expect(reached.size).toBeGreaterThan(0)
  expect(reached.size).toBeLessThan(devices.length)
  await release(id)
  await directory.services.stops.confirm(id, 'release', { id: 'adm_bob', name: 'bob' })
  const sent = await work(directory)
  expect(new Set(sent.filter(({ kind }) => kind === 'release').map(({ device }) => device))).toEqual(reached)
  expect(sent.filter(({ kind }) => kind !== 'release')).toEqual([])
})

test('orders a stop again that the device released while it is in force', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const until = directory.clock.now() + HOUR_MS
  const id = await stop({ all: true }, { until })
  for (const order of await work(directory)) await answer(directory, order, { stop: frozen(1, 1) })
  const event = { kind: 'released', stop: id, processes: 1, time: 1 } as const
  // Its clock is ahead.
  await report(directory, device, { stopEvents: [event] })
  expect(await work(directory)).toMatchObject([{ kind: 'freeze', stop: { id } }])
  await directory.clock.advance(HOUR_MS)
  const [order] = await work(directory)
  expect(order).toMatchObject({ kind: 'release', stop: { id, by: 'surety-directory' } })
  await report(directory, device, { stopEvents: [event] })
  expect(await progress(id)).toMatchObject({ released: 1, waiting: 0, done: true })
  expect(await work(directory)).toEqual([])
})

test('a retired device leaves the scope, with what it did not answer', async () => {
  const [one = '', two = ''] = await seedDevices(directory, 2)
  const id = await stop()
  const sent = await work(directory)
  await directory.services.devices.retire(one, 'lost', 'adm_test')
  expect(await progress(id)).toMatchObject({ devices: 1, waiting: 1 })
  for (const order of sent.filter(({ device }) => device === two)) await answer(directory, order, { stop: nothing })
  expect((await progress(id)).done).toBe(true)
})

test('a retired device that was frozen is not waited for by a release', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const id = await stop()
  for (const order of await work(directory)) await answer(directory, order, { stop: frozen(1, 1) })
  await directory.services.devices.retire(device, 'lost', 'adm_test')
  await release(id)
  expect(await work(directory)).toEqual([])
  expect(await progress(id)).toMatchObject({ released: 1, done: true })
})

describe('a drill', () => {
  test('is answered by each device, has no stop, and shows what failed', async () => {
    await seedDevices(directory, 2)
    const id = await stop({ all: true }, { kind: 'drill' })
    const [first, second] = await work(directory)
    expect(first).toMatchObject({ kind: 'drill', reason: REASON })
    expect(first).not.toHaveProperty('stop')
    if (first === undefined || second === undefined) throw new Error('no orders were sent')
    await answer(directory, first, { stop: frozen(1, 1) })
    await answer(directory, second, {
      outcome: 'failed',
      code: 'STOP_INCOMPLETE',
      stop: { ...nothing, method: 'signals' },
    })
    expect(await progress(id)).toMatchObject({ frozen: 1, failed: 1, done: false })
    const { items } = await directory.services.stops.devices(id, { limit: 10 })
    expect(items).toMatchObject([{ state: 'failed', receipt: { method: 'signals' } }, { state: 'frozen' }])
  })

  test('ends after a week: sends no more orders, and releases nothing', async () => {
    const [, offline = ''] = await seedDevices(directory, 2, 1)
    const id = await stop({ all: true }, { kind: 'drill' })
    for (const order of await work(directory)) await answer(directory, order, { stop: frozen(1, 1) })
    await directory.clock.advance(7 * DAY_MS)
    expect((await directory.services.stops.get(id)).state).toBe('ended')
    expect([await work(directory), await welcome(directory, offline)]).toEqual([[], []])
    expect(await progress(id)).toMatchObject({ frozen: 1, waiting: 1, done: false })
  })

  test('is withdrawn by one person', async () => {
    const [device = ''] = await seedDevices(directory, 1)
    const id = await stop({ all: true }, { kind: 'drill' })
    await work(directory)
    expect((await release(id)).state).toBe('withdrawn')
    expect([await work(directory), await welcome(directory, device)]).toEqual([[], []])
  })
})

test('a device has room for orders of administrators, however many stops wait for it', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  for (let at = 0; at < 100; at++) await stop({ device })
  const sent = await work(directory)
  expect(sent.map(({ number }) => number)).toEqual(Array.from({ length: MOST_PENDING }, (_, at) => at + 1))
  await directory.services.orders.issue({ device, kind: 'attest', reason: 'r' }, ADA.id)
  expect(await work(directory)).toEqual([])
  for (const order of sent.slice(0, 3)) await answer(directory, order, { stop: nothing })
  expect(await work(directory)).toHaveLength(2)
})

test('ten thousand stops of a device arrive in order, and no more can be made', async () => {
  const [device = '', other = ''] = await seedDevices(directory, 2)
  const ids: string[] = []
  directory.database.exec('BEGIN')
  for (let at = 0; at < 10_000; at++) {
    const id = `stop_${String(at).padStart(21, '0')}A`
    const created = { at: directory.clock.now(), by: ADA }
    await directory.store.stops.add(
      {
        id,
        kind: 'freeze',
        selector: { device },
        reason: REASON,
        created,
        state: 'standing',
        emergency: false,
        twoPersons: false,
      },
      { spread: true },
    )
    ids.push(id)
  }
  directory.database.exec('COMMIT')
  await expect(stop({ device: other })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  const reached: (string | undefined)[] = []
  for (let round = 0; round < 20; round++) {
    const sent = await work(directory)
    expect(sent.length).toBeLessThanOrEqual(MOST_PENDING)
    reached.push(...sent.map((order) => order.stop?.id))
    await directory.store.transaction(async () => {
      for (const order of sent) await answer(directory, order, { stop: nothing })
    })
  }
  expect(reached).toEqual(ids.slice(0, 20 * MOST_PENDING))
})

test('what devices claim does not spoil the sums', async () => {
  await seedDevices(directory, 3)
  const id = await stop()
  const claim = frozen(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  for (const order of await work(directory)) await answer(directory, order, { stop: claim })
  expect(await progress(id)).toMatchObject({ frozen: 3, agents: 3_000_000, processes: 3_000_000, done: true })
  expect((await directory.services.stops.devices(id, { limit: 1 })).items[0]?.receipt).toEqual(claim)
  expect((await directory.store.stopProgress.counts()).devices).toMatchObject({ frozen: 3 })
})

test('records a device that floods events one by one for a while, then in sums', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const id = await stop()
  await work(directory)
  const known = { kind: 'escaped', stop: id, processes: 2, time: 1 } as const
  const forged = { ...known, stop: `stop_${'B'.repeat(21)}A` }
  const events = [...Array(32).fill(known), ...Array(32).fill(forged)]
  for (let batch = 0; batch < 20; batch++) await report(directory, device, { stopEvents: events })
  const recorded = await directory.store.events.list({ limit: 10_000, device, kind: 'stop-event' })
  expect(recorded.length).toBe(16 * 64 + 4 * 2)
  expect(recorded.slice(0, 2).map(({ facts }) => facts)).toEqual([
    { stop: 'unknown', kind: 'escaped', events: 32, processes: 64 },
    { stop: id, kind: 'escaped', events: 32, processes: 64 },
  ])
  expect((await directory.services.stops.devices(id, { limit: 1 })).items).toMatchObject([{ escaped: 20 * 32 }])
})

test('nothing is written where nothing is due', async () => {
  await seedDevices(directory, 2)
  await stop()
  for (const order of await work(directory)) await answer(directory, order, { stop: nothing })
  const commits = () => directory.database.prepare('SELECT commits FROM watermark').get()
  const before = commits()
  expect([await work(directory), await directory.services.stopOrders.work()]).toEqual([[], false])
  expect(commits()).toEqual(before)
})

test('work that fails is done later', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const id = await stop()
  directory.database.exec(
    `CREATE TEMP TRIGGER broken BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`,
  )
  await expect(() => work(directory)).rejects.toThrow('the disk is full')
  expect(directory.delivered).toEqual([])
  directory.database.exec('DROP TRIGGER broken')
  expect(await work(directory)).toMatchObject([{ device, stop: { id } }])
})
