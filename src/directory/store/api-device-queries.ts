import { member } from '../../base/json-object.ts'
import { reader, Type } from '../../base/schema.ts'
import type { DeviceFinding, DeviceSighting, DeviceSummary } from '../../protocol/api-devices.ts'
import { attestationResultSchema, VERDICTS } from '../../protocol/attestation-result.ts'
import { healthWarningSchema, inventorySchema } from '../../protocol/evidence.ts'
import { FINDING_STATES } from '../../protocol/finding.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { ApiStore } from '../api/api-store.ts'
import { presenceOf } from '../api/presence.ts'
import { jsonOf, numberOf, optionalJsonOf, optionalNumberOf, textOf, wordOf } from './columns.ts'
import { cutPage } from './cut-page.ts'
import { deviceOf, standingOf } from './device-rows.ts'
import { retiredDevices } from './retired-devices.ts'
import { sightingReader, sourceReader } from './stored-readers.ts'

/**
 * The verdict as `readResult` would give it at time ?1, so that a list can be filtered and counted without reading every
 * result; a test holds the two together.
 */
export const VERDICT_NOW = `CASE
  WHEN r.device IS NULL THEN 'unknown'
  WHEN ?1 <= r.valid_until AND ?1 >= r.appraised_at - 60000 THEN r.verdict
  ELSE 'stale' END`

/** `dev_` and four more: with fewer, one that is a host name would name devices by chance. */
const SHORTEST_ID = 8

type Queries = Pick<ApiStore, 'devices' | 'device' | 'hasDevice' | 'findings' | 'sightings' | 'sighting' | 'sources'>

const MANY = { maxBytes: 4 * 1024 * 1024, maxDepth: 12 }
const resultReader = reader(attestationResultSchema, { name: 'stored result', limits: MANY })
const inventoryReader = reader(inventorySchema, { name: 'stored inventory' })
const healthReader = reader(Type.Array(healthWarningSchema), { name: 'stored health warnings', limits: MANY })

export function deviceQueries(database: Database): Queries {
  const list = database.prepare(
    `SELECT d.*, ${VERDICT_NOW} AS verdict FROM devices d LEFT JOIN results r ON r.device = d.id
     WHERE d.id > ?2 AND (?3 IS NULL OR ${VERDICT_NOW} = ?3)
       AND (?4 IS NULL OR lower(json_extract(d.label_json, '$.hostname')) = lower(?4)
         OR (length(?4) >= ${SHORTEST_ID} AND substr(d.id, 1, length(?4)) = ?4))
     ORDER BY d.id`,
  )
  const exists = database.prepare('SELECT 1 FROM devices WHERE id = ?')
  const findings = database.prepare(
    `SELECT f.check_name, f.state, f.text, f.since, max(f.observed_at, coalesce(d.findings_at, 0)) AS observed_at
     FROM findings f JOIN devices d ON d.id = f.device WHERE f.device = ? ORDER BY f.check_name`,
  )
  const sightings = database.prepare(
    `SELECT * FROM sightings WHERE device = ?1 AND id > ?2 AND (?3 IS NULL OR kind = ?3)
       AND (gone_at IS NOT NULL) = ?4 ORDER BY id`,
  )
  const sighting = database.prepare('SELECT * FROM sightings WHERE device = ? AND id = ?')
  const sources = database.prepare('SELECT json FROM sources WHERE device = ? ORDER BY source, path, user')
  const readFindings = (device: string) => findings.all(device).map(findingOf)
  return {
    devices({ verdict, presence, named, isConnected, after, limit }, now) {
      const found: DeviceSummary[] = []
      for (const row of list.iterate(now, after ?? '', verdict ?? null, named ?? null)) {
        const present = presenceOf(standingOf(row), isConnected)
        if (presence !== undefined && present.presence !== presence) continue
        found.push({ ...commonOf(row), ...present, verdict: wordOf(row, 'verdict', VERDICTS) })
        if (found.length === limit) break
      }
      return found
    },
    device: oneDevice(database, readFindings),
    hasDevice: (id) => exists.get(id) !== undefined,
    findings: readFindings,
    sightings: (device, { kind, state, after, limit }) =>
      cutPage(sightings.iterate(device, after ?? '', kind ?? null, state === 'gone' ? 1 : 0), limit, sightingOf),
    sighting(device, id) {
      const row = sighting.get(device, id)
      return row && sightingOf(row)
    },
    sources: (device) => sources.all(device).map((row) => jsonOf(row, 'json', sourceReader)),
  }
}

function oneDevice(database: Database, readFindings: Queries['findings']): Queries['device'] {
  const select = database.prepare('SELECT * FROM devices WHERE id = ?')
  const result = database.prepare('SELECT json FROM results WHERE device = ?')
  const inventory = database.prepare('SELECT json FROM inventory WHERE device = ?')
  const health = database.prepare('SELECT json FROM health WHERE device = ?')
  const retired = retiredDevices(database)
  const failures = database.prepare('SELECT * FROM projection_failures WHERE device = ? ORDER BY part')
  return (id) => {
    const row = select.get(id)
    if (row === undefined) return undefined
    const device = deviceOf(row)
    const { maker, model, firmware } = device.endorsement ?? {}
    return {
      ...commonOf(row),
      ...(device.status === 'retired' ? member('retired', retired(id)) : {}),
      ...member('result', optionalJsonOf(result.get(id) ?? EMPTY, 'json', resultReader)),
      attestation: { ...member('attestedAt', device.attestedAt), ...member('failure', device.attestationFailure) },
      ...(device.endorsement === undefined
        ? {}
        : {
            endorsement: { ...member('maker', maker), ...member('model', model), ...member('firmware', firmware) },
          }),
      notes: [...device.notes],
      findings: [...readFindings(id)],
      ...member('inventory', optionalJsonOf(inventory.get(id) ?? EMPTY, 'json', inventoryReader)),
      health: optionalJsonOf(health.get(id) ?? EMPTY, 'json', healthReader) ?? [],
      unprocessed: failures.all(id).map((one) => ({
        part: textOf(one, 'part'),
        sequence: numberOf(one, 'sequence'),
        message: textOf(one, 'message'),
        since: numberOf(one, 'since'),
      })),
      head: { sequence: device.sequence, hash: device.head },
    }
  }
}

/** Reads as a column that is NULL. */
const EMPTY: Row = { json: null }

function commonOf(row: Row): Omit<DeviceSummary, 'verdict'> {
  const device = deviceOf(row)
  return {
    id: device.id,
    owner: device.owner,
    label: device.label,
    tier: device.tier,
    epoch: device.epoch,
    status: device.status,
    forked: device.forkedAt !== undefined,
    enrolledAt: device.enrolledAt,
    ...member('lastSeenAt', optionalNumberOf(row, 'last_seen')),
  }
}

function sightingOf(row: Row): DeviceSighting {
  return {
    sighting: jsonOf(row, 'json', sightingReader),
    firstSeenAt: numberOf(row, 'first_seen'),
    lastSeenAt: numberOf(row, 'last_seen'),
    ...member('goneAt', optionalNumberOf(row, 'gone_at')),
  }
}

function findingOf(row: Row): DeviceFinding {
  return {
    check: textOf(row, 'check_name'),
    state: wordOf(row, 'state', FINDING_STATES),
    explanation: textOf(row, 'text'),
    ...member('since', optionalNumberOf(row, 'since')),
    reportedAt: numberOf(row, 'observed_at'),
  }
}
