import { reader } from '../../base/schema.ts'
import { attestationResultSchema } from '../../protocol/attestation-result.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import type { ResultStore } from '../devices/results.ts'
import { jsonOf } from './columns.ts'

const resultReader = reader(attestationResultSchema, {
  name: 'stored result',
  limits: { maxBytes: 1024 * 1024, maxDepth: 8 },
})

export function resultStore(database: Database): Pick<ResultStore, 'result' | 'putResult'> {
  const select = database.prepare('SELECT json FROM results WHERE device = ?')
  const upsert = database.prepare(
    `INSERT INTO results (device, json, verdict, appraised_at, valid_until) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET json = excluded.json, verdict = excluded.verdict,
       appraised_at = excluded.appraised_at, valid_until = excluded.valid_until`,
  )
  return {
    result(device) {
      const row = select.get(device)
      return row && jsonOf(row, 'json', resultReader)
    },
    putResult(device, result) {
      upsert.run(device, JSON.stringify(result), result.verdict, result.appraisedAt, result.validUntil)
    },
  }
}
