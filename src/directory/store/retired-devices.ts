import type { RetiredDevice } from '../../protocol/api-devices.ts'
import type { Database } from '../../system/sqlite/sqlite.ts'
import { numberOf, optionalTextOf, textOf } from './columns.ts'

/** When, by whom and why a device was last retired: the record knows. Undefined for one that never was. */
export function retiredDevices(database: Database): (device: string) => RetiredDevice | undefined {
  const newest = database.prepare(
    `SELECT at, actor, json_extract(json, '$.reason') AS reason FROM events
     WHERE device = ? AND kind = 'retired' ORDER BY at DESC LIMIT 1`,
  )
  return (device) => {
    const row = newest.get(device)
    if (row === undefined) return undefined
    const by = optionalTextOf(row, 'actor')
    return { at: numberOf(row, 'at'), ...(by === undefined ? {} : { by }), reason: textOf(row, 'reason') }
  }
}
