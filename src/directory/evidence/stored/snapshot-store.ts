import { numberOf, textOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'
import type { SnapshotStore } from '../evidence-store.ts'

export function snapshotStore(database: Database): SnapshotStore {
  const forgetOthers = database.prepare('DELETE FROM snapshot_parts WHERE device = ? AND snapshot <> ?')
  const insert = database.prepare('INSERT OR IGNORE INTO snapshot_parts (device, snapshot, part) VALUES (?, ?, ?)')
  const count = database.prepare('SELECT count(*) AS n FROM snapshot_parts WHERE device = ? AND snapshot = ?')
  const open = database.prepare('SELECT snapshot FROM snapshot_parts WHERE device = ? LIMIT 1')
  const close = database.prepare('DELETE FROM snapshot_parts WHERE device = ?')
  const first = database.prepare('SELECT 1 FROM devices WHERE id = ? AND first_snapshot_at IS NOT NULL')
  const markFirst = database.prepare(
    'UPDATE devices SET first_snapshot_at = ?2 WHERE id = ?1 AND first_snapshot_at IS NULL',
  )
  return {
    async putPart(device, snapshot, part) {
      await forgetOthers.run(device, snapshot)
      await insert.run(device, snapshot, part)
      return numberOf((await count.get(device, snapshot)) ?? {}, 'n')
    },
    async open(device) {
      const row = await open.get(device)
      return row && textOf(row, 'snapshot')
    },
    async close(device) {
      await close.run(device)
    },
    isFirstComplete: async (device) => (await first.get(device)) !== undefined,
    async markFirstComplete(device, at) {
      await markFirst.run(device, at)
    },
  }
}
