import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { DeviceSummary } from '../../protocol/api-devices.ts'
import { VERDICTS } from '../../protocol/attestation-result.ts'
import type { Database, Row, Statement } from '../../system/sqlite/sqlite.ts'
import type { DeviceQueries, DeviceQuestion, ListedDevice } from '../devices/device-store.ts'
import { presenceOf } from '../devices/presence.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'
import { deviceCountQuery, deviceIdsQuery, deviceQuery, sortKeyQuery } from './device-query.ts'
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
  const listedOf = (id: string, key: string | number, { isConnected }: DeviceQuestion, now: number): ListedDevice => {
    const row = one.get(now, id)
    if (row === undefined) throw new SuretyError('STORE_CORRUPT', 'a listed device is missing')
    return { device: listed(row, isConnected), key }
  }
  /** Who is connected is not in the store. A retired device is neither connected nor silent. */
  const withPresence = ({ presence, isConnected, ...question }: DeviceQuestion, now: number): readonly string[] => {
    if (question.status === 'retired') return []
    const { sql, values } = deviceIdsQuery({ ...question, isConnected, status: 'active' }, now)
    const ids = optionalTextOf(statementOf(sql).get(...values) ?? {}, 'ids') ?? ''
    return idsIn(ids).filter((id) => isConnected(id) === (presence === 'connected'))
  }
  const listByPresence = (question: DeviceQuestion, limit: number, now: number): readonly ListedDevice[] => {
    const { sort = 'id', after } = question
    const keyOfDevice = statementOf(sortKeyQuery(sort))
    const all = withPresence(question, now)
    const keyAt = (at: number) => keyOf(keyOfDevice.get(now, all[at] ?? '') ?? {})
    const start =
      after === undefined ? 0 : firstBehind(all.length, (at) => isBehind(question, keyAt(at), all[at] ?? ''))
    return all.slice(start, start + limit).map((id, index) => listedOf(id, keyAt(start + index), question, now))
  }
  return {
    list(question, limit, now) {
      if (question.presence !== undefined) return listByPresence(question, limit, now)
      const { sql, values } = deviceQuery(question, now, limit)
      return statementOf(sql)
        .all(...values)
        .map((row) => listedOf(textOf(row, 'device'), keyOf(row), question, now))
    },
    count(question, now) {
      if (question.presence !== undefined) return withPresence({ ...question, sort: 'id' }, now).length
      const { sql, values } = deviceCountQuery(question, now)
      return numberOf(statementOf(sql).get(...values) ?? {}, 'total')
    },
  }
}

const ID_LENGTH = 'dev_'.length + 22

function idsIn(text: string): readonly string[] {
  return Array.from({ length: text.length / ID_LENGTH }, (_, at) => text.slice(at * ID_LENGTH, (at + 1) * ID_LENGTH))
}

/** Whether a device comes after `question.after`. */
function isBehind({ after, descending }: DeviceQuestion, key: string | number, id: string): boolean {
  if (after === undefined) return true
  const order = compare(key, after.key) || compare(id, after.id)
  return descending === true ? order < 0 : order > 0
}

/** As SQLite compares texts: by their bytes. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}

/** The first place for which it holds, among places for which it holds from one on. */
function firstBehind(length: number, holds: (at: number) => boolean): number {
  let [from, to] = [0, length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(middle)) to = middle
    else from = middle + 1
  }
  return from
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
