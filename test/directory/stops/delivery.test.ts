import { splitJws } from '../../../src/crypto/jws.ts'
import { type Order, orderReader } from '../../../src/protocol/messages/order.ts'
import type { AgentSelector } from '../../../src/protocol/nouns/agents/stops.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire } from '../../support/directory/scripted-device.ts'
import { frozen, nothing, REASON } from './stop-fixture.ts'

/** A real directory with its loop, and devices over TLS that sign what they answer. */

const ADA = { id: 'adm_ada', name: 'ada' }
let running: RunningDirectory
// A fresh directory for each test: the stops are of all devices.
beforeEach(async () => {
  running = await runningDirectory()
})
afterEach(() => running[Symbol.asyncDispose]())

async function stop(selector: AgentSelector = { all: true }): Promise<string> {
  const { stop: created } = await running.directory.services.stops.create(
    { kind: 'freeze', selector, reason: REASON },
    ADA,
  )
  return created?.id ?? ''
}
const progress = async (id: string) => (await running.directory.services.stops.get(id)).progress
const readOrder = (compact: string) => orderReader.readCanonicalJson(splitJws('order', compact).payload)
const nextOrder = async (wire: Wire): Promise<Order> => readOrder((await wire.nextOf('order')).text)
async function answer(device: ScriptedDevice, wire: Wire, order: Order, receipt: StopReceipt): Promise<void> {
  const { id, number } = order
  wire.send(await device.batch({ receipts: [{ order: id, number, outcome: 'done', time: 5, stop: receipt }] }))
}
async function enrolled() {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  return { device, wire }
}

test('orders a connected device at once, and its signed receipt makes the stop done', async () => {
  const { device, wire } = await enrolled()
  const id = await stop()
  const order = await nextOrder(wire)
  expect(order).toMatchObject({ device: device.id, number: 1, kind: 'freeze', stop: { id, by: 'ada' } })
  await answer(device, wire, order, frozen(1, 2))
  await nextAck(wire)
  expect(await progress(id)).toMatchObject({ frozen: 1, agents: 1, processes: 2, unreachable: 0, done: true })
  await running.directory.services.stops.release(id, 'mended', ADA)
  const release = await nextOrder(wire)
  expect(release).toMatchObject({ number: 2, kind: 'release', stop: { id, by: 'ada' } })
  await answer(device, wire, release, nothing)
  await nextAck(wire)
  expect(await progress(id)).toMatchObject({ released: 1, done: true })
  wire.close()
})

test('the welcome of a device that was away has the order, with the newest number', async () => {
  const { device, wire } = await enrolled()
  wire.close()
  await wire.closed
  const id = await stop()
  const { wire: back, welcome } = await device.connect()
  expect(welcome.orders.map(readOrder)).toMatchObject([{ number: 1, stop: { id } }])
  expect(welcome.order).toBe(1)
  back.close()
})

test('the first welcome of a device that enrols later has the standing stop', async () => {
  const id = await stop()
  const device = running.device()
  const { wire, welcome } = await device.enrol(await running.token())
  expect(welcome.orders.map(readOrder)).toMatchObject([{ device: device.id, number: 1, stop: { id } }])
  expect(welcome.order).toBe(1)
  wire.close()
})

test('a device with many stops gets the next as it answers, over several connections', async () => {
  const { device, wire } = await enrolled()
  const ids = new Set<string>()
  for (let at = 0; at < 70; at++) ids.add(await stop({ device: device.id ?? '' }))
  const reached = new Set<string | undefined>()
  const take = async (from: Wire, order: Order) => {
    reached.add(order.stop?.id)
    await answer(device, from, order, nothing)
    device.order = Math.max(device.order, order.number)
  }
  for (let at = 0; at < 40; at++) await take(wire, await nextOrder(wire))
  await nextAck(wire)
  wire.close()
  await wire.closed
  const { wire: back, welcome } = await device.connect()
  for (const compact of welcome.orders) await take(back, readOrder(compact))
  while (reached.size < 70) await take(back, await nextOrder(back))
  expect(reached).toEqual(ids)
  back.close()
})

test('a stop survives a restart, and then reaches the devices that were left', async () => {
  const { device, wire } = await enrolled()
  wire.close()
  await wire.closed
  const id = await stop()
  await running.restart()
  const again = running.device()
  Object.assign(again, { privateKey: device.privateKey, spki: device.spki, id: device.id, epoch: device.epoch })
  const { wire: back, welcome } = await again.connect()
  const given = welcome.orders.length > 0 ? welcome.orders.map(readOrder) : [await nextOrder(back)]
  expect(given).toMatchObject([{ stop: { id } }])
  back.close()
})

test('a device that floods receipts of orders that it never got changes nothing', async () => {
  const { device, wire } = await enrolled()
  const id = await stop()
  const order = await nextOrder(wire)
  const forged = Array.from({ length: 64 }, (_, at) => ({
    order: `ord_${String(at).padStart(21, '0')}A`,
    number: at,
    outcome: 'done' as const,
    time: 1,
    stop: frozen(1000, 1000),
  }))
  wire.send(await device.batch({ receipts: forged }))
  await nextAck(wire)
  expect(await progress(id)).toMatchObject({ waiting: 1, agents: 0 })
  await answer(device, wire, order, nothing)
  await nextAck(wire)
  expect(await progress(id)).toMatchObject({ nothingMatched: 1, done: true })
  wire.close()
})
