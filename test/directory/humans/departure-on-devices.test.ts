import { splitJws } from '../../../src/crypto/jws.ts'
import { type Order, orderReader } from '../../../src/protocol/messages/order.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import { claude } from '../../cli/seen-on-a-device.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire } from '../../support/directory/scripted-device.ts'
import { waitFor } from '../../support/wait-for.ts'
import { frozen } from '../stops/stop-fixture.ts'

/** A real directory with its loops, and devices over TLS: from the owner of a device to the end of the agents when they leave. */

const PERSON = { id: 'adm_test', name: 'administrator' }
let running: RunningDirectory
// A fresh directory for each test: the person of each is ada, with the account of ada on each device.
beforeEach(async () => {
  running = await runningDirectory()
})
afterEach(() => running[Symbol.asyncDispose]())

const services = () => running.directory.services
const readOrder = (compact: string) => orderReader.readCanonicalJson(splitJws('order', compact).payload)
const nextOrder = async (wire: Wire): Promise<Order> => readOrder((await wire.nextOf('order')).text)

async function answer(device: ScriptedDevice, wire: Wire, { id, number }: Order, stop: StopReceipt): Promise<void> {
  wire.send(await device.batch({ receipts: [{ order: id, number, outcome: 'done', time: 5, stop }] }))
  await nextAck(wire)
}

/** A device of ada that has reported an agent of its user 1000, and perhaps of others. */
async function reporting(...others: readonly string[]) {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const items = ['ada', ...others].map((name, at) => ({
    ...claude,
    id: `${at}`.repeat(32),
    user: { id: `${1000 + at}`, name },
  }))
  wire.send(await device.batch({ sightings: { mode: 'full', snapshot: 's', part: 0, parts: 1, items } }))
  await nextAck(wire)
  return { device, wire }
}

async function registered(owner: string, device: string | undefined, products = ['claude-code']): Promise<string> {
  const criteria = { products, ...(device === undefined ? {} : { device }) }
  const request = { name: products.join(), purpose: 'reviews', criteria, owner, state: 'active' } as const
  return (await services().registrations.create(request, { person: PERSON })).id
}
const stateOf = async (id: string) => (await running.directory.store.registrations.get(id))?.state

test('proposes and confirms an owner, and ends their agents when they leave', async () => {
  const { human } = await services().humans.add({ userName: 'ada', email: 'ada@example.org' }, PERSON)
  const { device, wire } = await reporting()
  const id = device.id ?? ''
  await waitFor(
    'the account to be proposed',
    async () => (await running.directory.store.accounts.of(id, '1000'))?.state,
    {
      until: (state) => state === 'proposed',
    },
  )
  await services().accounts.confirm({ device: id, user: 'ada' }, PERSON)
  const registration = await registered(human.id, id)
  const report = await services().departures.deactivate(human.id, PERSON, { reason: 'left' })
  expect(report).toMatchObject({ agents: { transferred: 0, ended: 1 }, accounts: 1 })
  const order = await nextOrder(wire)
  expect(order).toMatchObject({ device: id, kind: 'retire', reason: 'left', stop: { by: 'administrator' } })
  expect(await stateOf(registration)).toBe('retiring')
  await answer(device, wire, order, frozen(1, 2))
  await waitFor('the agent to be retired', () => stateOf(registration), { until: (state) => state === 'retired' })
  expect(await running.directory.store.accounts.of(id, '1000')).toMatchObject({ state: 'confirmed', human: human.id })
  wire.close()
})

test('does not end what another user runs when the owner leaves, and proposes accounts', async () => {
  const { human } = await services().humans.add({ userName: 'ada', email: 'ada@example.org' }, PERSON)
  await services().humans.add({ userName: 'bob' }, PERSON)
  const { device, wire } = await reporting('bob')
  const id = device.id ?? ''
  await waitFor('the account of bob to be proposed', () => running.directory.store.accounts.of(id, '1001'), {
    until: (account) => account?.state === 'proposed' && account.human === human.id,
  })
  await services().accounts.confirm({ device: id, user: 'ada' }, PERSON)
  const request = { name: 'reviews', purpose: 'reviews', owner: human.id, state: 'active' } as const
  const criteria = { products: ['claude-code'], human: human.id }
  const { id: registration } = await services().registrations.create({ ...request, criteria }, { person: PERSON })
  await services().departures.deactivate(human.id, PERSON, { reason: 'left' })
  const order = await nextOrder(wire)
  expect(order).toMatchObject({
    device: id,
    kind: 'retire',
    stop: { selector: { select: 'match', products: ['claude-code'], users: ['ada'] } },
  })
  await answer(device, wire, order, frozen(1, 2))
  await waitFor('the agent to be retired', () => stateOf(registration), { until: (state) => state === 'retired' })
  wire.close()
})

test('a device that was away gets the order after a restart of the directory', async () => {
  const { human } = await services().humans.add({ userName: 'ada' }, PERSON)
  const { device, wire } = await reporting()
  wire.close()
  await wire.closed
  const registration = await registered(human.id, device.id)
  await services().departures.deactivate(human.id, PERSON, { reason: 'left' })
  await running.restart()
  const { privateKey, spki, id, epoch, sequence, head, order: newest } = device
  const again = Object.assign(running.device(), { privateKey, spki, id, epoch, sequence, head, order: newest })
  const { wire: back, welcome } = await again.connect()
  const [order] = welcome.orders.map(readOrder)
  expect(order).toMatchObject({ kind: 'retire', reason: 'left' })
  if (order !== undefined) await answer(again, back, order, frozen(1, 2))
  await waitFor('the agent to be retired', () => stateOf(registration), { until: (state) => state === 'retired' })
  back.close()
})
