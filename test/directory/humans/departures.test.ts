import { SuretyError } from '../../../src/base/errors.ts'
import { departures } from '../../../src/directory/humans/departures.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import type { RegistrationRequest, RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import type { CreatedStop } from '../../../src/protocol/nouns/agents/stops.ts'
import type { ChangedHuman, DepartureReport } from '../../../src/protocol/nouns/people/people.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
let device: string
let number = 0
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory, testKey('one'))).device
  for (const name of ['ada', 'bob', 'eve']) await post('/humans', { userName: name })
})

const post = async (path: string, body: object) => (await directory.ask('POST', `/api/v1${path}`, { body })).json
const get = async (path: string) => (await directory.ask('GET', `/api/v1${path}`)).json
const idOf = async (name: string) => (await directory.store.humans.byName(name))?.id ?? ''
const registered = async (changes: Partial<RegistrationRequest> = {}): Promise<RegistrationView> => {
  const request = {
    name: `agent ${++number}`,
    purpose: 'reviews',
    criteria: { products: ['claude-code'], device },
    owner: 'ada',
    state: 'active',
    ...changes,
  }
  return (await post('/registrations', request)) as RegistrationView
}
const accept = (id: string) => post(`/registrations/${id}/acceptance`, { what: 'succession' })
const leave = async (name: string, dryRun = false) =>
  (await post(`/humans/${await idOf(name)}/deactivation`, { reason: 'left', dryRun })) as DepartureReport
const registration = async (id: string) => (await get(`/registrations/${id}`)) as RegistrationView
const kinds = async () => (await directory.store.events.list({ limit: 100 })).map(({ kind }) => kind)

test('gives agents to successors who accepted, and retires the others with a stop', async () => {
  const [bob, given] = [await idOf('bob'), await registered({ successor: 'bob' })]
  await accept(given.id)
  const asked = await registered({ successor: 'bob' })
  const alone = await registered()
  const suspended = await registered()
  await post(`/registrations/${suspended.id}/transitions`, { to: 'suspended', reason: 'odd' })
  const waiting = await registered({ state: 'provisioning' })
  const before = { kinds: await kinds(), stops: await directory.store.stopProgress.counts() }
  const dry = await leave('ada', true)
  expect(dry.agents).toMatchObject({ transferred: 1, ended: 4 })
  expect(dry.agents.items).toContainEqual({ id: given.id, name: given.name, to: bob })
  expect({ kinds: await kinds(), stops: await directory.store.stopProgress.counts() }).toEqual(before)
  expect(await registration(alone.id)).toMatchObject({ state: 'active', owner: await idOf('ada') })

  const real = await leave('ada')
  expect(real.agents).toEqual(dry.agents)
  expect(await registration(given.id)).toMatchObject({ state: 'active', owner: bob })
  for (const { id } of [asked, alone, suspended, waiting]) {
    const retiring = await registration(id)
    expect(retiring).toMatchObject({ state: 'retiring', stateReason: 'left' })
    expect(await get(`/stops/${retiring.stop}`)).toMatchObject({ kind: 'retire', state: 'standing' })
  }
  const [last] = await directory.store.events.list({ limit: 1 })
  expect(last).toMatchObject({
    kind: 'human-deactivated',
    facts: { human: await idOf('ada'), reason: 'left', agentsTransferred: 1, agentsRetired: 4 },
  })
  directory.connected.add(device)
  while (await directory.services.stopOrders.work());
  expect(directory.delivered.filter((order) => order.startsWith(device)).length).toBeGreaterThan(0)
})

test('a successor who left, or was never asked, gets nothing', async () => {
  const { id } = await registered({ successor: 'bob' })
  await accept(id)
  await leave('bob')
  expect((await leave('ada')).agents).toMatchObject({ transferred: 0, ended: 1 })
  expect(await registration(id)).toMatchObject({ state: 'retiring', owner: await idOf('ada') })
})

test('an acceptance ends when the successor leaves, also if they come back', async () => {
  const { id } = await registered({ successor: 'bob' })
  await accept(id)
  await leave('bob')
  await post(`/humans/${await idOf('bob')}/reactivation`, { reason: 'back' })
  expect((await registration(id)).successorAcceptedAt).toBeUndefined()
  expect((await leave('ada')).agents).toMatchObject({ transferred: 0, ended: 1 })
})

test('of two successors of each other, the second who leaves has no successor', async () => {
  const [first, second] = [await registered({ successor: 'bob' }), await registered({ owner: 'bob', successor: 'eve' })]
  await accept(first.id)
  await accept(second.id)
  await leave('ada')
  expect(await registration(first.id)).toMatchObject({ owner: await idOf('bob'), state: 'active' })
  const report = await leave('bob')
  // What came from ada has no successor any more who accepted.
  expect(report.agents).toMatchObject({ transferred: 1, ended: 1 })
  expect(await registration(first.id)).toMatchObject({ state: 'retiring' })
  expect(await registration(second.id)).toMatchObject({ owner: await idOf('eve') })
})

test('a group that is stopped is not left: what is frozen stays frozen', async () => {
  for (const name of ['crew', 'held']) await post('/groups', { name })
  const groupOf = async (name: string) => (await directory.store.groups.byName(name))?.id ?? ''
  for (const name of ['crew', 'held']) await post(`/groups/${await groupOf(name)}`, { add: ['ada'] })
  await post(`/devices/${device}/owner`, { owner: 'ada' })
  const selector = { group: await groupOf('held') }
  const { stop } = (await post('/stops', { kind: 'freeze', selector, reason: 'incident' })) as CreatedStop
  directory.connected.add(device)
  while (await directory.services.stopOrders.work());
  const orders = directory.delivered.length
  expect(await leave('ada')).toMatchObject({ groups: 1, groupsKept: 1 })
  expect(await directory.store.humans.groupsOf(await idOf('ada'))).toEqual([await groupOf('held')])
  while (await directory.services.stopOrders.work());
  expect([orders, directory.delivered.length]).toEqual([1, 1])
  await post(`/stops/${stop?.id}/release`, { reason: 'mended' })
  while (await directory.services.stopOrders.work());
  expect(directory.delivered).toHaveLength(2)
})

test('a departure that fails at its end changes nothing at all', async () => {
  const { id } = await registered()
  await post('/service-accounts', {
    name: 'ci',
    purpose: 'p',
    owner: 'ada',
    expiresAt: directory.clock.now() + 9_000,
  })
  const before = [await kinds(), await directory.store.stopProgress.counts()]
  const { services, store, clock } = directory
  const failing = departures({
    clock,
    agents: services.registrations,
    serviceAccounts: services.serviceAccounts,
    changes: new Changes(),
    store: {
      ...store,
      humans: {
        ...store.humans,
        update: async () => {
          throw new SuretyError('STORE_FAILED', 'the disk is full')
        },
      },
    },
  })
  const act = async () => failing.deactivate(await idOf('ada'), { id: 'adm', name: 'a' }, { reason: 'left' })
  expect(await codeThrown(act)).toBe('STORE_FAILED')
  expect([await kinds(), await directory.store.stopProgress.counts()]).toEqual(before)
  expect(await registration(id)).toMatchObject({ state: 'active' })
  expect((await directory.store.humans.byName('ada'))?.status).toBe('active')
})

test('the database refuses a departure that forgets an agent', async () => {
  await registered()
  const { services, store, clock } = directory
  const forgetful = departures({
    store,
    clock,
    serviceAccounts: services.serviceAccounts,
    changes: new Changes(),
    agents: { depart: async () => ({ transferred: [], retired: [] }) },
  })
  const act = async () => forgetful.deactivate(await idOf('ada'), { id: 'adm', name: 'a' }, { reason: 'left' })
  expect(await codeThrown(act)).toBe('CONFLICT')
  expect((await store.humans.byName('ada'))?.status).toBe('active')
})

test('who has left owns nothing new, and gets back nothing', async () => {
  const { id } = await registered()
  await leave('ada')
  for (const request of [{ owner: 'ada' }, { owner: 'bob', successor: 'ada' }]) {
    const answer = await registered(request)
    expect([request, answer]).toEqual([request, expect.objectContaining({ code: expect.any(String) })])
  }
  await post(`/humans/${await idOf('ada')}/reactivation`, { reason: 'back' })
  expect(await registration(id)).toMatchObject({ state: 'retiring' })
  const moved = await post(`/registrations/${id}/transitions`, { to: 'active', reason: 'back' })
  expect(moved).toMatchObject({ code: 'TRANSITION_REFUSED' })
})

test('the report lists the first hundred, and counts all', async () => {
  for (let made = 0; made < 103; made++) {
    await directory.services.registrations.create(
      {
        name: `a${made}`,
        purpose: 'p',
        criteria: { products: ['codex'], device },
        owner: 'ada',
        state: 'active',
      },
      { person: { id: 'adm', name: 'a' } },
    )
  }
  const report = await leave('ada')
  expect([report.agents.ended, report.agents.items.length]).toEqual([103, 100])
  expect((await leave('ada')).agents).toEqual({ transferred: 0, ended: 0, items: [] })
  const added = (await post('/humans', { userName: 'zoe' })) as ChangedHuman
  expect((await leave('zoe')).human.id).toBe(added.human.id)
})
