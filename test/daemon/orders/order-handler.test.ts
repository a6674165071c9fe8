import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { createOrderHandler } from '../../../src/daemon/orders/order-handler.ts'
import { openState } from '../../../src/daemon/state/state.ts'
import type { DirectoryKeys } from '../../../src/daemon/stream/directory-keys.ts'
import type { Receipt } from '../../../src/protocol/evidence.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { sampleOrder } from '../../support/fake-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ZEROS = 'A'.repeat(43)

/** A handler on real state files; `receipts(count)` resolves once so many were given. */
async function handlerIn(folder: string, act: () => Promise<void> = async () => undefined) {
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
    act: { attest: act, collect: act },
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

/** Believes every order, and tells the time of `clock`. */
const believing = (clock: FakeClock): DirectoryKeys => ({
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

test('an order that an earlier run left in the middle is answered as interrupted, never acted on again', async () => {
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
  await first.handler.received(JSON.stringify(order), believing(first.clock))
  await started.promise
  // The process dies here: nothing more of the first run is waited for.
  stop.abort()
  void running
  let acted = 0
  const second = await handlerIn(folder.path, async () => void acted++)
  const ended = new AbortController()
  const again = second.handler.run({ signal: ended.signal })
  expect(await second.receipts(1)).toEqual([{ order: order.id, number: 3, outcome: 'failed', code: 'INTERRUPTED' }])
  await second.handler.received(JSON.stringify(order), believing(second.clock))
  ended.abort()
  await again
  expect([acted, second.state.progress.order]).toEqual([0, 3])
})

test('an order that expires while it waits its turn is not carried out', async () => {
  using folder = temporaryFolder()
  const turn = Promise.withResolvers<void>()
  let acted = 0
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => {
    acted++
    await turn.promise
  })
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const keys = believing(clock)
  await handler.received(JSON.stringify(sampleOrder({ number: 1, notAfter: clock.now() + 10 })), keys)
  await handler.received(JSON.stringify(sampleOrder({ number: 2, notAfter: clock.now() + 10 })), keys)
  await clock.advance(60)
  turn.resolve()
  const outcomes = (await receipts(2)).map(({ outcome }) => outcome)
  stop.abort()
  await running
  expect([outcomes, acted]).toEqual([['done', 'expired'], 1])
})

test('a device that was set back learns the newest number before it acts: what it has passed is not done again', async () => {
  using folder = temporaryFolder()
  const acted: number[] = []
  const { clock, handler, state, receipts } = await handlerIn(folder.path, async () => {
    // What is durable by then is what a device that dies now comes back with.
    acted.push(state.progress.order)
  })
  await enrol(state)
  const stop = new AbortController()
  const running = handler.run({ signal: stop.signal })
  const keys = believing(clock)
  const order = (number: number) =>
    JSON.stringify(
      sampleOrder({ number, id: `ord_${String(number).padStart(21, 'A')}A`, notAfter: clock.now() + 1_000 }),
    )
  // Of orders up to 9 only 8 still waits: those before it are over.
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
