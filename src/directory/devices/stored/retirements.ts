import type { RetiredDevice } from '../../../protocol/nouns/devices/devices.ts'
import { numberOf, textOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'

/** Finds in the audit when, by whom and why a device was last retired, until a time. Undefined if it never was. */
export function retirements(
  database: Database,
): (device: string, until?: number) => Promise<RetiredDevice | undefined> {
  const newest = database.prepare(
    `SELECT at, actor, json_extract(details_json, '$.reason') AS reason FROM audit
     WHERE device = ? AND act = 'retired' AND at <= ? ORDER BY id DESC LIMIT 1`,
  )
  return async (device, until = Number.MAX_SAFE_INTEGER) => {
    const row = await newest.get(device, until)
    return row && { at: numberOf(row, 'at'), by: textOf(row, 'actor'), reason: textOf(row, 'reason') }
  }
}
