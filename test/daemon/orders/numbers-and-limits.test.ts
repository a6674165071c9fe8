import { SuretyError } from '../../../src/base/errors.ts'
import type { DirectoryKeys } from '../../../src/daemon/stream/directory-keys.ts'
import { sampleOrder } from '../../support/daemon/fake-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { orderId, RECEIPT, runningHandler, trustingKeys } from './handler-fixture.ts'

/** Which orders a device counts: by the numbers of welcomes, when it cannot read them, and when there are too many. */

describe('the number of a welcome', () => {
  test('ends the orders up to it that the welcome does not list, on its connection', async () => {
    using folder = temporaryFolder()
    await using one = await runningHandler(folder.path)
    // Only order 8 of 9 is still pending.
    await one.welcome({ order: 9, orders: [one.order(8)] })
    await one.receipts(1)
    for (const number of [3, 8, 9, 10]) await one.receive(one.order(number))
    expect((await one.receipts(2)).map(({ number, outcome }) => [number, outcome])).toEqual([
      [8, 'done'],
      [10, 'done'],
    ])
  })

  test('is not written to disk: only an order raises the number there', async () => {
    using folder = temporaryFolder()
    const saved: number[] = []
    await using one = await runningHandler(folder.path, async () => void saved.push(one.state.progress.order))
    await one.welcome({ order: 9, orders: [one.order(8)] })
    await one.receipts(1)
    await one.welcome({ order: 9, orders: [] })
    await one.receive(one.order(9))
    await one.receive(one.order(10))
    await one.receipts(2)
    expect([saved, one.state.progress.order]).toEqual([[8, 10], 10])
  })

  test.each([1_000_001, Number.MAX_SAFE_INTEGER])('is not used where no directory reached it: %d', async (number) => {
    using folder = temporaryFolder()
    await using one = await runningHandler(folder.path)
    await one.welcome({ order: number, orders: [] })
    await one.receive(one.order(1))
    expect(await one.receipts(1)).toMatchObject([{ number: 1, outcome: 'done' }])
    expect(one.health.warnings().map(({ code: raised }) => raised)).toEqual(['ORDERS_REFUSED'])
  })

  test('as far as it may be counts for one connection, and ends nothing for good', async () => {
    using folder = temporaryFolder()
    await using one = await runningHandler(folder.path)
    await one.welcome({ order: 1_000_000, orders: [] })
    await one.receive(one.order(1))
    await one.welcome({ order: 1, orders: [one.order(1)] })
    expect(await one.receipts(1)).toMatchObject([{ number: 1, outcome: 'done' }])
    expect([one.state.progress.order, one.health.warnings().map(({ code: raised }) => raised)]).toEqual([1, []])
  })
})

describe('a signed order that cannot be read', () => {
  const selector = { select: 'match', products: ['claude\u0000code'], users: ['ada'] }
  const stop = { id: `stop_${'A'.repeat(22)}`, by: 'ada', selector }
  const paths = Array.from({ length: 8 }, (_, at) => `/${at}${'x'.repeat(4_000)}`)

  test.each([
    ['of an unknown kind', { kind: 'dance' }, 'FRAME_MALFORMED'],
    ['with a member that is not known', { more: 1 }, 'FRAME_MALFORMED'],
    ['with a product that has a NUL', { kind: 'freeze', stop }, 'FRAME_MALFORMED'],
    ['that stops without a selector', { kind: 'freeze', stop: { id: stop.id, by: 'ada' } }, 'FRAME_MALFORMED'],
    [
      'with another kind of stop',
      { kind: 'freeze', stop: { ...stop, selector: { select: 'mood' } } },
      'FRAME_MALFORMED',
    ],
    [
      'with a selector beyond its limit',
      { kind: 'freeze', stop: { ...stop, selector: { select: 'match', executables: paths.slice(0, 5) } } },
      'FRAME_MALFORMED',
    ],
    [
      'that is too long',
      { kind: 'freeze', stop: { ...stop, selector: { select: 'match', executables: paths } } },
      'INPUT_TOO_LARGE',
    ],
    ['that is too deep', { more: [[[[[[[[[[[[]]]]]]]]]]]] }, 'INPUT_TOO_DEEP'],
  ])('%s is answered as failed and counted, in a welcome and on its own', async (_, changes, code) => {
    using folder = temporaryFolder()
    await using one = await runningHandler(folder.path, undefined, { stop: async () => ({ receipt: RECEIPT }) })
    await one.welcome({ order: 2, orders: [one.order(1, changes), one.order(2)] })
    await one.receive(one.order(3, changes))
    await one.receive(one.order(4))
    const given = await one.receipts(4)
    expect(given.toSorted((a, b) => a.number - b.number)).toEqual([
      { order: orderId(1), number: 1, outcome: 'failed', code },
      { order: orderId(2), number: 2, outcome: 'done' },
      { order: orderId(3), number: 3, outcome: 'failed', code },
      { order: orderId(4), number: 4, outcome: 'done' },
    ])
    await waitFor('all orders are closed', () => one.state.progress.open.length === 0)
    expect(one.state.progress.order).toBe(4)
    expect(one.health.warnings().map(({ code: raised }) => raised)).toEqual(['ORDERS_REFUSED'])
    // It is not asked for again.
    await one.receive(one.order(3, changes))
    await one.receive(one.order(5))
    expect(await one.receipts(5)).toHaveLength(5)
  })

  test.each([
    ['is not JSON', 'order!'],
    ['has no number', JSON.stringify({ ...sampleOrder(), number: 'one' })],
    ['has no id', JSON.stringify({ ...sampleOrder(), id: 'ord_x' })],
    ['is for another device', JSON.stringify(sampleOrder({ device: `dev_${'B'.repeat(21)}A`, kind: 'dance' }))],
    ['is of another epoch', JSON.stringify(sampleOrder({ epoch: 2, kind: 'dance' }))],
  ])('and that %s is passed over', async (_, order) => {
    using folder = temporaryFolder()
    await using one = await runningHandler(folder.path)
    await one.receive(order)
    await one.receive(one.order(7))
    expect((await one.receipts(1)).map(({ number }) => number)).toEqual([7])
  })

  test('is not what the order key did not sign: that is refused', async () => {
    using folder = temporaryFolder()
    await using one = await runningHandler(folder.path)
    const keys: DirectoryKeys = {
      ...trustingKeys(one.clock),
      verify() {
        throw new SuretyError('SIGNATURE_INVALID', 'another key')
      },
    }
    await expect(one.handler.received(one.order(1), keys)).rejects.toThrow('another key')
    expect(one.state.progress.order).toBe(0)
  })
})

test('orders over the limit of open ones wait, and none is lost or carried out twice', async () => {
  using folder = temporaryFolder()
  const mayEnd = Promise.withResolvers<void>()
  const acted: number[] = []
  await using one = await runningHandler(folder.path, async ({ number }) => {
    acted.push(number)
    await mayEnd.promise
  })
  await one.welcome({ order: 32, orders: Array.from({ length: 32 }, (_, at) => one.order(at + 1)) })
  for (let number = 33; number <= 150; number++) await one.receive(one.order(number))
  expect([one.state.progress.order, one.state.progress.open.length]).toEqual([64, 64])
  mayEnd.resolve()
  await one.receipts(150)
  await waitFor('all orders are closed', () => one.state.progress.open.length === 0)
  expect(acted).toEqual(Array.from({ length: 150 }, (_, at) => at + 1))
  expect(one.state.progress.order).toBe(150)
})

test('ends a connection with endless orders, and the next welcome brings them again', async () => {
  using folder = temporaryFolder()
  const mayEnd = Promise.withResolvers<undefined>()
  await using one = await runningHandler(folder.path, () => mayEnd.promise)
  const receiveAll = async () => {
    for (let number = 1; number <= 1_000; number++) await one.receive(one.order(number))
  }
  await expect(receiveAll()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  expect(one.state.progress.order).toBe(64)
  mayEnd.resolve(undefined)
  await one.receipts(64)
  await one.welcome({ order: 96, orders: Array.from({ length: 32 }, (_, at) => one.order(65 + at)) })
  await one.receipts(96)
})
