import { member } from '../../base/json-object.ts'
import type { Receipt } from '../../protocol/messages/evidence.ts'
import { ORDER_KINDS, type Order } from '../../protocol/messages/order.ts'
import type { DeviceOrder } from '../../protocol/nouns/devices/orders.ts'
import type { NumberedPage } from '../http/paging.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import type { UnansweredStore } from './unanswered.ts'

/** An order and its signed form, which never changes. */
export interface IssuedOrder {
  readonly order: Order
  readonly compact: string
}

export interface PendingOrder {
  readonly number: number
  readonly compact: string
}

/** An active device, and what its next order needs. */
export interface Recipient {
  readonly device: string
  readonly epoch: number
  readonly lastOrder: number
  /** Orders without a receipt that have not expired. */
  readonly pending: number
}

export interface OrderStore {
  /** The order's number becomes the device's newest. */
  put(
    issued: IssuedOrder,
    made: {
      readonly at: number
      readonly by: string
      /** Id of the stop that it is about, or of the drill. */
      readonly stop?: string | undefined
    },
  ): Promise<void>
  /** The epoch's orders without a receipt that have not expired, lowest number first. */
  pending(device: string, options: { epoch: number; now: number }): Promise<readonly PendingOrder[]>
  /** Undefined for a device that is unknown or retired. */
  recipient(device: string, now: number): Promise<Recipient | undefined>
  raiseNumber(device: string, number: number): Promise<void>
  /** Stores the order under another number, which becomes the device's newest. */
  renumber(issued: IssuedOrder): Promise<void>
}

export interface OrderQueries {
  /** Newest first. */
  list(device: string, page: NumberedPage, now: number): Promise<readonly DeviceOrder[]>
  view(id: string, now: number): Promise<DeviceOrder | undefined>
}

const STATES = ['pending', 'done', 'failed', 'refused', 'expired', 'withdrawn'] as const

export interface ReceiptStore {
  /** @returns false if the device has no such order, or the order has a receipt. */
  putReceipt(device: string, receipt: Receipt, at: number): Promise<boolean>
  has(order: string): Promise<boolean>
}

export function orderStore(database: Database): OrderStore & ReceiptStore & OrderQueries {
  const insert = database.prepare(
    `INSERT INTO orders
       (id, device, epoch, number, kind, stop, reason, created_at, created_by, not_after, jws, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
  )
  const pending = database.prepare(
    `SELECT number, jws FROM orders WHERE device = ? AND epoch = ? AND state = 'pending' AND not_after > ?
     ORDER BY number`,
  )
  const recipient = database.prepare(
    `SELECT epoch, last_order, (SELECT count(*) FROM orders o INDEXED BY orders_pending
       WHERE o.device = d.id AND o.state = 'pending' AND o.epoch = d.epoch AND o.not_after > ?2) AS pending
     FROM devices d WHERE d.id = ?1 AND d.status = 'active'`,
  )
  const raise = database.prepare('UPDATE devices SET last_order = max(last_order, ?) WHERE id = ?')
  const renumber = database.prepare('UPDATE orders SET number = ?, jws = ? WHERE id = ?')
  const settle = database.prepare(
    `UPDATE orders SET state = ?1 WHERE id = ?2 AND device = ?3 AND number = ?4
       AND NOT EXISTS (SELECT 1 FROM receipts WHERE order_id = ?2)`,
  )
  const receipt = database.prepare(
    `INSERT INTO receipts (order_id, device, number, outcome, code, time, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const columns = 'SELECT o.*, r.code, r.received_at FROM orders o LEFT JOIN receipts r ON r.order_id = o.id'
  const list = database.prepare(`${columns} WHERE o.device = ? AND o.number < ? ORDER BY o.number DESC LIMIT ?`)
  const one = database.prepare(`${columns} WHERE o.id = ?`)
  const known = database.prepare('SELECT 1 FROM orders WHERE id = ?')
  return {
    async put({ order, compact }, { at, by, stop }) {
      const { id, device, epoch, number, kind, reason, notAfter } = order
      await insert.run(id, device, epoch, number, kind, stop ?? null, reason, at, by, notAfter, compact)
      await raise.run(number, device)
    },
    pending: async (device, { epoch, now }) =>
      (await pending.all(device, epoch, now)).map((row) => ({
        number: numberOf(row, 'number'),
        compact: textOf(row, 'jws'),
      })),
    async recipient(device, now) {
      const row = await recipient.get(device, now)
      return (
        row && {
          device,
          epoch: numberOf(row, 'epoch'),
          lastOrder: numberOf(row, 'last_order'),
          pending: numberOf(row, 'pending'),
        }
      )
    },
    async raiseNumber(device, number) {
      await raise.run(number, device)
    },
    async renumber({ order: { id, device, number }, compact }) {
      await renumber.run(number, compact, id)
      await raise.run(number, device)
    },
    async putReceipt(device, { order, number, outcome, code, time }, at) {
      if ((await settle.run(outcome, order, device, number)).changes === 0) return false
      await receipt.run(order, device, number, outcome, code ?? null, time, at)
      return true
    },
    has: async (order) => (await known.get(order)) !== undefined,
    list: async (device, { before = Number.MAX_SAFE_INTEGER, limit }, now) =>
      (await list.all(device, before, limit)).map((row) => viewOf(row, now)),
    async view(id, now) {
      const row = await one.get(id)
      return row && viewOf(row, now)
    },
  }
}

function viewOf(row: Row, now: number): DeviceOrder {
  const state = wordOf(row, 'state', STATES)
  const notAfter = numberOf(row, 'not_after')
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    kind: wordOf(row, 'kind', ORDER_KINDS),
    reason: textOf(row, 'reason'),
    createdAt: numberOf(row, 'created_at'),
    createdBy: textOf(row, 'created_by'),
    notAfter,
    ...member('stop', optionalTextOf(row, 'stop')),
    status: state === 'pending' && now >= notAfter ? 'expired' : state,
    ...member('code', optionalTextOf(row, 'code')),
    ...member('answeredAt', optionalNumberOf(row, 'received_at')),
  }
}

export function unansweredStore(database: Database): UnansweredStore {
  // All of one moment, so that the next question may begin after it.
  const next = database.prepare(
    `SELECT id, device, kind, not_after FROM orders INDEXED BY orders_unanswered
     WHERE state = 'pending' AND not_after > (SELECT entered_until FROM record_attempts)
       AND not_after <= (SELECT max(not_after) FROM (SELECT not_after FROM orders INDEXED BY orders_unanswered
         WHERE state = 'pending' AND not_after > (SELECT entered_until FROM record_attempts) AND not_after <= ?
         ORDER BY not_after LIMIT ?))
     ORDER BY not_after`,
  )
  const entered = database.prepare('UPDATE record_attempts SET entered_until = ?')
  return {
    next: async (now, limit) =>
      (await next.all(now, limit)).map((row) => ({
        order: textOf(row, 'id'),
        device: textOf(row, 'device'),
        kind: textOf(row, 'kind'),
        notAfter: numberOf(row, 'not_after'),
      })),
    async entered(until) {
      await entered.run(until)
    },
  }
}
