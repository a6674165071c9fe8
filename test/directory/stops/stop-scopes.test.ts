import type { Order } from '../../../src/protocol/messages/order.ts'
import type { RegistrationRequest } from '../../../src/protocol/nouns/agents/registrations.ts'
import { type AgentSelector, type StopView, selectorWords } from '../../../src/protocol/nouns/agents/stops.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import {
  ADMINISTRATOR,
  CODEX,
  type RegistrationApi,
  registrationApi,
  seedAccount,
  seedHuman,
} from '../registrations/registration-fixture.ts'
import { answer, codeIn, frozen, nothing, REASON, seedDevices, welcome, work } from './stop-fixture.ts'

/** Stops by a registration, a human and a group: which devices are concerned, and what becomes of it as the register changes. */

let directory: TestDirectory
let api: RegistrationApi
let ada: string
let bob: string
let devices: string[]
directoryForAll(async (started) => {
  directory = started
  api = registrationApi(directory)
  ada = await seedHuman(directory, 'ada', 'ada@example.org')
  bob = await seedHuman(directory, 'bob')
  devices = (await seedDevices(directory, 3)).toSorted()
})

const own = (device: string, owner: string) =>
  directory.services.devices.setOwner(device, { owner, reason: REASON }, 'adm_test')
const stop = async (selector: AgentSelector, kind: 'freeze' | 'retire' = 'freeze') =>
  (await directory.services.stops.create({ kind, selector, reason: REASON }, ADMINISTRATOR)).stop?.id ?? ''
const progress = async (id: string): Promise<StopView['progress']> => (await directory.services.stops.get(id)).progress
const create = (changes: Partial<RegistrationRequest>) =>
  directory.services.registrations.create({ ...CODEX, ...changes }, { person: ADMINISTRATOR })
const said = ({ device, kind, stop: about }: Order) => ({
  at: devices.indexOf(device),
  kind,
  ...(about?.selector === undefined ? {} : { selector: about.selector }),
})
const sent = async () => (await work(directory)).map(said)
const answerAll = async (orders: readonly Order[]) => {
  for (const order of orders) await answer(directory, order, { stop: nothing })
}
const inScope = async (id: string) =>
  (await directory.services.stops.devices(id, { limit: 100 })).items.map(({ device, state }) => [
    devices.indexOf(device),
    state,
  ])

async function group(...members: readonly string[]): Promise<string> {
  const { store, clock } = directory
  const { id } = await store.groups.put({
    id: newTestId('grp'),
    name: 'Reviewers',
    origin: 'hand',
    createdAt: clock.now(),
  })
  for (const member of members) await store.groups.addMember(id, member)
  return id
}

test('a human: their confirmed accounts, and every agent of a device that they own', async () => {
  const [first = '', second = '', third = ''] = devices
  await own(first, 'ADA@example.org')
  await seedAccount(directory, second, ada, 'ada')
  await seedAccount(directory, second, ada, 'ada-admin')
  await seedAccount(directory, third, bob, 'bob')
  // A proposal is not confirmed.
  await directory.store.accounts.seen(third, { id: '7', name: 'ada' }, { at: 1, human: ada })
  const id = await stop({ human: 'Ada' })
  expect(await sent()).toEqual([
    { at: 0, kind: 'freeze', selector: { select: 'all' } },
    { at: 1, kind: 'freeze', selector: { select: 'match', users: ['ada', 'ada-admin'] } },
  ])
  expect((await directory.services.stops.get(id)).selector).toEqual({ human: ada })
  expect(await progress(id)).toMatchObject({ devices: 2, waiting: 2 })
})

test('what ends agents of a human or a group ends those of confirmed accounts only', async () => {
  const [first = '', second = '', third = ''] = devices
  for (const device of [first, second]) await own(device, 'ada')
  await seedAccount(directory, second, ada, 'ada')
  await seedAccount(directory, third, bob, 'bob')
  // The owner of a device is proposed for each account there.
  await directory.store.accounts.seen(first, { id: '7', name: 'bob' }, { at: 1, human: ada })
  await stop({ human: ada }, 'retire')
  expect(await sent()).toEqual([{ at: 1, kind: 'retire', selector: { select: 'user', user: 'ada' } }])
  await stop({ group: await group(ada, bob) }, 'retire')
  expect((await sent()).map(({ at }) => at)).toEqual([1, 2])
  await stop({ human: ada, device: first }, 'retire')
  expect(await sent()).toEqual([])
  // An account that is confirmed later is in scope from then on.
  await directory.services.accounts.confirm({ device: first, user: 'bob', human: bob }, ADMINISTRATOR)
  expect(await sent()).toEqual([{ at: 0, kind: 'retire', selector: { select: 'user', user: 'bob' } }])
})

test('a group: its members; a device narrows it', async () => {
  const [first = '', second = '', third = ''] = devices
  await own(first, 'bob')
  await seedAccount(directory, second, ada, 'ada')
  await seedAccount(directory, third, await seedHuman(directory, 'carol'), 'carol')
  const id = await group(ada, bob)
  await stop({ group: 'REVIEWERS' })
  expect(await sent()).toEqual([
    { at: 0, kind: 'freeze', selector: { select: 'all' } },
    { at: 1, kind: 'freeze', selector: { select: 'user', user: 'ada' } },
  ])
  await stop({ group: id, device: second })
  expect(await sent()).toEqual([{ at: 1, kind: 'freeze', selector: { select: 'user', user: 'ada' } }])
  await stop({ human: ada, device: third })
  expect(await sent()).toEqual([])
})

test.each<[string, (devices: readonly string[]) => Partial<RegistrationRequest>, readonly object[]]>([
  ['a product', () => ({}), [0, 1, 2].map((at) => ({ at, selector: { select: 'product', product: 'codex' } }))],
  [
    'an agent that no catalogue knows',
    ([device = '']) => ({ criteria: { products: ['unknown/my agent'], device } }),
    [{ at: 0, selector: { select: 'product', product: 'my agent' } }],
  ],
  [
    'several products on a device',
    ([, device = '']) => ({ criteria: { products: ['codex', 'amp'], device } }),
    [{ at: 1, selector: { select: 'match', products: ['amp', 'codex'] } }],
  ],
  ['a device alone', ([, , device = '']) => ({ criteria: { device } }), [{ at: 2, selector: { select: 'all' } }]],
  [
    'a human with accounts',
    () => ({ criteria: { human: 'ada', products: ['codex'] } }),
    // Not on the device that they own: others may use it too.
    [{ at: 1, selector: { select: 'match', products: ['codex'], users: ['ada'] } }],
  ],
  [
    'a human on a device that is not theirs',
    ([, , device = '']) => ({ criteria: { human: 'ada', device, products: ['codex'] } }),
    [],
  ],
  [
    'programs, packages and folders',
    ([device = '']) => ({ criteria: { executables: ['/x/y'], packages: ['@a/b'], workspaces: ['/srv'], device } }),
    [{ at: 0, selector: { select: 'match', executables: ['/x/y'], packages: ['@a/b'], workspaces: ['/srv'] } }],
  ],
  ['an MCP server that was seen nowhere', () => ({ criteria: { mcpServers: ['files'] } }), []],
])('a registration by %s', async (_, changes, expected) => {
  const [first = '', second = ''] = devices
  await own(first, 'ada')
  await seedAccount(directory, second, ada, 'ada')
  const { id } = await create(changes(devices))
  await stop({ registration: id })
  expect(await sent()).toEqual(expected.map((one) => ({ ...one, kind: 'freeze' })))
})

test.each<[string, AgentSelector, string]>([
  ['a registration that is none', { registration: newTestId('agt') }, 'NOT_FOUND'],
  ['a human that is none', { human: 'nobody' }, 'NOT_FOUND'],
  ['a group that is none', { group: 'nobody' }, 'NOT_FOUND'],
  ['a human and a product', { human: 'ada', product: 'codex' }, 'INPUT_MALFORMED'],
  ['a human and a group', { human: 'ada', group: 'g' }, 'INPUT_MALFORMED'],
  ['all and a human', { all: true, human: 'ada' }, 'INPUT_MALFORMED'],
])('refuses %s', async (_, selector, code) => {
  expect(codeIn(await api.ask('POST', '/stops', { kind: 'freeze', selector, reason: REASON }))).toBe(code)
  expect((await api.ask('GET', '/stops')).json).toEqual({ items: [], total: 0 })
})

test('an account that comes, and one that goes: ordered, and let go', async () => {
  const [first = '', second = ''] = devices
  await seedAccount(directory, first, ada, 'ada')
  const id = await stop({ human: ada })
  await answerAll(await work(directory))
  expect(await inScope(id)).toEqual([[0, 'nothing-matched']])
  await seedAccount(directory, second, ada, 'ada2')
  await seedAccount(directory, first, ada, 'root')
  const orders = await work(directory)
  expect(orders.map(said)).toEqual([
    { at: 0, kind: 'freeze', selector: { select: 'match', users: ['ada', 'root'] } },
    { at: 1, kind: 'freeze', selector: { select: 'user', user: 'ada2' } },
  ])
  await answerAll(orders)
  expect(await work(directory)).toEqual([])
  await directory.store.accounts.release({ device: second, userId: 'id of ada2' })
  const released = await work(directory)
  expect(released).toMatchObject([
    { device: second, kind: 'release', reason: 'the stop no longer concerns this device' },
  ])
  await answer(directory, released[0] as Order)
  expect(await inScope(id)).toEqual([
    [0, 'nothing-matched'],
    [1, 'released'],
  ])
  expect(await progress(id)).toMatchObject({ done: true })
  await directory.store.accounts.confirm({ device: second, userId: 'id of ada2' }, { human: ada, at: 9, by: 'x' })
  expect(await sent()).toEqual([{ at: 1, kind: 'freeze', selector: { select: 'user', user: 'ada2' } }])
})

test('an owner, a member and a name that change', async () => {
  const [first = '', second = '', third = ''] = devices
  const id = await group(ada)
  await stop({ group: id })
  expect(await sent()).toEqual([])
  await own(first, 'ada')
  const all = (at: number) => ({ at, kind: 'freeze', selector: { select: 'all' } })
  expect(await sent()).toEqual([all(0)])
  await own(second, 'bob')
  expect(await sent()).toEqual([])
  await directory.store.groups.addMember(id, bob)
  expect(await sent()).toEqual([all(1)])
  await own(third, 'The Boss')
  const human = await directory.store.humans.get(bob)
  if (human === undefined) throw new Error('no such human')
  await directory.store.humans.update({ ...human, userName: 'the boss', changedAt: 9 })
  expect(await sent()).toEqual([{ at: 1, kind: 'release' }, all(2)])
  await directory.store.groups.removeMember(id, ada)
  expect(await sent()).toEqual([{ at: 0, kind: 'release' }])
})

test('includes a device that enrols later if the register includes it', async () => {
  await stop({ human: ada })
  const { id } = await create({})
  await stop({ registration: id })
  const narrow = await create({ criteria: { products: ['codex'], device: devices[0] ?? '' } })
  await stop({ registration: narrow.id })
  await answerAll(await work(directory))
  const fourth = await seedDevice(directory, testKey(`fourth of ${directory.folder}`)).then(({ device }) => device)
  directory.connected.add(fourth)
  expect((await work(directory)).map(({ device, stop: about }) => [device, about?.selector])).toEqual([
    [fourth, { select: 'product', product: 'codex' }],
  ])
  await own(fourth, 'ada')
  expect((await work(directory)).map(({ device, stop: about }) => [device, about?.selector])).toEqual([
    [fourth, { select: 'all' }],
  ])
})

test('orders changed criteria again where they differ, and nowhere else', async () => {
  const [first = '', second = ''] = devices
  const { id } = await create({ criteria: { products: ['codex'] } })
  await stop({ registration: id })
  await answerAll(await work(directory))
  const change = (criteria: RegistrationRequest['criteria']) =>
    directory.services.registrations.change(id, { criteria }, ADMINISTRATOR)
  await directory.services.registrations.change(id, { name: 'Renamed' }, ADMINISTRATOR)
  expect(await work(directory)).toEqual([])
  await change({ products: ['codex'], device: second })
  expect(await sent()).toEqual([
    { at: 0, kind: 'release' },
    { at: 2, kind: 'release' },
  ])
  await change({ products: ['amp'], device: second })
  expect(await sent()).toEqual([{ at: 1, kind: 'freeze', selector: { select: 'product', product: 'amp' } }])
  await change({ products: ['amp'] })
  expect((await sent()).map(({ at }) => at)).toEqual([0, 2])
  expect((await welcome(directory, first)).at(-1)?.stop?.selector).toEqual({ select: 'product', product: 'amp' })
})

test('a device that was sent no order yet just leaves the scope', async () => {
  const [first = ''] = devices
  directory.connected.delete(first)
  await own(first, 'ada')
  const id = await stop({ human: ada })
  await work(directory)
  expect(await inScope(id)).toEqual([[0, 'unreachable']])
  await own(first, 'carol')
  await work(directory)
  expect(await inScope(id)).toEqual([])
  expect(await welcome(directory, first)).toEqual([])
})

test('a human who is deleted is stopped all the same', async () => {
  const [first = '', second = ''] = devices
  await own(first, 'ada')
  await seedAccount(directory, second, ada, 'ada')
  await stop({ human: ada })
  await answerAll(await work(directory))
  const human = await directory.store.humans.get(ada)
  if (human === undefined) throw new Error('no such human')
  await directory.store.humans.update({ ...human, status: 'deactivated', deactivatedAt: 5, deletedAt: 5, changedAt: 5 })
  expect(await work(directory)).toEqual([])
  // Another one gets the name: the device is theirs.
  await seedHuman(directory, 'ADA')
  expect(await sent()).toEqual([{ at: 0, kind: 'release' }])
})

test('a dry run names what the receipts will count', async () => {
  const [first = '', second = '', third = ''] = devices
  await own(first, 'ada')
  await seedAccount(directory, second, ada, 'ada')
  const user = { id: '1000', name: 'ada' }
  const running = async (device: string, ...sightings: readonly AgentSighting[]) => {
    for (const one of sightings) await directory.store.sightings.put(device, one, { snapshot: 's', at: 1 })
  }
  await running(first, agentSighting('a', { user: { id: '0', name: 'root' } }))
  await running(second, agentSighting('b', { user }), agentSighting('c', { user: { id: '7', name: 'x' } }))
  await running(third, agentSighting('d', { user }))
  const dry = async (selector: AgentSelector) =>
    (await directory.services.stops.create({ kind: 'freeze', selector, reason: REASON, dryRun: true }, ADMINISTRATOR))
      .impact
  const seeded = (await dry({ device: third }))?.agents ?? 0
  expect(await dry({ human: ada })).toMatchObject({ devices: 2, affectedDevices: 2, agents: seeded - 1 + 2 })
  const { id } = await create({ criteria: { products: ['claude-code'], human: 'ada' } })
  expect(await dry({ registration: id })).toMatchObject({ devices: 1, affectedDevices: 1, agents: 1 })
  expect(await dry({ group: await group(bob) })).toMatchObject({ devices: 0, affectedDevices: 0, agents: 0 })
})

test('suspending freezes, activating releases, retiring ends, and no person releases', async () => {
  const [first = ''] = devices
  const { id } = await create({ owner: 'ada', state: 'active', criteria: { products: ['codex'], device: first } })
  await api.move(id, 'suspended')
  const held = (await api.get(id)).stop ?? ''
  const [freeze] = await work(directory)
  expect(freeze).toMatchObject({ device: first, kind: 'freeze', reason: 'to suspended', stop: { id: held } })
  await answer(directory, freeze as Order, { stop: frozen(1, 3) })
  expect(codeIn(await api.ask('POST', `/stops/${held}/release`, { reason: REASON }))).toBe('CONFLICT')
  // The freeze of before goes on.
  await api.move(id, 'quarantined')
  expect([(await api.get(id)).stop, await work(directory)]).toEqual([held, []])
  await api.move(id, 'active')
  expect((await api.get(id)).stop).toBeUndefined()
  const [release] = await work(directory)
  expect(release).toMatchObject({ kind: 'release', stop: { id: held } })
  await answer(directory, release as Order)
  await api.move(id, 'suspended')
  await api.move(id, 'retiring')
  const orders = await work(directory)
  expect(orders.map(({ kind }) => kind)).toEqual(['freeze', 'retire'])
  const { finishRetirements } = directory.services.registrations
  await finishRetirements.call(directory.services.registrations)
  expect((await api.get(id)).state).toBe('retiring')
  const [second, retire] = orders as [Order, Order]
  await answer(directory, second, { stop: frozen(1, 3) })
  await answer(directory, retire, { stop: frozen(1, 3) })
  await directory.services.registrations.finishRetirements()
  const retired = await api.get(id)
  expect(retired).toMatchObject({ state: 'retired', stop: retire.stop?.id })
  // What it retired by stands on; what froze it before is let go.
  expect(await sent()).toEqual([{ at: 0, kind: 'release' }])
  expect((await directory.services.stops.get(retired.stop ?? '')).state).toBe('standing')
  expect((await api.ask('POST', `/stops/${retired.stop}/release`, { reason: REASON })).status).toBe(200)
})

test('one that concerns no device has retired at once; one whose device failed has not', async () => {
  const [first = ''] = devices
  const none = await create({ owner: 'ada', criteria: { products: ['codex'], mcpServers: ['files'] } })
  await api.move(none.id, 'retiring')
  await work(directory)
  await directory.services.registrations.finishRetirements()
  expect((await api.get(none.id)).state).toBe('retired')
  const one = await create({ owner: 'ada', criteria: { products: ['codex'], device: first } })
  await api.move(one.id, 'retiring')
  const [order] = await work(directory)
  await answer(directory, order as Order, { outcome: 'failed', code: 'STOP_INCOMPLETE' })
  await directory.services.registrations.finishRetirements()
  expect((await api.get(one.id)).state).toBe('retiring')
})

test('a stop names the ids of its scope: by what they are called now', async () => {
  const [first = ''] = devices
  const namesOf = async (selector: AgentSelector) => {
    const { selector: kept, names } = await directory.services.stops.get(await stop(selector))
    return [selectorWords(kept, names), names]
  }
  const { id: registration } = await create({ owner: 'bob', name: 'Codex of Bob' })
  const reviewers = await group(bob)
  expect(await namesOf({ all: true })).toEqual(['all agents on all devices', undefined])
  expect(await namesOf({ human: 'bob' })).toEqual(['all agents of the person bob N.', { human: 'bob N.' }])
  expect(await namesOf({ registration })).toEqual([
    'the registered agent Codex of Bob',
    { registration: 'Codex of Bob' },
  ])
  expect(await namesOf({ group: reviewers, device: first })).toEqual([
    `all agents of the group Reviewers on ${HOSTILE_NAME}`,
    { group: 'Reviewers', hostname: HOSTILE_NAME },
  ])
  const human = await directory.store.humans.get(bob)
  if (human === undefined) throw new Error('no such human')
  await directory.store.humans.update({ ...human, displayName: 'Robert', changedAt: 9 })
  expect(await namesOf({ human: bob })).toEqual(['all agents of the person Robert', { human: 'Robert' }])
})
