import { member } from '../../../base/json-object.ts'
import { reader, Type } from '../../../base/schema.ts'
import { VERDICTS } from '../../../protocol/messages/attestation-result.ts'
import type { DeviceSummary } from '../../../protocol/nouns/devices/devices.ts'
import { TAMPER_KINDS } from '../../../protocol/tamper.ts'
import { daemonProgramSchema } from '../../../protocol/updates.ts'
import { jsonOf, numberOf, optionalJsonOf, optionalNumberOf, optionalTextOf, wordOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import { listing } from '../../sql/listing.ts'
import { CONNECTED_DEVICES } from '../../sql/presence-store.ts'
import { VERDICT_NOW } from '../../sql/verdict-now.ts'
import type { DeviceQueries } from '../device-store.ts'
import { presenceOf } from '../presence.ts'
import { DEVICE_LISTING } from './device-query.ts'
import { deviceOf } from './device-rows.ts'

const daemonReader = reader(daemonProgramSchema, { name: 'stored daemon' })
const codesReader = reader(Type.Array(Type.String()), { name: 'stored codes' })

/** Ids come from narrow rows, and the JSON of a device is read only for the page. */
export function deviceList(database: Database): DeviceQueries['list'] {
  const list = listing(database, {
    ...DEVICE_LISTING,
    joined: {
      columns: `d.*, ${VERDICT_NOW} AS verdict, l.valid_until,
        json_extract(i.json, '$.osName') || ' ' || json_extract(i.json, '$.osVersion') AS os,
        json_extract(i.json, '$.daemon') AS daemon_json,
        (SELECT json_group_array(code) FROM device_warnings WHERE device = d.id) AS warnings_json,
        EXISTS (SELECT 1 FROM ${CONNECTED_DEVICES} WHERE device = d.id) AS connected, ${REPORTED_TROUBLE}`,
      tables: `CROSS JOIN devices d ON d.id = page.device CROSS JOIN listed_devices l ON l.device = d.id
        LEFT JOIN inventory i ON i.device = d.id`,
    },
    read: listed,
  })
  return ({ status = 'active', ...request }, now) =>
    list({ ...request, status: status === 'all' ? undefined : status }, now)
}

function listed(row: Row): DeviceSummary {
  const summary = summaryOf(row)
  const warnings = jsonOf(row, 'warnings_json', codesReader)
  return {
    ...summary,
    ...presenceOf(summary, () => numberOf(row, 'connected') === 1),
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
