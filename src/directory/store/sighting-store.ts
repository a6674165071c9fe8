import type { Database } from '../../system/sqlite.ts'
import type { ProjectionStore } from '../evidence/evidence-store.ts'
import { jsonOf, numberOf, textOf } from './columns.ts'
import { sightingReader, sourceReader } from './stored-readers.ts'

type SightingStore = Pick<
  ProjectionStore,
  | 'putSighting'
  | 'endSighting'
  | 'endOthers'
  | 'countSightings'
  | 'sightingsBesides'
  | 'carryOver'
  | 'sources'
  | 'putSnapshotPart'
  | 'openSnapshot'
  | 'closeSnapshot'
  | 'dropSources'
  | 'putSource'
>

/** What was seen on devices, and where was looked. */
export function sightingStore(database: Database): SightingStore {
  const upsert = database.prepare(
    `INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, gone_at, snapshot)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, NULL, ?7)
     ON CONFLICT DO UPDATE SET kind = excluded.kind, name = excluded.name, json = excluded.json,
       last_seen = excluded.last_seen, gone_at = NULL, snapshot = excluded.snapshot`,
  )
  const end = database.prepare('UPDATE sightings SET gone_at = ? WHERE device = ? AND id = ? AND gone_at IS NULL')
  const endOthers = database.prepare(
    'UPDATE sightings SET gone_at = ? WHERE device = ? AND snapshot <> ? AND gone_at IS NULL',
  )
  const forget = database.prepare('DELETE FROM sightings WHERE device = ? AND gone_at < ?')
  const count = database.prepare('SELECT count(*) AS n FROM sightings WHERE device = ?')
  const besides = database.prepare('SELECT json FROM sightings WHERE device = ? AND snapshot <> ? AND gone_at IS NULL')
  const carry = database.prepare('UPDATE sightings SET snapshot = ? WHERE device = ? AND id = ?')
  const sources = database.prepare('SELECT json FROM sources WHERE device = ?')
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
      upsert.run(device, sighting.id, sighting.kind, sighting.name, JSON.stringify(sighting), at, snapshot)
    },
    endSighting(device, id, at) {
      end.run(at, device, id)
    },
    endOthers(device, snapshot, { at, forgetBefore }) {
      endOthers.run(at, device, snapshot)
      forget.run(device, forgetBefore)
    },
    countSightings: (device) => numberOf(count.get(device) ?? {}, 'n'),
    sightingsBesides: (device, snapshot) =>
      besides.all(device, snapshot).map((row) => jsonOf(row, 'json', sightingReader)),
    carryOver(device, id, snapshot) {
      carry.run(snapshot, device, id)
    },
    sources: (device) => sources.all(device).map((row) => jsonOf(row, 'json', sourceReader)),
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
      const user = report.user === undefined ? '' : String(report.user.uid)
      source.run(device, report.source, report.path ?? '', user, report.state, JSON.stringify(report), at)
    },
  }
}
