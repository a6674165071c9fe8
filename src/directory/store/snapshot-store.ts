import type { SnapshotStore } from '../evidence/evidence-store.ts'
import { numberOf, textOf } from '../sql/columns.ts'
import type { Database } from '../sql/database.ts'

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
    putPart(device, snapshot, part) {
      forgetOthers.run(device, snapshot)
      insert.run(device, snapshot, part)
      return numberOf(count.get(device, snapshot) ?? {}, 'n')
    },
    open(device) {
      const row = open.get(device)
      return row && textOf(row, 'snapshot')
    },
    close(device) {
      close.run(device)
    },
    isFirstComplete: (device) => first.get(device) !== undefined,
    markFirstComplete(device, at) {
      markFirst.run(device, at)
    },
  }
}
