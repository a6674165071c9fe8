import { splitJws } from '../../../src/crypto/jws.ts'
import { type Order, orderReader } from '../../../src/protocol/messages/order.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { waitFor } from '../../support/wait-for.ts'
import { requestOf } from './approval-fixture.ts'

/** A device asks over its connection, and gets the decision there. The directory runs with all of its workers. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

const ROOT = { id: 'adm_root', kind: 'administrator', name: 'root', role: 'administrator' } as const
const orderIn = ({ text }: { readonly text: string }): Order =>
  orderReader.readCanonicalJson(splitJws('order', text).payload)
const waiting = (id: string) =>
  waitFor('the request to arrive', () => running.directory.store.approvals.get(id, Date.now()))

test('a denial reaches the device in a signed order that ends with the request', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const request = requestOf(Date.now(), { agent: undefined as never })
  const { agent: _, ...sent } = request
  wire.send(await device.batch({ approvalRequests: [sent] }))
  await waiting(request.id)
  await running.directory.services.approvals.deny(request.id, 'no', ROOT)
  const order = orderIn(await wire.nextOf('order'))
  expect(order).toMatchObject({
    kind: 'approval',
    reason: 'no',
    notAfter: request.until,
    approval: { approval: request.id, outcome: 'denied', by: 'root' },
  })
  wire.send(
    await device.batch({
      receipts: [{ order: order.id, number: order.number, outcome: 'done', time: Date.now() }],
    }),
  )
  const answered = () => running.directory.services.approvals.get(request.id, ROOT)
  await waitFor('the receipt', answered, { until: ({ delivery }) => delivery === 'done' })
})

test('what is denied at once reaches the device too', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const requests = Array.from({ length: 6 }, (_, at) => {
    const { agent: __, ...sent } = requestOf(Date.now(), { action: { arguments: { command: `sleep ${at}` } } })
    return sent
  })
  wire.send(await device.batch({ approvalRequests: requests }))
  expect(orderIn(await wire.nextOf('order')).approval).toMatchObject({
    approval: requests.at(-1)?.id,
    outcome: 'denied',
    by: 'the directory',
  })
})

test('what no person decides is recorded as expired by a worker', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const { agent: _, ...sent } = requestOf(Date.now())
  const request = { ...sent, until: Date.now() + 500 }
  wire.send(await device.batch({ approvalRequests: [request] }))
  await waiting(request.id)
  await waitFor('the worker', () => running.rows('SELECT state FROM approvals WHERE id = ?', request.id), {
    until: ([row]) => row?.state === 'expired',
  })
})
