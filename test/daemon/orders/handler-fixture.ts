import { silentLog } from '../../../src/base/log.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { createOrderHandler, type OrderAction } from '../../../src/daemon/orders/order-handler.ts'
import { openState } from '../../../src/daemon/state/state.ts'
import type { DirectoryKeys } from '../../../src/daemon/stream/directory-keys.ts'
import type { Receipt } from '../../../src/protocol/messages/evidence.ts'
import type { StopReceipt } from '../../../src/protocol/stop.ts'
import { sampleOrder } from '../../support/daemon/fake-directory.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** The order handler on real state files. */

export const ZEROS = 'A'.repeat(43)

/** A handler on real state files. `receipts(count)` resolves once that many were given. */
export async function handlerIn(
  folder: string,
  act: OrderAction = async () => undefined,
  {
    stop,
    approval,
    hurry,
  }: { readonly stop?: OrderAction; readonly approval?: OrderAction; readonly hurry?: () => Disposable } = {},
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
    act: { attest: act, collect: act, freeze: stop, retire: stop, release: stop, drill: undefined, approval },
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
  return { clock, handler, health, state, receipts }
}

/** Accepts every signature and takes its time from `clock`. */
export const trustingKeys = (clock: FakeClock): DirectoryKeys => ({
  verify: (_, compact) => compact,
  time: () => clock.now(),
  adopt() {},
})

export async function enrol(state: Awaited<ReturnType<typeof handlerIn>>['state']): Promise<void> {
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

export const orderId = (number: number) => `ord_${String(number).padStart(21, 'A')}A`

/** A handler that runs, with an enrolled device. */
export async function runningHandler(
  folder: string,
  ...rest: [act?: OrderAction, more?: { readonly stop?: OrderAction; readonly approval?: OrderAction }]
) {
  const parts = await handlerIn(folder, ...rest)
  await enrol(parts.state)
  const ended = new AbortController()
  const running = parts.handler.run({ signal: ended.signal })
  const keys = trustingKeys(parts.clock)
  return {
    ...parts,
    order: (number: number, changes: Record<string, unknown> = {}) =>
      JSON.stringify(sampleOrder({ number, id: orderId(number), notAfter: parts.clock.now() + 1_000_000, ...changes })),
    receive: (order: string) => parts.handler.received(order, keys),
    welcome: (welcome: { readonly order: number; readonly orders: readonly string[] }) =>
      parts.handler.welcomed({ welcome, keys } as unknown as Parameters<typeof parts.handler.welcomed>[0]),
    async [Symbol.asyncDispose]() {
      ended.abort()
      await running
    },
  }
}

export const RECEIPT: StopReceipt = {
  method: 'none',
  agents: [],
  agentCount: 0,
  processCount: 0,
  network: 'none',
  missed: [],
  weaknesses: [],
}
