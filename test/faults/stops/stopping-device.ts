import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { stopOrders } from '../../../src/daemon/enforcement/stop-orders.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { createOrderHandler } from '../../../src/daemon/orders/order-handler.ts'
import { openState } from '../../../src/daemon/state/state.ts'
import type { DirectoryKeys } from '../../../src/daemon/stream/directory-keys.ts'
import type { Receipt } from '../../../src/protocol/messages/evidence.ts'
import type { Order } from '../../../src/protocol/messages/order.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { type TestEnforcement, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { waitFor } from '../../support/wait-for.ts'

/** What of a daemon carries out orders about stops: the order handler, the state files, the enforcement. */
export interface StoppingDevice extends TestEnforcement {
  /** As the directory sends it. Resolves once there is a receipt and the order is closed. */
  carryOut(order: Order): Promise<Receipt>
  /** Resolves once what an earlier run left open is answered. */
  settled(): Promise<void>
  /** As the spool has them, of all runs. */
  receipts(): readonly Receipt[]
}

export interface StoppingDeviceInit {
  readonly folder: string
  readonly name: string
  /** What the first scan finds. */
  readonly found: readonly AgentSighting[]
  readonly without?: readonly ('cgroup2' | 'cgroup1')[]
}

export const DEVICE = `dev_${'A'.repeat(22)}`
const ZEROS = 'A'.repeat(43)

export async function stoppingDevice({ found, ...init }: StoppingDeviceInit): Promise<StoppingDevice> {
  const { folder } = init
  const stops = await testEnforcement({ ...init, scan: async () => stops.scanned(found) })
  const { clock } = stops
  const health = createHealth({ clock })
  const state = await openState({ clock, log: silentLog, health }, { stateFolder: folder })
  if (state.identity === undefined)
    await state.setIdentity({
      schema: 'surety/identity@1',
      status: 'enrolled',
      device: DEVICE,
      epoch: 1,
      tier: 'software',
      token: `tok_${'A'.repeat(22)}`,
      pins: { url: 'wss://directory.example', ca: ZEROS, root: ZEROS },
      caCertificate: 'PEM',
      keyKind: 'software',
      key: ZEROS,
      enrolledAt: 0,
    })
  const spool = join(folder, 'receipts')
  const receipts = () =>
    existsSync(spool)
      ? readFileSync(spool, 'utf8')
          .split('\n')
          .filter((line) => line.endsWith('}'))
          .map((line): Receipt => JSON.parse(line))
      : []
  const orders = createOrderHandler({
    clock,
    log: silentLog,
    state,
    health,
    act: {
      attest: undefined,
      collect: undefined,
      approval: undefined,
      ...stopOrders(stops.enforcement, { now: () => clock.now(), drill: undefined }),
    },
    async answer(receipt) {
      appendFileSync(spool, `\n${JSON.stringify(receipt)}\n`, { flush: true })
    },
  })
  const ended = new AbortController()
  const running = orders.run({ signal: ended.signal }).catch(() => undefined)
  const keys: DirectoryKeys = { verify: (_, compact) => compact, time: () => 0, adopt: () => undefined }
  const settled = async () => {
    await waitFor('all orders to be closed', () => state.progress.open.length === 0)
  }
  const end = async () => {
    ended.abort()
    await running
  }
  return {
    ...stops,
    receipts,
    settled,
    async carryOut(order) {
      await orders.received(JSON.stringify(order), keys)
      await settled()
      const receipt = receipts().findLast(({ number }) => number === order.number)
      if (receipt === undefined) throw new TypeError(`no receipt of order ${order.number}`)
      return receipt
    },
    async die() {
      await end()
      await stops.die()
    },
    async [Symbol.asyncDispose]() {
      await end()
      await stops[Symbol.asyncDispose]()
    },
  }
}

export type StopKind = 'freeze' | 'retire' | 'release'

export function orderTo(kind: StopKind, number: number): Order {
  const stop = { id: `stop_${'A'.repeat(22)}`, by: 'an administrator' }
  return {
    type: 'order',
    id: `ord_${String(number).padStart(21, 'A')}A`,
    device: DEVICE,
    epoch: 1,
    number,
    kind,
    stop: kind === 'release' ? stop : { ...stop, selector: { select: 'all' } },
    reason: 'a test',
    notAfter: 60_000,
  }
}
