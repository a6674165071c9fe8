import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { DeviceSummary } from '../../protocol/api-devices.ts'
import { VERDICTS } from '../../protocol/attestation-result.ts'
import type { Database, Row, Statement } from '../../system/sqlite/sqlite.ts'
import type { DeviceQueries, DeviceQuestion } from '../devices/device-store.ts'
import { presenceOf } from '../devices/presence.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'
import { deviceCountQuery, deviceQuery } from './device-query.ts'
import { deviceOf } from './device-rows.ts'
import { VERDICT_NOW } from './verdict-now.ts'

/** Lists of devices: ids come from narrow rows, and the JSON of a device is read for the page alone. */
export function deviceList(database: Database): Pick<DeviceQueries, 'list' | 'count'> {
  // One for each combination of filters.
  const statements = new Map<string, Statement>()
  const statementOf = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const one = database.prepare(
    `SELECT d.*, ${VERDICT_NOW} AS verdict, l.valid_until,
       json_extract(i.json, '$.osName') || ' ' || json_extract(i.json, '$.osVersion') AS os
     FROM devices d JOIN listed_devices l ON l.device = d.id LEFT JOIN inventory i ON i.device = d.id WHERE d.id = ?2`,
  )
  /** Who is connected is not in the store: every row of the list is read until the page is full. */
  const rowsOf = (question: DeviceQuestion, now: number, limit?: number): Iterable<Row> => {
    const { presence, isConnected } = question
    if (presence === undefined) {
      const { sql, values } = deviceQuery(question, now, limit)
      return statementOf(sql).iterate(...values)
    }
    const { sql, values } = deviceQuery({ ...question, status: 'active' }, now)
    return withPresence(statementOf(sql).iterate(...values), presence === 'connected', isConnected)
  }
  return {
    list(question, limit, now) {
      const found = []
      if (question.status === 'retired' && question.presence !== undefined) return []
      for (const row of rowsOf(question, now, limit)) {
        const id = textOf(row, 'device')
        const full = one.get(now, id)
        if (full === undefined) throw new SuretyError('STORE_CORRUPT', 'a listed device is missing')
        found.push({ device: listed(full, question.isConnected), key: keyOf(row) })
        if (found.length === limit) break
      }
      return found
    },
    count(question, now) {
      if (question.presence === undefined) {
        const { sql, values } = deviceCountQuery(question, now)
        return numberOf(statementOf(sql).get(...values) ?? {}, 'total')
      }
      if (question.status === 'retired') return 0
      let total = 0
      for (const _ of rowsOf({ ...question, after: undefined, sort: 'id' }, now)) total++
      return total
    },
  }
}

function* withPresence(
  rows: Iterable<Row>,
  connected: boolean,
  isConnected: (device: string) => boolean,
): Generator<Row> {
  for (const row of rows) if (isConnected(textOf(row, 'device')) === connected) yield row
}

function listed(row: Row, isConnected: (device: string) => boolean): DeviceSummary {
  const summary = summaryOf(row)
  return {
    ...summary,
    ...presenceOf(summary, isConnected),
    verdict: wordOf(row, 'verdict', VERDICTS),
    ...member('validUntil', optionalNumberOf(row, 'valid_until')),
    ...member('os', optionalTextOf(row, 'os')),
  }
}

function keyOf({ key }: Row): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key
  throw new SuretyError('STORE_CORRUPT', 'the value in column key is not valid')
}

/** What lists and single devices show of a row of `devices`. */
export function summaryOf(row: Row): Omit<DeviceSummary, 'verdict'> {
  const device = deviceOf(row)
  return {
    id: device.id,
    owner: device.owner,
    label: device.label,
    ...member('labels', device.labels),
    tier: device.tier,
    epoch: device.epoch,
    status: device.status,
    forked: device.forkedAt !== undefined,
    enrolledAt: device.enrolledAt,
    ...member('lastSeenAt', optionalNumberOf(row, 'last_seen')),
  }
}
