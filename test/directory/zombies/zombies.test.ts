import { randomBytes } from 'node:crypto'
import { silentLog } from '../../../src/base/log.ts'
import type { ListRequest } from '../../../src/directory/http/listed.ts'
import { registrations } from '../../../src/directory/registrations/registrations.ts'
import { DEFAULT_ZOMBIE_RULES, type ZombieRules, zombieReasons } from '../../../src/directory/rule-set/zombie-rules.ts'
import { registerStops } from '../../../src/directory/stops/register-stops.ts'
import { STOPS_INIT, twoPersons } from '../../../src/directory/stops/two-persons.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import { type Zombies, zombies } from '../../../src/directory/zombies/zombies.ts'
import { DEVICE, idOf } from '../../contracts/stores/seeds.ts'
import { claude, openSeen, type SeenFixture } from '../seen/seen-fixture.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-29')
let fixture: SeenFixture
let rules: { zombies: ZombieRules; version: number }
beforeEach(async () => {
  fixture = await openSeen()
  fixture.clock.at = NOW
  rules = { zombies: DEFAULT_ZOMBIE_RULES, version: 0 }
})
afterEach(() => fixture.database.close())

const clock = { now: () => fixture.clock.at }
const random = (bytes: number) => new Uint8Array(randomBytes(bytes))

function swept(parts: Partial<Parameters<typeof zombies>[0]> = {}): Zombies {
  const { store } = fixture
  const registered = registrations({
    store,
    clock,
    random,
    registerStops: registerStops({ store, random, twoPersons: twoPersons({ store, clock }, STOPS_INIT) }),
    changes: new Changes(),
  })
  return zombies({ store, clock, log: silentLog, changes: new Changes(), rules, registrations: registered, ...parts })
}

async function sweep(of = swept()): Promise<Zombies> {
  await of.begin()
  while (await of.sweepSome());
  return of
}

const found = async () =>
  (await fixture.store.zombies.list({ limit: 99 })).items.map(({ registration, reasons, done }) => [
    registration,
    reasons.join(),
    done,
  ])
const fresh = { createdAt: NOW, stateAt: NOW }
const withActions = (actions: Partial<ZombieRules['actions']>) => {
  rules = { version: 1, zombies: { ...DEFAULT_ZOMBIE_RULES, actions: { ...DEFAULT_ZOMBIE_RULES.actions, ...actions } } }
}

const GOOD = { usedAt: NOW, ownerIsActive: true, single: false, running: 1 }
const device = { retired: false, heardAt: NOW, verdict: 'compliant' }
test.each([
  [{}, []],
  [{ expiresAt: NOW + 1 }, []],
  [{ expiresAt: NOW }, ['expired']],
  [{ reviewAt: NOW - 1 }, ['review-overdue']],
  [{ endOfLife: '2026-11-30' }, []],
  [{ endOfLife: '2026-11-29' }, ['end-of-life']],
  [{ usedAt: NOW - 91 * DAY }, []],
  [{ usedAt: NOW - 91 * DAY, running: 0 }, ['idle']],
  [{ usedAt: NOW - 89 * DAY, running: 0 }, []],
  [{ ownerIsActive: false }, ['without-owner']],
  [{ device }, []],
  [{ device: { ...device, retired: true, verdict: 'not-compliant' } }, ['device-lost']],
  [{ device: { ...device, heardAt: NOW - 31 * DAY } }, ['device-lost']],
  [{ device: { ...device, heardAt: undefined } }, ['device-lost']],
  [{ device: { ...device, verdict: 'not-compliant' } }, ['device-untrusted']],
  [{ device: { ...device, verdict: 'stale' } }, []],
  [{ single: true }, []],
  [{ single: true, running: 2 }, ['duplicate']],
  [{ expiresAt: 1, ownerIsActive: false, running: 0, usedAt: 0 }, ['expired', 'idle', 'without-owner']],
])('facts %# have the reasons that they should', (changes, reasons) => {
  expect(zombieReasons({ ...GOOD, ...changes }, DEFAULT_ZOMBIE_RULES, NOW)).toEqual(reasons)
})

test('a sweep finds zombies, acts on each once, and forgets those that ended', async () => {
  const { registered, store, events } = fixture
  await registered(1, fresh)
  const expired = await registered(2, { ...fresh, expiresAt: NOW - 1 })
  await registered(3, { ...fresh, reviewAt: NOW - 1 })
  const of = await sweep()
  expect(await found()).toEqual([
    [idOf('agt', 2), 'expired', 'suspended'],
    [idOf('agt', 3), 'review-overdue', 'warned'],
  ])
  expect(await store.registrations.get(expired.id)).toMatchObject({
    state: 'suspended',
    stateReason: 'zombie: expired',
  })
  expect(await events('zombie-warned')).toMatchObject([{ facts: { reasons: 'review-overdue', owner: idOf('hum', 1) } }])
  expect(await of.sweep()).toMatchObject({
    running: false,
    lookedAt: 3,
    registrations: 3,
    zombies: 2,
    byReason: { expired: 1, 'review-overdue': 1, idle: 0 },
  })
  // A human decides otherwise: the same reasons do not suspend it again.
  await store.registrations.move(expired.id, { state: 'active', reason: 'needed', at: NOW })
  await sweep(of)
  expect([(await store.registrations.get(expired.id))?.state, (await events('zombie-suspended')).length]).toEqual([
    'active',
    1,
  ])
  const before = await store.registrations.get(expired.id)
  if (before === undefined) throw new Error('it is gone')
  await store.registrations.update({ ...before, expiresAt: NOW + DAY }, { at: NOW })
  await sweep(of)
  expect((await found()).map(([id]) => id)).toEqual([idOf('agt', 3)])
  expect(await events('zombie-gone')).toMatchObject([{ facts: { reasons: 'expired' } }])
})

test('the strongest action of the reasons counts, and a retired one is no zombie', async () => {
  const { registered, store } = fixture
  withActions({ expired: 'retire', 'review-overdue': 'warn' })
  await registered(1, { ...fresh, expiresAt: 1, reviewAt: 1 })
  const of = await sweep()
  expect(await found()).toEqual([[idOf('agt', 1), 'expired,review-overdue', 'retired']])
  expect((await store.registrations.get(idOf('agt', 1)))?.state).toBe('retiring')
  await store.registrations.move(idOf('agt', 1), { state: 'retired', reason: 'r', at: NOW })
  expect([await found(), await of.sweep()]).toMatchObject([[], { zombies: 0, registrations: 0 }])
})

test('an agent that a device sees is used, and idle once it is not', async () => {
  const { registered, report, clock: time } = fixture
  await registered(1, { createdAt: 1, stateAt: 1 })
  await report(DEVICE, [claude('1')])
  const of = await sweep()
  expect(await found()).toEqual([])
  await report(DEVICE, [], ['1'])
  time.at += 91 * DAY
  await sweep(of)
  expect(await found()).toEqual([[idOf('agt', 1), 'idle', 'reported']])
})

test('an action that is refused is said and tried again with the next sweep', async () => {
  const { registered, store, events } = fixture
  await registered(1, { ...fresh, expiresAt: 1 })
  const refusing = swept({
    registrations: {
      async move() {
        await store.registrations.move(idOf('agt', 1), { state: 'suspended', reason: 'half', at: NOW })
        await store.registrations.move(idOf('agt', 1), { state: 'provisioning', reason: 'no', at: NOW })
      },
    },
  })
  await sweep(refusing)
  await sweep(refusing)
  // Nothing of it is half done, and the record says it once.
  expect((await store.registrations.get(idOf('agt', 1)))?.state).toBe('active')
  expect(await found()).toEqual([[idOf('agt', 1), 'expired', 'failed']])
  expect(await events('zombie-failed')).toMatchObject([{ facts: { code: expect.any(String) } }])
  await sweep()
  expect((await events('zombie-suspended')).length).toBe(1)
})

test('an interrupted sweep continues where it was, also in another process', async () => {
  const { registered, store } = fixture
  for (let number = 1; number <= 1_100; number++) await registered(number, { ...fresh, reviewAt: 1 })
  const first = swept()
  await first.begin()
  expect(await first.sweepSome()).toBe(true)
  expect([(await store.zombies.sweep()).lookedAt, (await found()).length]).toEqual([500, 99])
  const second = swept()
  // It runs already: nothing begins anew.
  expect(await second.begin()).toMatchObject({ running: true, lookedAt: 500, zombies: 500 })
  while (await second.sweepSome());
  expect(await second.sweep()).toMatchObject({ running: false, lookedAt: 1_100, zombies: 1_100 })
  const list = (request: ListRequest) => store.zombies.list({ limit: 3, ...request })
  expect(await list({ reason: 'review-overdue' })).toMatchObject({ total: 1_100 })
  expect(await list({ reason: 'idle' })).toEqual({ items: [], total: 0 })
  expect((await list({ done: 'warned', sort: 'since', order: 'descending' })).total).toBe(1_100)
  const [only] = (await list({ named: idOf('agt', 7) })).items
  expect((await list({ owner: only?.owner ?? '', search: 'agent' })).items.length).toBeGreaterThan(0)
  expect((await list({ owner: idOf('hum', 99) })).total).toBe(0)
})
