import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { splitJws } from '../../crypto/jws.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type IssuableOrderKind, type Order, orderReader } from '../../protocol/order.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { AuditStore } from '../audit/audit.ts'
import { type Device, unknownDevice } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { IssuedOrder, OrderStore, Recipient } from './order-store.ts'

export interface OrdersComponents {
  readonly store: {
    readonly devices: Pick<DeviceStore, 'get'>
    readonly orders: OrderStore
    readonly activity: ActivityStore
    readonly audit: AuditStore
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly sign: (kind: 'order', order: Order) => string
  /** Sends the order if the device is connected. Otherwise its next welcome carries it. */
  readonly deliver: (device: string, compact: string) => void
}

interface OrderInit {
  readonly device: string
  readonly kind: IssuableOrderKind
  readonly reason: string
  readonly ttlMs?: number | undefined
}

/** An order about a stop, or a drill. */
export interface StopOrderInit {
  readonly kind: Exclude<Order['kind'], IssuableOrderKind>
  /** Id of the stop or drill. */
  readonly about: string
  readonly stop?: Order['stop']
  readonly reason: string
  readonly notAfter: number
  /** Id of the person. */
  readonly by: string
}

export interface Orders {
  /** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `CONFLICT` if too many orders are pending for the device. */
  issue(init: OrderInit, actor: string): Order
  /** Undefined for a device that is unknown or retired. */
  recipient(device: string): Recipient | undefined
  /** Signs and stores one order inside the caller's transaction. The caller sends it. */
  add(to: Recipient, init: StopOrderInit): IssuedOrder
  /** Sends it if the device is connected. Otherwise the next welcome has it. */
  deliver(issued: IssuedOrder): void
  /** The orders for a welcome. */
  pending(device: Pick<Device, 'id' | 'epoch'>): readonly string[]
  /**
   * Raises the device's newest number after the directory was restored from a backup: the device has seen a higher one.
   * Pending orders get new numbers, because the device skips numbers that it has seen.
   *
   * @returns the newest number. @throws `FRAME_MALFORMED` for a number that no directory can have reached.
   */
  raise(device: Device, seen: number): number
}

const DEFAULT_TTL_MS = 24 * 3_600_000
/** Orders that a backup may lack. A device that claims more could use up the numbers. */
const MAX_RISE = 1_000_000

export function orders({ store, clock, random, sign, deliver }: OrdersComponents): Orders {
  const pendingFor = (device: Pick<Device, 'id' | 'epoch'>) =>
    store.orders.pending(device.id, { epoch: device.epoch, now: clock.now(), limit: LIMITS.orders })
  return {
    pending: pendingFor,
    recipient: (device) => store.orders.recipient(device, clock.now()),
    add({ device, epoch, lastOrder }, { kind, about, stop, reason, notAfter, by }) {
      const order: Order = {
        type: 'order',
        id: newId('ord', random),
        ...{ device, epoch, number: lastOrder + 1, kind },
        ...(stop === undefined ? {} : { stop }),
        ...{ reason, notAfter },
      }
      const issued = { order, compact: sign('order', order) }
      store.orders.put(issued, { at: clock.now(), by, stop: about })
      return issued
    },
    deliver: ({ order, compact }) => deliver(order.device, compact),
    issue({ device: id, kind, reason, ttlMs = DEFAULT_TTL_MS }, actor) {
      const issued = store.transaction(() => {
        const device = store.devices.get(id)
        if (device === undefined) throw unknownDevice(id)
        if (device.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
        if (pendingFor(device).length >= LIMITS.orders) {
          throw new SuretyError('CONFLICT', `the device already has ${LIMITS.orders} pending orders`)
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
        store.orders.put(made, { at, by: actor })
        const details = { order: order.id, number: order.number, kind, reason }
        store.audit.add({ at, actor, act: 'order-issued', subject: order.id, device: id, details })
        return made
      })
      deliver(id, issued.compact)
      return issued.order
    },
    raise(device, seen) {
      if (seen <= device.lastOrder) return device.lastOrder
      if (seen > device.lastOrder + MAX_RISE) {
        throw new SuretyError('FRAME_MALFORMED', `order number ${seen} is far beyond ${device.lastOrder}`)
      }
      return store.transaction(() => {
        store.orders.raiseNumber(device.id, seen)
        const pending = pendingFor(device).map((compact) =>
          orderReader.readCanonicalJson(splitJws('order', compact).payload),
        )
        for (const [index, before] of pending.entries()) {
          const order = { ...before, number: seen + 1 + index }
          store.orders.renumber({ order, compact: sign('order', order) })
        }
        const detail = { from: device.lastOrder, to: seen, renumbered: pending.length }
        recordBounded(store, { at: clock.now(), kind: 'order-number-raised', device: device.id, detail })
        return seen + pending.length
      })
    },
  }
}
