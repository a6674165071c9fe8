import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { splitJws } from '../../crypto/jws.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type IssuableOrderKind, type Order, orderReader } from '../../protocol/order.ts'
import { type EventStore, recordBounded } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'

/** An order and the signed form that is sent, for ever the same bytes. */
interface IssuedOrder {
  readonly order: Order
  readonly compact: string
}

export interface OrderStore extends EventStore {
  transaction<T>(work: () => T): T
  device(id: string): Device | undefined
  /** Also makes `number` the device's newest. */
  putOrder(issued: IssuedOrder, made: { readonly at: number; readonly by: string }): void
  /** JWS of orders of this epoch without a receipt that have not expired, lowest number first. */
  pendingOrders(device: string, options: { epoch: number; now: number; limit: number }): readonly string[]
  raiseOrderNumber(device: string, number: number): void
  /** The same order under another number, which becomes the device's newest. */
  renumberOrder(issued: IssuedOrder): void
}

export interface OrdersComponents {
  readonly store: OrderStore
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly sign: (kind: 'order', order: Order) => string
  /** To the device if it is connected; else its next welcome carries it. */
  readonly deliver: (device: string, compact: string) => void
}

interface OrderRequest {
  readonly device: string
  readonly kind: IssuableOrderKind
  readonly reason: string
  readonly ttlMs?: number | undefined
}

export interface Orders {
  /** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `CONFLICT` when too many wait for the device. */
  issue(request: OrderRequest, actor: string): Order
  /** What a welcome carries. */
  pending(device: Pick<Device, 'id' | 'epoch'>): readonly string[]
  /**
   * The device has seen a number that we have not: we were restored from a backup, and go on above it. What waits for it
   * is numbered anew, for it passes over the numbers that it has seen.
   *
   * @returns the newest number. @throws `FRAME_MALFORMED` for a number that no directory can have reached.
   */
  raise(device: Device, seen: number): number
}

const DEFAULT_TTL_MS = 24 * 3_600_000
/** A device that claims more than this many orders that we have forgotten would exhaust the numbers. */
const BELIEVABLE_RISE = 1_000_000

export function orders({ store, clock, random, sign, deliver }: OrdersComponents): Orders {
  const pendingOf = (device: Pick<Device, 'id' | 'epoch'>) =>
    store.pendingOrders(device.id, { epoch: device.epoch, now: clock.now(), limit: LIMITS.orders })
  return {
    pending: pendingOf,
    issue({ device: id, kind, reason, ttlMs = DEFAULT_TTL_MS }, actor) {
      const issued = store.transaction(() => {
        const device = store.device(id)
        if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', `there is no device ${id}`)
        if (device.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
        if (pendingOf(device).length >= LIMITS.orders) {
          throw new SuretyError('CONFLICT', `${LIMITS.orders} orders already wait for this device`)
        }
        const at = clock.now()
        const order: Order = {
          type: 'order',
          id: newId('ord', random),
          device: id,
          epoch: device.epoch,
          number: device.lastOrder + 1,
          kind,
          reason,
          notAfter: at + ttlMs,
        }
        const made = { order, compact: sign('order', order) }
        store.putOrder(made, { at, by: actor })
        const detail = { order: order.id, number: order.number, kind, reason }
        store.record({ at, kind: 'order-issued', device: id, actor, detail })
        return made
      })
      deliver(id, issued.compact)
      return issued.order
    },
    raise(device, seen) {
      if (seen <= device.lastOrder) return device.lastOrder
      if (seen > device.lastOrder + BELIEVABLE_RISE) {
        throw new SuretyError('FRAME_MALFORMED', `order number ${seen} is far beyond ${device.lastOrder}`)
      }
      return store.transaction(() => {
        store.raiseOrderNumber(device.id, seen)
        const waiting = pendingOf(device).map((compact) =>
          orderReader.readCanonicalJson(splitJws('order', compact).payload),
        )
        for (const [index, before] of waiting.entries()) {
          const order = { ...before, number: seen + 1 + index }
          store.renumberOrder({ order, compact: sign('order', order) })
        }
        const detail = { from: device.lastOrder, to: seen, renumbered: waiting.length }
        recordBounded(store, { at: clock.now(), kind: 'order-number-raised', device: device.id, detail })
        return seen + waiting.length
      })
    },
  }
}
