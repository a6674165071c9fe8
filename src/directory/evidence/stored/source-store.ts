import type { ScannedSource } from '../../../protocol/scan-coverage.ts'
import { jsonOf, numberOf, textOf, wordOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import { sourceReader } from '../../sql/stored-readers.ts'
import type { SourceStore } from '../evidence-store.ts'

const STATES = ['parsed', 'absent', 'unreadable', 'too-large', 'malformed', 'timed-out'] as const

export function sourceStore(database: Database): SourceStore {
  const list = database.prepare('SELECT json FROM sources WHERE device = ? ORDER BY source, path, user')
  const size = database.prepare(
    'SELECT count(*) AS n, coalesce(sum(length(json)), 0) AS characters FROM sources WHERE device = ?',
  )
  const upsert = database.prepare(
    `INSERT INTO sources (device, source, path, user, state, json, observed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, json = excluded.json, observed_at = excluded.observed_at`,
  )
  const drop = database.prepare('DELETE FROM sources WHERE device = ?')
  const gaps = database.prepare('SELECT source, path, user, state FROM first_snapshot_gaps WHERE device = ?')
  const dropGaps = database.prepare('DELETE FROM first_snapshot_gaps WHERE device = ?')
  const putGap = database.prepare(
    'INSERT OR REPLACE INTO first_snapshot_gaps (device, source, path, user, state) VALUES (?, ?, ?, ?, ?)',
  )
  return {
    list: async (device) => (await list.all(device)).map((row) => jsonOf(row, 'json', sourceReader)),
    async size(device) {
      const row = (await size.get(device)) ?? {}
      return { count: numberOf(row, 'n'), characters: numberOf(row, 'characters') }
    },
    async put(device, report, at) {
      const { source, path = '', state } = report
      await upsert.run(device, source, path, userOf(report), state, JSON.stringify(report), at)
    },
    async drop(device) {
      await drop.run(device)
    },
    firstSnapshotGaps: async (device) => (await gaps.all(device)).map(gapOf),
    async putFirstSnapshotGaps(device, all) {
      await dropGaps.run(device)
      for (const gap of all) await putGap.run(device, gap.source, gap.path ?? '', userOf(gap), gap.state)
    },
  }
}

/** Empty for the whole machine. */
function userOf({ user }: Pick<ScannedSource, 'user'>): string {
  return user?.id ?? ''
}

function gapOf(row: Row): ScannedSource {
  const [path, user] = [textOf(row, 'path'), textOf(row, 'user')]
  return {
    source: textOf(row, 'source'),
    path: path === '' ? undefined : path,
    user: user === '' ? undefined : { id: user },
    state: wordOf(row, 'state', STATES),
  }
}
