import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { createOrderHandler, type OrderAction } from '../../../src/daemon/orders/order-handler.ts'
import { openState } from '../../../src/daemon/state/state.ts'
import type { DirectoryKeys } from '../../../src/daemon/stream/directory-keys.ts'
import type { Receipt } from '../../../src/protocol/evidence.ts'
import type { Order } from '../../../src/protocol/order.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import { sampleOrder } from '../../support/daemon/fake-directory.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const ZEROS = 'A'.repeat(43)

/** A handler on real state files. `receipts(count)` resolves once that many were given. */
async function handlerIn(
  folder: string,
  act: OrderAction = async () => undefined,
  { stop, hurry }: { readonly stop?: OrderAction; readonly hurry?: () => Disposable } = {},
) {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  const state = await openState({ clock, log: silentLog, health }, { stateFolder: folder })
  const given: Omit<Receipt, 'time'>[] = []
  const waiting: (() => void)[] = []
  const handler = createOrderHandler({
    clock,
    log: silentLog,
    state,
    health,
    act: { attest: act, collect: act, freeze: stop, retire: stop, release: stop, drill: undefined },
    ...(hurry === undefined ? {} : { hurry }),
    async answer({ time: _, ...receipt }) {
      given.push(receipt)
      for (const wake of waiting.splice(0)) wake()
    },
  })
  const receipts = async (count: number) => {
    while (given.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    return given
  }
  return { clock, handler, state, receipts }
}

/** Accepts every signature and takes its time from `clock`. */
const trustingKeys = (clock: FakeClock): DirectoryKeys => ({
  verify: (_, compact) => compact,
  time: () => clock.now(),
  adopt() {},
})

async function enrol(state: Awaited<ReturnType<typeof handlerIn>>['state']): Promise<void> {
  await state.setIdentity({
    schema: 'surety/identity@1',
    status: 'enrolled',
    device: `dev_${'A'.repeat(22)}`,
    epoch: 1,
    tier: 'software',
    token: `tok_${'A'.repeat(22)}`,
    pins: { url: 'wss://directory.example', ca: ZEROS, root: ZEROS },
    caCertificate: 'PEM',
    keyKind: 'software',
    key: ZEROS,
    enrolledAt: 0,
  })
}

test('answers an order that an earlier run left open as interrupted, without acting on it again', async () => {
  using folder = temporaryFolder()
  const stop = new AbortController()
  const started = Promise.withResolvers<void>()
  const first = await handlerIn(folder.path, async () => {
    started.resolve()
    await new Promise(() => undefined)
  })
  await enrol(first.state)
  const order = sampleOrder({ number: 3, notAfter: first.clock.now() + 1_000 })
  const running = first.handler.run({ signal: stop.signal }).catch(() => undefined)
  await first.handler.received(JSON.stringify(order), trustingKeys(first.clock))
  await started.promise
  // The process ends here. The test does not wait for the first run.
  stop.abort()
  void running
  let acted = 0
  const second = await handlerIn(folder.path, async () => void acted++)
  const ended = new AbortController()
  const again = second.handler.run({ signal: ended.signal })
  expect(await second.receipts(1)).toEqual([{ order: order.id, number: 3, outcome: 'failed', code: 'INTERRUPTED' }])
  await second.handler.received(JSON.stringify(order), trustingKeys(second.clock))
  ended.abort()
  await again
  expect([acted, second.state.progress.order]).toEqual([0, 3])
})

test('does not carry out an order that expires in the queue', async () => {
  using folder = temporaryFolder()
  const firstMayEnd = Promise.withResolvers<void>()
  let acted = 0
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => {
    acted++
    await firstMayEnd.promise
  })
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const keys = trustingKeys(clock)
  await handler.received(JSON.stringify(sampleOrder({ number: 1, notAfter: clock.now() + 10 })), keys)
  await handler.received(JSON.stringify(sampleOrder({ number: 2, notAfter: clock.now() + 10 })), keys)
  await clock.advance(60)
  firstMayEnd.resolve()
  const outcomes = (await receipts(2)).map(({ outcome }) => outcome)
  stop.abort()
  await running
  expect([outcomes, acted]).toEqual([['done', 'expired'], 1])
})

test('saves the newest number of a welcome before it acts, so that no earlier order is repeated', async () => {
  using folder = temporaryFolder()
  const acted: number[] = []
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => {
    // A device that loses power now starts again with this number.
    acted.push(state.progress.order)
  })
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const keys = trustingKeys(clock)
  const order = (number: number) =>
    JSON.stringify(
      sampleOrder({ number, id: `ord_${String(number).padStart(21, 'A')}A`, notAfter: clock.now() + 1_000 }),
    )
  // Only order 8 of 9 is still pending.
  const welcome = { order: 9, orders: [order(8)] }
  await handler.welcomed({ welcome, keys } as unknown as Parameters<typeof handler.welcomed>[0])
  await receipts(1)
  for (const number of [3, 8, 9]) await handler.received(order(number), keys)
  await handler.received(order(10), keys)
  const given = await receipts(2)
  stop.abort()
  await running
  expect(given.map(({ number, outcome }) => [number, outcome])).toEqual([
    [8, 'done'],
    [10, 'done'],
  ])
  expect(acted).toEqual([9, 10])
})

test('hands the whole order to the action of its kind', async () => {
  using folder = temporaryFolder()
  const received: { order: Order; aborted: boolean }[] = []
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async (order, { signal }) => {
    received.push({ order, aborted: signal.aborted })
  })
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const order = sampleOrder({ number: 1, reason: 'why', notAfter: clock.now() + 1_000 })
  await handler.received(JSON.stringify(order), trustingKeys(clock))
  await receipts(1)
  stop.abort()
  await running
  expect(received).toEqual([{ order, aborted: false }])
})

test.each(['freeze', 'retire', 'release', 'drill'])('refuses %s, which has no action', async (kind) => {
  using folder = temporaryFolder()
  let acted = 0
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => void acted++)
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const order = sampleOrder({ number: 1, kind, notAfter: clock.now() + 1_000 })
  await handler.received(JSON.stringify(order), trustingKeys(clock))
  const given = await receipts(1)
  stop.abort()
  await running
  expect(given).toEqual([{ order: order.id, number: 1, outcome: 'refused', code: 'ORDER_REFUSED' }])
  expect(acted).toBe(0)
})

test('answers an order whose action fails with the code of the failure', async () => {
  using folder = temporaryFolder()
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => {
    throw new SuretyError('TPM_BUSY', 'the TPM is busy')
  })
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const order = sampleOrder({ number: 1, notAfter: clock.now() + 1_000 })
  await handler.received(JSON.stringify(order), trustingKeys(clock))
  const given = await receipts(1)
  stop.abort()
  await running
  expect(given).toEqual([{ order: order.id, number: 1, outcome: 'failed', code: 'TPM_BUSY' }])
})

const RECEIPT: StopReceipt = {
  ...{ method: 'none', agents: [], agentCount: 0, processCount: 0, network: 'none', missed: [], weaknesses: [] },
}

describe('an order about a stop', () => {
  test('does not wait for others, and is carried out by its number', async () => {
    using folder = temporaryFolder()
    const mayEnd = Promise.withResolvers<undefined>()
    const acted: number[] = []
    const { clock, handler, state, receipts } = await handlerIn(folder.path, () => mayEnd.promise, {
      async stop({ number }) {
        acted.push(number)
        return { receipt: RECEIPT }
      },
    })
    await enrol(state)
    const stop = new AbortController()
    const running = handler.run({ signal: stop.signal })
    const order = (number: number, kind: string) =>
      JSON.stringify(
        sampleOrder({ number, kind, id: `ord_${String(number).padStart(21, 'A')}A`, notAfter: clock.now() + 1_000 }),
      )
    const keys = trustingKeys(clock)
    const welcome = {
      order: 4,
      orders: [order(1, 'collect'), order(2, 'freeze'), order(3, 'attest'), order(4, 'release')],
    }
    await handler.welcomed({ welcome, keys } as unknown as Parameters<typeof handler.welcomed>[0])
    expect((await receipts(2)).map(({ number, stop }) => [number, stop])).toEqual([
      [2, RECEIPT],
      [4, RECEIPT],
    ])
    mayEnd.resolve(undefined)
    expect((await receipts(4)).map(({ number }) => number)).toEqual([2, 4, 1, 3])
    stop.abort()
    await running
    expect(acted).toEqual([2, 4])
  })

  test('that an earlier run left open is carried out again, also after its end', async () => {
    using folder = temporaryFolder()
    const ended = new AbortController()
    const started = Promise.withResolvers<void>()
    const first = await handlerIn(folder.path, undefined, {
      async stop() {
        started.resolve()
        return await new Promise(() => undefined)
      },
    })
    await enrol(first.state)
    const order = sampleOrder({ number: 3, kind: 'freeze', notAfter: first.clock.now() + 1_000 })
    const running = first.handler.run({ signal: ended.signal }).catch(() => undefined)
    await first.handler.received(JSON.stringify(order), trustingKeys(first.clock))
    await started.promise
    ended.abort()
    void running
    const acted: Order[] = []
    const second = await handlerIn(folder.path, undefined, {
      async stop(again) {
        acted.push(again)
        return { receipt: RECEIPT }
      },
    })
    await second.clock.advance(10_000)
    const stop = new AbortController()
    const again = second.handler.run({ signal: stop.signal })
    expect(await second.receipts(1)).toEqual([{ order: order.id, number: 3, outcome: 'done', stop: RECEIPT }])
    await second.handler.received(JSON.stringify(order), trustingKeys(second.clock))
    stop.abort()
    await again
    expect([acted, second.state.progress]).toMatchObject([[order], { order: 3, open: [] }])
  })

  test('that is incomplete failed, with what was done all the same', async () => {
    using folder = temporaryFolder()
    const { clock, handler, state, receipts } = await handlerIn(folder.path, undefined, {
      stop: async () => ({ receipt: RECEIPT, code: 'STOP_INCOMPLETE' }),
    })
    await enrol(state)
    const stop = new AbortController()
    const running = handler.run({ signal: stop.signal })
    const order = sampleOrder({ number: 1, kind: 'retire', notAfter: clock.now() + 1_000 })
    await handler.received(JSON.stringify(order), trustingKeys(clock))
    expect(await receipts(1)).toEqual([
      { order: order.id, number: 1, outcome: 'failed', code: 'STOP_INCOMPLETE', stop: RECEIPT },
    ])
    stop.abort()
    await running
  })

  test('hurries the daemon until it is answered, and other orders do not', async () => {
    using folder = temporaryFolder()
    const seen: string[] = []
    const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => void seen.push('collect'), {
      stop: async () => void seen.push('stop'),
      hurry() {
        seen.push('hurry')
        return { [Symbol.dispose]: () => void seen.push('calm') }
      },
    })
    await enrol(state)
    const stop = new AbortController()
    const running = handler.run({ signal: stop.signal })
    const keys = trustingKeys(clock)
    const order = (number: number, kind: string) =>
      JSON.stringify(
        sampleOrder({ number, kind, id: `ord_${String(number).padStart(21, 'A')}A`, notAfter: clock.now() + 1_000 }),
      )
    await handler.received(order(1, 'collect'), keys)
    await receipts(1)
    await handler.received(order(2, 'freeze'), keys)
    await receipts(2)
    await waitFor('the end of the hurry', () => seen.includes('calm'))
    stop.abort()
    await running
    expect(seen).toEqual(['collect', 'hurry', 'stop', 'calm'])
  })
})
