import { member } from '../../base/json-object.ts'
import type { IdempotencyStore } from '../http/idempotency.ts'
import { numberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'

export function idempotencyStore(database: Database): IdempotencyStore {
  const get = database.prepare(
    'SELECT at, request_hash, status, body, about FROM idempotency_keys WHERE principal = ? AND key_hash = ?',
  )
  const drop = database.prepare('DELETE FROM idempotency_keys WHERE principal = ? AND key_hash = ?')
  const put = database.prepare('INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?)')
  const forget = database.prepare(
    `DELETE FROM idempotency_keys WHERE (principal, key_hash) IN
       (SELECT principal, key_hash FROM idempotency_keys INDEXED BY idempotency_keys_by_time WHERE at < ?
        ORDER BY at LIMIT CAST(? AS INTEGER))`,
  )
  const use = database.prepare('SELECT keys, bytes FROM idempotency_use WHERE principal = ?')
  return {
    async get(principal, keyHash) {
      const row = await get.get(principal, keyHash)
      return (
        row && {
          at: numberOf(row, 'at'),
          request: textOf(row, 'request_hash'),
          status: numberOf(row, 'status'),
          ...member('body', optionalTextOf(row, 'body')),
          ...member('about', optionalTextOf(row, 'about')),
        }
      )
    },
    async put(principal, keyHash, { at, request, status, body, about }) {
      await drop.run(principal, keyHash)
      await put.run(principal, keyHash, request, at, status, body ?? null, about ?? null)
    },
    async forget(before, limit) {
      await forget.run(before, limit)
    },
    async use(principal) {
      const row = await use.get(principal)
      return row === undefined ? { keys: 0, bytes: 0 } : { keys: numberOf(row, 'keys'), bytes: numberOf(row, 'bytes') }
    },
  }
}
