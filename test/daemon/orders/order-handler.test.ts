import { SuretyError } from '../../../src/base/errors.ts'
import type { Order } from '../../../src/protocol/messages/order.ts'
import { sampleOrder } from '../../support/daemon/fake-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { enrol, handlerIn, RECEIPT, runningHandler, trustingKeys } from './handler-fixture.ts'

test('answers an order that an earlier run left open as interrupted, and acts no more', async () => {
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

describe('an order about an approval', () => {
  const approval = { approval: `apr_${'A'.repeat(22)}`, hash: 'A'.repeat(43), outcome: 'denied', by: 'Ada' }

  test('does not wait for others', async () => {
    using folder = temporaryFolder()
    const mayEnd = Promise.withResolvers<undefined>()
    const decided: unknown[] = []
    await using running = await runningHandler(folder.path, () => mayEnd.promise, {
      approval: async (order) => void decided.push(order.approval),
    })
    await running.receive(running.order(1, { kind: 'collect' }))
    await running.receive(running.order(2, { kind: 'approval', approval }))
    expect((await running.receipts(1)).map(({ number, outcome }) => [number, outcome])).toEqual([[2, 'done']])
    expect(decided).toEqual([approval])
    mayEnd.resolve(undefined)
    expect((await running.receipts(2)).map(({ number }) => number)).toEqual([2, 1])
  })

  test('is refused where nothing asks for approvals', async () => {
    using folder = temporaryFolder()
    await using running = await runningHandler(folder.path)
    await running.receive(running.order(1, { kind: 'approval', approval }))
    expect(await running.receipts(1)).toMatchObject([{ outcome: 'refused', code: 'ORDER_REFUSED' }])
  })

  test('has failed if its decision is not whole, or no such request waits', async () => {
    using folder = temporaryFolder()
    await using running = await runningHandler(folder.path, undefined, {
      approval: () => Promise.reject(new SuretyError('NOT_FOUND', 'no such request waits')),
    })
    await running.receive(running.order(1, { kind: 'approval', approval: { ...approval, scope: 'once' } }))
    await running.receive(running.order(2, { kind: 'approval' }))
    await running.receive(running.order(3, { kind: 'approval', approval }))
    expect((await running.receipts(3)).map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'FRAME_MALFORMED'],
      ['failed', 'FRAME_MALFORMED'],
      ['failed', 'NOT_FOUND'],
    ])
  })

  test('is not carried out again after it was interrupted', async () => {
    using folder = temporaryFolder()
    {
      await using running = await runningHandler(folder.path, undefined, {
        approval: (_, { signal }) =>
          new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal))),
      })
      await running.receive(running.order(1, { kind: 'approval', approval }))
    }
    let again = 0
    await using running = await runningHandler(folder.path, undefined, { approval: async () => void again++ })
    expect(await running.receipts(1)).toMatchObject([{ number: 1, outcome: 'failed', code: 'INTERRUPTED' }])
    expect(again).toBe(0)
  })
})
