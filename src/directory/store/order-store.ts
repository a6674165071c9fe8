import type { Database } from '../../system/sqlite/sqlite.ts'
import type { ProjectionStore } from '../evidence/evidence-store.ts'
import type { OrderStore } from '../orders/orders.ts'
import { textOf } from './columns.ts'

type Store = Pick<OrderStore, 'putOrder' | 'pendingOrders' | 'raiseOrderNumber' | 'renumberOrder'> &
  Pick<ProjectionStore, 'putReceipt'>

export function orderStore(database: Database): Store {
  const insert = database.prepare(
    `INSERT INTO orders
       (id, device, epoch, number, kind, subject, reason, created_at, created_by, not_after, jws, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
  )
  // SQLite would plan anew for every LIMIT that it can read.
  const pending = database.prepare(
    `SELECT jws FROM orders WHERE device = ? AND epoch = ? AND state = 'pending' AND not_after > ?
     ORDER BY number LIMIT CAST(? AS INTEGER)`,
  )
  const raise = database.prepare('UPDATE devices SET last_order = max(last_order, ?) WHERE id = ?')
  const renumber = database.prepare('UPDATE orders SET number = ?, jws = ? WHERE id = ?')
  const answer = database.prepare(
    "UPDATE orders SET state = ? WHERE id = ? AND device = ? AND number = ? AND state = 'pending'",
  )
  const receipt = database.prepare(
    `INSERT INTO receipts (order_id, device, number, outcome, code, time, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  return {
    putOrder({ order, compact }, { at, by }) {
      const { id, device, epoch, number, kind, subject, reason, notAfter } = order
      insert.run(id, device, epoch, number, kind, subject ?? null, reason, at, by, notAfter, compact)
      raise.run(number, device)
    },
    pendingOrders: (device, { epoch, now, limit }) =>
      pending.all(device, epoch, now, limit).map((row) => textOf(row, 'jws')),
    raiseOrderNumber(device, number) {
      raise.run(number, device)
    },
    renumberOrder({ order: { id, device, number }, compact }) {
      renumber.run(number, compact, id)
      raise.run(number, device)
    },
    putReceipt(device, { order, number, outcome, code, time }, at) {
      if (answer.run(outcome, order, device, number).changes === 0) return false
      receipt.run(order, device, number, outcome, code ?? null, time, at)
      return true
    },
  }
}
