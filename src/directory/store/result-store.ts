import type { Database } from '../../system/sqlite/sqlite.ts'
import type { ResultStore } from '../devices/device-store.ts'
import { jsonOf } from './columns.ts'
import { resultReader } from './stored-readers.ts'

export function resultStore(database: Database): ResultStore {
  const select = database.prepare('SELECT json FROM results WHERE device = ?')
  const upsert = database.prepare(
    `INSERT INTO results (device, json, verdict, appraised_at, valid_until) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET json = excluded.json, verdict = excluded.verdict,
       appraised_at = excluded.appraised_at, valid_until = excluded.valid_until`,
  )
  return {
    get(device) {
      const row = select.get(device)
      return row && jsonOf(row, 'json', resultReader)
    },
    put(device, result) {
      upsert.run(device, JSON.stringify(result), result.verdict, result.appraisedAt, result.validUntil)
    },
  }
}
