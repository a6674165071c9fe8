import type { Database } from '../../system/sqlite/sqlite.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import { numberOf, textOf } from './columns.ts'

/** A step of `schema.ts`: batches that are kept, and that the register does not know all of yet. */
export const UNFINISHED_BATCHES = `
  CREATE TABLE unfinished_batches (
    device TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, sequence)
  ) STRICT, WITHOUT ROWID;
`

type UnfinishedStore = Pick<EvidenceStore, 'putUnfinished' | 'dropUnfinished' | 'unfinished'>

export function unfinishedStore(database: Database): UnfinishedStore {
  const put = database.prepare('INSERT OR IGNORE INTO unfinished_batches (device, epoch, sequence) VALUES (?, ?, ?)')
  const drop = database.prepare('DELETE FROM unfinished_batches WHERE device = ? AND epoch = ? AND sequence = ?')
  const all = database.prepare(
    'SELECT device, epoch, sequence FROM unfinished_batches ORDER BY device, epoch, sequence',
  )
  return {
    putUnfinished(device, { epoch, sequence }) {
      put.run(device, epoch, sequence)
    },
    dropUnfinished(device, { epoch, sequence }) {
      drop.run(device, epoch, sequence)
    },
    unfinished: () =>
      all.all().map((row) => ({
        device: textOf(row, 'device'),
        epoch: numberOf(row, 'epoch'),
        sequence: numberOf(row, 'sequence'),
      })),
  }
}
