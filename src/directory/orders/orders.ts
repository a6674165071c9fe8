import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { splitJws } from '../../crypto/jws.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type IssuableOrderKind, type Order, orderReader } from '../../protocol/messages/order.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { type Device, unknownDevice } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { IssuedOrder, OrderStore, PendingOrder, Recipient } from './order-store.ts'

export interface OrdersComponents
  extends ActComponents<{
    readonly devices: Pick<DeviceStore, 'get'>
    readonly orders: OrderStore
    readonly activity: ActivityStore
  }> {
  readonly random: Random
  readonly sign: (kind: 'order', order: Order) => string
  /**
   * Sends the order if the device is connected, once the open transaction is committed: the device skips numbers below the last.
   * Otherwise its next welcome carries it.
   */
  readonly deliver: (device: string, compact: string) => void
}

interface OrderInit {
  readonly device: string
  readonly kind: IssuableOrderKind
  readonly reason: string
  readonly ttlMs?: number | undefined
}

/** An order about a stop, a drill or an approval. */
export interface AddedOrderInit extends Pick<Order, 'stop' | 'approval'> {
  readonly kind: Exclude<Order['kind'], IssuableOrderKind>
  /** Id of the stop or drill. */
  readonly about?: string
  readonly reason: string
  readonly notAfter: number
  /** Id of the person. */
  readonly by: string
}

export interface Orders {
  /** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `CONFLICT` if too many orders are pending for the device. */
  issue(init: OrderInit, actor: string): Promise<Order>
  /** Undefined for a device that is unknown or retired. */
  recipient(device: string): Promise<Recipient | undefined>
  /**
   * Signs and stores one order inside the caller's transaction. The caller delivers it.
   *
   * @throws `FRAME_MALFORMED` for an order that no device could read.
   */
  add(to: Recipient, init: AddedOrderInit): Promise<IssuedOrder>
  /** In the transaction of `add`. Sends it after the commit if the device is connected. Otherwise the next welcome has it. */
  deliver(issued: IssuedOrder): void
  /** What a welcome says of the orders that are pending. */
  welcome(device: Pick<Device, 'id' | 'epoch'>, lastOrder: number): Promise<WelcomedOrders>
  /** Pending orders with higher numbers, lowest first. */
  after(device: Pick<Device, 'id' | 'epoch'>, number: number): Promise<readonly string[]>
  /**
   * Raises the device's newest number after the directory was restored from a backup: the device has seen a higher one.
   * Pending orders get new numbers, because the device skips numbers that it has seen.
   *
   * @returns the newest number. @throws `FRAME_MALFORMED` for a number that no directory can have reached.
   */
  raise(device: Device, seen: number): Promise<number>
}

export interface WelcomedOrders {
  /** Every order up to this number that is not in `orders` is over. */
  readonly order: number
  readonly orders: readonly string[]
  /** To be sent behind the welcome, before any later order. */
  readonly more: readonly string[]
}

const DEFAULT_TTL_MS = 24 * 3_600_000
/** An early daemon refuses a welcome with a longer order. It takes the order as a frame of its own. */
const MOST_IN_WELCOME_BYTES = 4096

export function orders({ store, clock, random, sign, deliver }: OrdersComponents): Orders {
  const pendingFor = (device: Pick<Device, 'id' | 'epoch'>) =>
    store.orders.pending(device.id, { epoch: device.epoch, now: clock.now() })
  const signReadable = (order: Order) => sign('order', orderReader.read(order))
  return {
    // An earlier version stored orders without reading them.
    welcome: async (device, lastOrder) => splitForWelcome((await pendingFor(device)).filter(isReadable), lastOrder),
    after: async (device, number) =>
      (await pendingFor(device)).filter((one) => one.number > number && isReadable(one)).map(({ compact }) => compact),
    recipient: (device) => store.orders.recipient(device, clock.now()),
    async add({ device, epoch, lastOrder }, { kind, about, stop, approval, reason, notAfter, by }) {
      const order: Order = {
        type: 'order',
        id: newId('ord', random),
        device,
        epoch,
        number: lastOrder + 1,
        kind,
        ...member('stop', stop),
        ...member('approval', approval),
        reason,
        notAfter,
      }
      const issued = { order, compact: signReadable(order) }
      await store.orders.put(issued, { at: clock.now(), by, stop: about })
      return issued
    },
    deliver: ({ order, compact }) => deliver(order.device, compact),
    async issue({ device: id, kind, reason, ttlMs = DEFAULT_TTL_MS }, actor) {
      return store.transaction(async () => {
        const device = await store.devices.get(id)
        if (device === undefined) throw unknownDevice(id)
        if (device.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
        if ((await pendingFor(device)).length >= LIMITS.orders) {
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
        const made = { order, compact: signReadable(order) }
        await store.orders.put(made, { at, by: actor })
        const details = { order: order.id, number: order.number, kind, reason }
        await store.audit.add({
          at,
          actor,
          act: 'order-issued',
          subject: order.id,
          attempt: order.id,
          device: id,
          details,
        })
        deliver(id, made.compact)
        return order
      })
    },
    async raise(device, seen) {
      if (seen <= device.lastOrder) return device.lastOrder
      // A device that claims more than a backup can lack could use up the numbers.
      if (seen > device.lastOrder + LIMITS.orderRise) {
        throw new SuretyError('FRAME_MALFORMED', `order number ${seen} is far beyond ${device.lastOrder}`)
      }
      return store.transaction(async () => {
        // An order may have been issued since the device was read.
        const { lastOrder } = (await store.devices.get(device.id)) ?? device
        if (seen <= lastOrder) return lastOrder
        await store.orders.raiseNumber(device.id, seen)
        const pending = (await pendingFor(device)).filter(isReadable).map(orderIn)
        for (const [index, before] of pending.entries()) {
          const order = { ...before, number: seen + 1 + index }
          await store.orders.renumber({ order, compact: signReadable(order) })
        }
        const detail = { from: lastOrder, to: seen, renumbered: pending.length }
        await recordBounded(store, { at: clock.now(), kind: 'order-number-raised', device: device.id, detail })
        return seen + pending.length
      })
    },
  }
}

/** The first orders that fit into every device's welcome. Its number is below that of the first order that does not. */
function splitForWelcome(pending: readonly PendingOrder[], lastOrder: number): WelcomedOrders {
  const tooLong = pending.findIndex(({ compact }) => compact.length > MOST_IN_WELCOME_BYTES)
  const count = Math.min(tooLong === -1 ? pending.length : tooLong, LIMITS.orders)
  const next = pending[count]
  const compact = pending.map((one) => one.compact)
  return {
    // An order may have been issued since the last number was read.
    order: next === undefined ? Math.max(lastOrder, pending.at(-1)?.number ?? 0) : next.number - 1,
    orders: compact.slice(0, count),
    more: compact.slice(count),
  }
}

/** @throws what `orderReader` throws. */
function orderIn({ compact }: PendingOrder): Order {
  return orderReader.readCanonicalJson(splitJws('order', compact).payload)
}

function isReadable(pending: PendingOrder): boolean {
  try {
    orderIn(pending)
    return true
  } catch {
    return false
  }
}
