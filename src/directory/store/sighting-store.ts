import type { ScannedSource, SightingLocation } from '../../protocol/scan-coverage.ts'
import { SIGHTING_KINDS } from '../../protocol/sighting.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { ProjectionStore, SightingBefore } from '../evidence/evidence-store.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'
import { itemSql } from './register-of-sightings.ts'
import { sourceReader } from './stored-readers.ts'

type SightingStore = Pick<
  ProjectionStore,
  | 'putSighting'
  | 'endSightings'
  | 'forgetBefore'
  | 'forgetEnded'
  | 'forgetEndedBytes'
  | 'countSightings'
  | 'bytesOfSightings'
  | 'toldWhole'
  | 'markToldWhole'
  | 'notNew'
  | 'neverRead'
  | 'putNeverRead'
  | 'idsBesides'
  | 'placesBesides'
  | 'sources'
  | 'sizeOfSources'
  | 'putSnapshotPart'
  | 'openSnapshot'
  | 'closeSnapshot'
  | 'dropSources'
  | 'putSource'
>

/** What was seen on devices, and where was looked. */
export function sightingStore(database: Database): SightingStore {
  // Most of a snapshot was told before: that touches no index of what sightings say.
  const touch = database.prepare(
    `UPDATE sightings SET last_seen = ?4, snapshot = ?5 WHERE device = ?1 AND id = ?2 AND json = ?3 AND gone_at IS NULL`,
  )
  const before = database.prepare(
    `SELECT s.launch_hash, i.device IS NOT NULL AS known,
       iif(i.autonomous > 0, ?5, i.autonomous_at) AS autonomous_at
     FROM (SELECT 1)
     LEFT JOIN (SELECT json_extract(json, '$.launchHash') AS launch_hash FROM sightings WHERE device = ?1 AND id = ?2) AS s
     LEFT JOIN device_items i ON i.device = ?1 AND i.kind = ?3 AND i.item = ${itemSql('?4', '?3')}`,
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
  const forget = database.prepare('DELETE FROM sightings WHERE device = ? AND gone_at < ?')
  const forgetEnded = database.prepare(
    `DELETE FROM sightings WHERE device = ?1 AND id IN (
       SELECT id FROM sightings WHERE device = ?1 AND gone_at IS NOT NULL ORDER BY gone_at, id
       LIMIT (SELECT iif(count(*) > ?2, count(*) - ?3, 0) FROM sightings WHERE device = ?1))`,
  )
  const forgetEndedItems = database.prepare(
    `DELETE FROM device_items WHERE device = ?1 AND (kind, item) IN (
       SELECT kind, item FROM device_items WHERE device = ?1 AND present = 0 ORDER BY ended_at, kind, item
       LIMIT (SELECT iif(count(*) > ?2, count(*) - ?3, 0) FROM device_items WHERE device = ?1))`,
  )
  const forgetEndedBytes = database.prepare(
    `DELETE FROM sightings WHERE device = ?1 AND id IN (SELECT id FROM (
       SELECT id, sum(octet_length(json)) OVER (ORDER BY gone_at IS NOT NULL, gone_at DESC, id DESC) AS bytes, gone_at
       FROM sightings WHERE device = ?1) WHERE gone_at IS NOT NULL AND bytes > ?2)`,
  )
  const bytes = database.prepare('SELECT coalesce(sum(octet_length(json)), 0) AS n FROM sightings WHERE device = ?')
  const forgetItems = database.prepare('DELETE FROM device_items WHERE device = ? AND present = 0 AND ended_at < ?')
  const count = database.prepare(
    `SELECT max((SELECT count(*) FROM sightings WHERE device = ?1), (SELECT count(*) FROM device_items WHERE device = ?1)) AS n`,
  )
  const whole = database.prepare('SELECT 1 FROM devices WHERE id = ? AND first_snapshot_at IS NOT NULL')
  const markWhole = database.prepare(
    'UPDATE devices SET first_snapshot_at = ?2 WHERE id = ?1 AND first_snapshot_at IS NULL',
  )
  const notNew = database.prepare(
    `UPDATE device_items SET arrived_at = NULL WHERE device = ?1 AND kind = ?2 AND item = ${itemSql('?3', '?2')}`,
  )
  const neverRead = database.prepare('SELECT source, path, user, state FROM never_read WHERE device = ?')
  const forgetNeverRead = database.prepare('DELETE FROM never_read WHERE device = ?')
  const putNeverRead = database.prepare(
    'INSERT OR REPLACE INTO never_read (device, source, path, user, state) VALUES (?, ?, ?, ?, ?)',
  )
  const idsBesides = database.prepare('SELECT id FROM sightings WHERE device = ? AND snapshot <> ? AND gone_at IS NULL')
  // There may be thousands: of their JSON only what is asked for.
  const besides = database.prepare(
    `SELECT id, kind, json_extract(json, '$.state') AS state, json_extract(json, '$.host') AS host,
       json_extract(json, '$.user.id') AS user_id, json_extract(json, '$.path') AS path,
       json_extract(json, '$.scope') AS scope, json_extract(json, '$.fileKind') AS file_kind
     FROM sightings WHERE device = ? AND snapshot <> ? AND gone_at IS NULL`,
  )
  const sources = database.prepare('SELECT json FROM sources WHERE device = ?')
  const sizeOfSources = database.prepare(
    'SELECT count(*) AS n, coalesce(sum(length(json)), 0) AS characters FROM sources WHERE device = ?',
  )
  const forgetParts = database.prepare('DELETE FROM snapshot_parts WHERE device = ? AND snapshot <> ?')
  const part = database.prepare('INSERT OR IGNORE INTO snapshot_parts (device, snapshot, part) VALUES (?, ?, ?)')
  const parts = database.prepare('SELECT count(*) AS n FROM snapshot_parts WHERE device = ? AND snapshot = ?')
  const open = database.prepare('SELECT snapshot FROM snapshot_parts WHERE device = ? LIMIT 1')
  const close = database.prepare('DELETE FROM snapshot_parts WHERE device = ?')
  const dropSources = database.prepare('DELETE FROM sources WHERE device = ?')
  const source = database.prepare(
    `INSERT INTO sources (device, source, path, user, state, json, observed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, json = excluded.json, observed_at = excluded.observed_at`,
  )
  return {
    putSighting(device, sighting, { snapshot, at }) {
      const { id, kind, name } = sighting
      const json = JSON.stringify(sighting)
      if (touch.run(device, id, json, at, snapshot).changes > 0) return TOLD_AGAIN
      const row = before.get(device, id, kind, json, at) ?? {}
      upsert.run(device, id, kind, name, json, at, snapshot)
      return {
        same: false,
        characters: json.length,
        launchHash: optionalTextOf(row, 'launch_hash'),
        item: numberOf(row, 'known') === 0 ? undefined : { autonomousAt: optionalNumberOf(row, 'autonomous_at') },
      }
    },
    endSightings(device, ids, at) {
      if (ids.length > 0) end.run(at, device, JSON.stringify(ids))
    },
    forgetBefore(device, { sightings, keys }) {
      forget.run(device, sightings)
      forgetItems.run(device, keys)
    },
    forgetEnded: (device, { above, left }) => ({
      sightings: forgetEnded.run(device, above, left).changes,
      keys: forgetEndedItems.run(device, above, left).changes,
    }),
    forgetEndedBytes: (device, left) => forgetEndedBytes.run(device, left).changes,
    bytesOfSightings: (device) => numberOf(bytes.get(device) ?? {}, 'n'),
    toldWhole: (device) => whole.get(device) !== undefined,
    markToldWhole(device, at) {
      markWhole.run(device, at)
    },
    notNew(device, sighting) {
      notNew.run(device, sighting.kind, JSON.stringify(sighting))
    },
    neverRead: (device) => neverRead.all(device).map(lookedAtOf),
    putNeverRead(device, places) {
      forgetNeverRead.run(device)
      for (const { source: name, path = '', user, state } of places) {
        putNeverRead.run(device, name, path, user?.id ?? '', state)
      }
    },
    countSightings: (device) => numberOf(count.get(device) ?? {}, 'n'),
    idsBesides: (device, snapshot) => idsBesides.all(device, snapshot).map((row) => textOf(row, 'id')),
    placesBesides: (device, snapshot) => besides.all(device, snapshot).map(placeOf),
    sources: (device) => sources.all(device).map((row) => jsonOf(row, 'json', sourceReader)),
    sizeOfSources(device) {
      const row = sizeOfSources.get(device) ?? {}
      return { count: numberOf(row, 'n'), characters: numberOf(row, 'characters') }
    },
    putSnapshotPart(device, snapshot, number) {
      forgetParts.run(device, snapshot)
      part.run(device, snapshot, number)
      return numberOf(parts.get(device, snapshot) ?? {}, 'n')
    },
    openSnapshot(device) {
      const row = open.get(device)
      return row && textOf(row, 'snapshot')
    },
    closeSnapshot(device) {
      close.run(device)
    },
    dropSources(device) {
      dropSources.run(device)
    },
    putSource(device, report, at) {
      const user = report.user?.id ?? ''
      source.run(device, report.source, report.path ?? '', user, report.state, JSON.stringify(report), at)
    },
  }
}

const STATES = ['parsed', 'absent', 'unreadable', 'too-large', 'malformed', 'timed-out'] as const

function lookedAtOf(row: Row): ScannedSource {
  const [path, user] = [textOf(row, 'path'), textOf(row, 'user')]
  return {
    source: textOf(row, 'source'),
    path: path === '' ? undefined : path,
    user: user === '' ? undefined : { id: user },
    state: wordOf(row, 'state', STATES),
  }
}

const TOLD_AGAIN: SightingBefore = { same: true, characters: 0, launchHash: undefined, item: undefined }

function placeOf(row: Row): SightingLocation & { readonly id: string } {
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
