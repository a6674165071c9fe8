import { numberOf, textOf } from '../../sql/columns.ts'
import type { Database } from '../../sql/database.ts'
import type { UnfinishedStore } from '../evidence-store.ts'

export function unfinishedStore(database: Database): UnfinishedStore {
  const all = database.prepare(
    'SELECT device, epoch, sequence FROM unfinished_batches ORDER BY device, epoch, sequence',
  )
  const put = database.prepare('INSERT OR IGNORE INTO unfinished_batches (device, epoch, sequence) VALUES (?, ?, ?)')
  const drop = database.prepare('DELETE FROM unfinished_batches WHERE device = ? AND epoch = ? AND sequence = ?')
  return {
    list: async () =>
      (await all.all()).map((row) => ({
        device: textOf(row, 'device'),
        epoch: numberOf(row, 'epoch'),
        sequence: numberOf(row, 'sequence'),
      })),
    async put(device, { epoch, sequence }) {
      await put.run(device, epoch, sequence)
    },
    async drop(device, { epoch, sequence }) {
      await drop.run(device, epoch, sequence)
    },
  }
}
