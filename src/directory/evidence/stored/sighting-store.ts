import { member } from '../../../base/json-object.ts'
import type { DeviceSighting } from '../../../protocol/nouns/devices/devices.ts'
import type { SightingLocation } from '../../../protocol/scan-coverage.ts'
import { SIGHTING_KINDS } from '../../../protocol/sighting.ts'
import type { SightingQueries } from '../../devices/device-store.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../../sql/columns.ts'
import { cutPage } from '../../sql/cut-page.ts'
import type { Database, Row } from '../../sql/database.ts'
import { sightingReader } from '../../sql/stored-readers.ts'
import { itemSql } from '../../store/migrations/item-key.ts'
import type { SightingBefore, SightingStore } from '../evidence-store.ts'

const DAY_MS = 86_400_000

/** As `itemSql`, of the agent that an event names. */
const ITEM_OF_ACTIVITY = `coalesce(nullif(json_extract(detail_json, '$.agent'), ''),
           'unknown/' || json_extract(detail_json, '$.name'))`

/**
 * Sightings of devices. Triggers keep `device_items` (a thing on one device) and `fleet_items` (a thing in the fleet) up to
 * date, so no statement here counts.
 */
export function sightingStore(database: Database): SightingStore & SightingQueries {
  return { ...sightingWrites(database), ...sightingReads(database) }
}

function sightingWrites(database: Database): SightingStore {
  const forget = forgetters(database)
  // Most of a snapshot is unchanged: this writes to no index of the JSON.
  const touch = database.prepare(
    `UPDATE sightings SET last_seen = ?4, snapshot = ?5 WHERE device = ?1 AND id = ?2 AND json = ?3 AND gone_at IS NULL`,
  )
  const before = database.prepare(
    `SELECT s.launch_hash, i.device IS NOT NULL AS known
     FROM (SELECT 1)
     LEFT JOIN (SELECT json_extract(json, '$.launchHash') AS launch_hash FROM sightings WHERE device = ?1 AND id = ?2) AS s
     LEFT JOIN device_items i ON i.device = ?1 AND i.kind = ?3 AND i.item = ${itemSql('?4', '?3')}`,
  )
  const ofUser = database.prepare(
    `WITH asked AS (SELECT ${itemSql('?2', "'agent'")} AS item, coalesce(json_extract(?2, '$.user.id'), '') AS user)
     SELECT
       EXISTS (SELECT 1 FROM sightings s, asked a WHERE s.kind = 'agent' AND s.item = a.item AND s.device = ?1
         AND s.gone_at IS NULL AND s.user_id = a.user) AS there,
       EXISTS (SELECT 1 FROM sightings s, asked a WHERE s.device = ?1 AND s.gone_at IS NULL AND s.autonomous = 1
         AND s.kind = 'agent' AND s.item = a.item AND s.user_id = a.user)
       OR EXISTS (SELECT 1 FROM sightings s, asked a WHERE s.device = ?1 AND s.gone_at IS NOT NULL AND s.gone_at > ?3
         AND s.autonomous = 1 AND s.kind = 'agent' AND s.item = a.item AND s.user_id = a.user)
       OR EXISTS (SELECT 1 FROM activity, asked a WHERE device = ?1 AND activity.kind = 'agent-autonomous' AND at > ?3
         AND ${ITEM_OF_ACTIVITY} = a.item
         AND json_extract(detail_json, '$.user') IS json_extract(?2, '$.user.name')) AS autonomous`,
  )
  const upsert = database.prepare(
    `INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, gone_at, snapshot)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, NULL, ?7)
     ON CONFLICT DO UPDATE SET kind = excluded.kind, name = excluded.name, json = excluded.json,
       last_seen = excluded.last_seen, gone_at = NULL, snapshot = excluded.snapshot`,
  )
  const end = database.prepare(
    `UPDATE sightings SET gone_at = ? WHERE device = ? AND id IN (SELECT value FROM json_each(?)) AND gone_at IS NULL`,
  )
  const missingIds = database.prepare('SELECT id FROM sightings WHERE device = ? AND snapshot <> ? AND gone_at IS NULL')
  // There may be thousands, so only what decides about them is read.
  const missing = database.prepare(
    `SELECT id, kind, json_extract(json, '$.state') AS state, json_extract(json, '$.host') AS host,
       json_extract(json, '$.user.id') AS user_id, json_extract(json, '$.path') AS path,
       json_extract(json, '$.scope') AS scope, json_extract(json, '$.fileKind') AS file_kind
     FROM sightings WHERE device = ? AND snapshot <> ? AND gone_at IS NULL`,
  )
  const bytes = database.prepare('SELECT coalesce(sum(octet_length(json)), 0) AS n FROM sightings WHERE device = ?')
  const count = database.prepare(
    `SELECT max((SELECT count(*) FROM sightings WHERE device = ?1), (SELECT count(*) FROM device_items WHERE device = ?1)) AS n`,
  )
  const notNew = database.prepare(
    `UPDATE device_items SET arrived_at = NULL WHERE device = ?1 AND kind = ?2 AND item = ${itemSql('?3', '?2')}`,
  )
  return {
    ...forget,
    async put(device, sighting, { snapshot, at }) {
      const { id, kind, name } = sighting
      const json = JSON.stringify(sighting)
      if ((await touch.run(device, id, json, at, snapshot)).changes > 0) return UNCHANGED
      const row = (await before.get(device, id, kind, json)) ?? {}
      const isAutonomous = kind === 'agent' && sighting.autonomy?.level === 'autonomous'
      const user = isAutonomous ? await ofUser.get(device, json, at - DAY_MS) : undefined
      await upsert.run(device, id, kind, name, json, at, snapshot)
      return {
        same: false,
        characters: json.length,
        launchHash: optionalTextOf(row, 'launch_hash'),
        isKnown: numberOf(row, 'known') === 1,
        ofUser: user && { isThere: numberOf(user, 'there') === 1, wasAutonomous: numberOf(user, 'autonomous') === 1 },
      }
    },
    async end(device, ids, at) {
      if (ids.length > 0) await end.run(at, device, JSON.stringify(ids))
    },
    idsMissingFrom: async (device, snapshot) =>
      (await missingIds.all(device, snapshot)).map((row) => textOf(row, 'id')),
    missingFrom: async (device, snapshot) => (await missing.all(device, snapshot)).map(locationOf),
    count: async (device) => numberOf((await count.get(device)) ?? {}, 'n'),
    bytes: async (device) => numberOf((await bytes.get(device)) ?? {}, 'n'),
    async markNotNew(device, sighting) {
      await notNew.run(device, sighting.kind, JSON.stringify(sighting))
    },
  }
}

function forgetters(database: Database): Pick<SightingStore, 'forgetBefore' | 'forgetEnded' | 'forgetEndedBytes'> {
  const before = database.prepare('DELETE FROM sightings WHERE device = ? AND gone_at < ?')
  const itemsBefore = database.prepare('DELETE FROM device_items WHERE device = ? AND present = 0 AND ended_at < ?')
  const ended = database.prepare(
    `DELETE FROM sightings WHERE device = ?1 AND id IN (
       SELECT id FROM sightings WHERE device = ?1 AND gone_at IS NOT NULL ORDER BY gone_at, id
       LIMIT (SELECT iif(count(*) > ?2, count(*) - ?3, 0) FROM sightings WHERE device = ?1))`,
  )
  const endedItems = database.prepare(
    `DELETE FROM device_items WHERE device = ?1 AND (kind, item) IN (
       SELECT kind, item FROM device_items WHERE device = ?1 AND present = 0 ORDER BY ended_at, kind, item
       LIMIT (SELECT iif(count(*) > ?2, count(*) - ?3, 0) FROM device_items WHERE device = ?1))`,
  )
  const endedBytes = database.prepare(
    `DELETE FROM sightings WHERE device = ?1 AND id IN (SELECT id FROM (
       SELECT id, sum(octet_length(json)) OVER (ORDER BY gone_at IS NOT NULL, gone_at DESC, id DESC) AS bytes, gone_at
       FROM sightings WHERE device = ?1) WHERE gone_at IS NOT NULL AND bytes > ?2)`,
  )
  return {
    async forgetBefore(device, { sightings, keys }) {
      await before.run(device, sightings)
      await itemsBefore.run(device, keys)
    },
    forgetEnded: async (device, { above, left }) => ({
      sightings: (await ended.run(device, above, left)).changes,
      keys: (await endedItems.run(device, above, left)).changes,
    }),
    forgetEndedBytes: async (device, left) => (await endedBytes.run(device, left)).changes,
  }
}

function sightingReads(database: Database): SightingQueries {
  const page = database.prepare(
    `SELECT * FROM sightings WHERE device = ?1 AND id > ?2 AND (?3 IS NULL OR kind = ?3)
       AND (gone_at IS NOT NULL) = ?4 ORDER BY id`,
  )
  const one = database.prepare('SELECT * FROM sightings WHERE device = ? AND id = ?')
  return {
    async view(device, id) {
      const row = await one.get(device, id)
      return row && viewOf(row)
    },
    page: (device, { kind, state, after, limit }) =>
      database.snapshot(() =>
        cutPage(page.iterate(device, after ?? '', kind ?? null, state === 'gone' ? 1 : 0), limit, viewOf),
      ),
  }
}

const UNCHANGED: SightingBefore = { same: true, characters: 0, launchHash: undefined, isKnown: true, ofUser: undefined }

function locationOf(row: Row): SightingLocation & { readonly id: string } {
  const userId = optionalTextOf(row, 'user_id')
  return {
    id: textOf(row, 'id'),
    kind: wordOf(row, 'kind', SIGHTING_KINDS),
    state: optionalTextOf(row, 'state'),
    host: optionalTextOf(row, 'host'),
    user: userId === undefined ? undefined : { id: userId },
    path: optionalTextOf(row, 'path'),
    scope: optionalTextOf(row, 'scope'),
    fileKind: optionalTextOf(row, 'file_kind'),
  }
}

function viewOf(row: Row): DeviceSighting {
  return {
    sighting: jsonOf(row, 'json', sightingReader),
    firstSeenAt: numberOf(row, 'first_seen'),
    lastSeenAt: numberOf(row, 'last_seen'),
    ...member('goneAt', optionalNumberOf(row, 'gone_at')),
  }
}
