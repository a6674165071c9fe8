import { type AttestationResult, VERDICTS } from '../../../protocol/messages/attestation-result.ts'
import { nextChange } from '../../appraisal/result.ts'
import { jsonOf, wordOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'
import { resultReader } from '../../sql/stored-readers.ts'
import type { ResultStore } from '../device-store.ts'

export function resultStore(database: Database): ResultStore {
  const select = database.prepare('SELECT json FROM results WHERE device = ?')
  const verdict = database.prepare('SELECT verdict FROM results WHERE device = ?')
  const upsert = database.prepare(
    `INSERT INTO results (device, json, verdict, appraised_at, valid_until, policy, changes_at, excuses)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET json = excluded.json, verdict = excluded.verdict,
       appraised_at = excluded.appraised_at, valid_until = excluded.valid_until,
       policy = excluded.policy, changes_at = excluded.changes_at,
       excuses = excluded.excuses`,
  )
  return {
    async verdict(device) {
      const row = await verdict.get(device)
      return row && wordOf(row, 'verdict', VERDICTS)
    },
    async get(device) {
      const row = await select.get(device)
      return row && jsonOf(row, 'json', resultReader)
    },
    async put(device, result, policyVersion = 0) {
      const { verdict, appraisedAt, validUntil, reasons } = result
      const changesAt = nextChange(reasons) ?? null
      const json = JSON.stringify(result)
      await upsert.run(device, json, verdict, appraisedAt, validUntil, policyVersion, changesAt, excusesOf(result))
    },
  }
}

/** Why checks do not count for now, as `check_counts` has it. */
function excusesOf({ reasons }: AttestationResult): string {
  const excuses = reasons.flatMap(({ check, exemptUntil, graceUntil }) => {
    if (exemptUntil !== undefined) return [[check, 'exempt']]
    return graceUntil === undefined ? [] : [[check, 'in-grace']]
  })
  return JSON.stringify(Object.fromEntries(excuses))
}
