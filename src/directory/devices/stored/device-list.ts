import { SuretyError } from '../../../base/errors.ts'
import { member } from '../../../base/json-object.ts'
import { reader, Type } from '../../../base/schema.ts'
import { VERDICTS } from '../../../protocol/messages/attestation-result.ts'
import type { DeviceSummary } from '../../../protocol/nouns/devices/devices.ts'
import { TAMPER_KINDS } from '../../../protocol/tamper.ts'
import { daemonProgramSchema } from '../../../protocol/updates.ts'
import {
  jsonOf,
  numberOf,
  optionalJsonOf,
  optionalNumberOf,
  optionalTextOf,
  textOf,
  wordOf,
} from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import { statementCache } from '../../sql/statement-cache.ts'
import { VERDICT_NOW } from '../../sql/verdict-now.ts'
import type { DeviceQueries, DeviceQuestion, ListedDevice } from '../device-store.ts'
import { presenceOf } from '../presence.ts'
import { deviceCountQuery, deviceQuery } from './device-query.ts'
import { deviceOf } from './device-rows.ts'

const daemonReader = reader(daemonProgramSchema, { name: 'stored daemon' })
const codesReader = reader(Type.Array(Type.String()), { name: 'stored codes' })

/** Lists of devices: ids come from narrow rows, and the JSON of a device is read for the page alone. */
export function deviceList(database: Database): Pick<DeviceQueries, 'list' | 'count'> {
  const statementOf = statementCache(database)
  const one = database.prepare(
    `SELECT d.*, ${VERDICT_NOW} AS verdict, l.valid_until,
       json_extract(i.json, '$.osName') || ' ' || json_extract(i.json, '$.osVersion') AS os,
       json_extract(i.json, '$.daemon') AS daemon_json,
       (SELECT json_group_array(code) FROM device_warnings WHERE device = d.id) AS warnings_json, ${REPORTED_TROUBLE}
     FROM devices d JOIN listed_devices l ON l.device = d.id LEFT JOIN inventory i ON i.device = d.id WHERE d.id = ?2`,
  )
  const listedOf = async (
    id: string,
    key: string | number,
    { isConnected }: DeviceQuestion,
    now: number,
  ): Promise<ListedDevice> => {
    const row = await one.get(now, id)
    if (row === undefined) throw new SuretyError('STORE_CORRUPT', 'a listed device is missing')
    return { device: listed(row, isConnected), key }
  }
  return {
    async list(question, limit, now) {
      const { sql, values } = deviceQuery(question, now, limit)
      return await Promise.all(
        (await statementOf(sql).all(...values)).map((row) =>
          listedOf(textOf(row, 'device'), keyOf(row), question, now),
        ),
      )
    },
    async count(question, now) {
      const { sql, values } = deviceCountQuery(question, now)
      return numberOf((await statementOf(sql).get(...values)) ?? {}, 'total')
    },
  }
}

function listed(row: Row, isConnected: (device: string) => boolean): DeviceSummary {
  const summary = summaryOf(row)
  const warnings = jsonOf(row, 'warnings_json', codesReader)
  return {
    ...summary,
    ...presenceOf(summary, isConnected),
    verdict: wordOf(row, 'verdict', VERDICTS),
    ...member('validUntil', optionalNumberOf(row, 'valid_until')),
    ...member('os', optionalTextOf(row, 'os')),
    ...member('daemon', optionalJsonOf(row, 'daemon_json', daemonReader)),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...reportedTroubleOf(row),
  }
}

/** Silence, signs of tampering and stops: columns about the device `d`. */
export const REPORTED_TROUBLE = `(SELECT heard_at FROM silent_devices WHERE device = d.id) AS silent_since,
  (SELECT kind FROM tamper_signs WHERE device = d.id ORDER BY number DESC LIMIT 1) AS tamper_kind,
  (SELECT received_at FROM tamper_signs WHERE device = d.id ORDER BY number DESC LIMIT 1) AS tamper_at,
  (SELECT count(*) FROM sightings INDEXED BY sightings_frozen
   WHERE device = d.id AND gone_at IS NULL AND frozen = 1) AS frozen_agents`

export function reportedTroubleOf(row: Row): Pick<DeviceSummary, 'silentSince' | 'tamperSign' | 'frozenAgents'> {
  const frozen = numberOf(row, 'frozen_agents')
  const tamperedAt = optionalNumberOf(row, 'tamper_at')
  return {
    ...member('silentSince', optionalNumberOf(row, 'silent_since')),
    ...(frozen === 0 ? {} : { frozenAgents: frozen }),
    ...(tamperedAt === undefined
      ? {}
      : { tamperSign: { kind: wordOf(row, 'tamper_kind', TAMPER_KINDS), receivedAt: tamperedAt } }),
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
