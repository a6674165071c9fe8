import { numberOf, textOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'
import type { UnprocessedStore } from '../evidence-store.ts'

export function unprocessedStore(database: Database): UnprocessedStore {
  const select = database.prepare('SELECT part, since, message FROM unprocessed WHERE device = ? ORDER BY part')
  const upsert = database.prepare(
    `INSERT INTO unprocessed (device, part, sequence, message, since) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, message = excluded.message`,
  )
  const clear = database.prepare('DELETE FROM unprocessed WHERE device = ? AND part = ?')
  return {
    list: async (device) =>
      (await select.all(device)).map((row) => ({
        part: textOf(row, 'part'),
        since: numberOf(row, 'since'),
        message: textOf(row, 'message'),
      })),
    async put(device, { part, sequence, message, at }) {
      await upsert.run(device, part, sequence, message, at)
    },
    clear: async (device, part) => (await clear.run(device, part)).changes > 0,
  }
}
