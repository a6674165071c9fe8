import { printableJson } from '../../../base/text/printable.ts'
import { VERSION } from '../../../base/version.ts'
import type { EntryView } from '../../../protocol/nouns/directory/record.ts'
import { ENTRY_CELLS, entriesEnd } from '../../../view/events/entry-cells.ts'
import { ask } from '../../data/api.ts'
import { csvOf } from '../../list/list-export.tsx'
import type { ListFile } from '../../list/list-spec.ts'
import type { RecordLog } from './use-verified.ts'

/** Entries as `surety-directory audit export` writes them, with the checkpoint that covers them at the end. */
export const ENTRY_FILES: readonly ListFile<EntryView>[] = [
  {
    label: 'OCSF',
    extension: 'ocsf.jsonl',
    type: 'application/jsonl',
    async textOf(items) {
      const { covered, origin, end } = await coveredOf(items)
      // Few people export.
      const { exportEnd, ocsfEvent } = await import('../../../ocsf/event.ts')
      const source = { version: VERSION, origin }
      const events = [...covered.map((entry) => ocsfEvent(entry, source)), exportEnd(end, source)]
      return events.map((event) => `${printableJson(event)}\n`).join('')
    },
  },
  {
    label: 'CSV',
    extension: 'csv',
    type: 'text/csv',
    async textOf(items) {
      const { covered, end } = await coveredOf(items)
      const columns = Object.entries(ENTRY_CELLS).map(([heading, value]) => ({ heading, value, cell: value }))
      return csvOf(columns, [...covered, entriesEnd(end)])
    },
  },
]

/** The log is asked after the entries, so that its checkpoint covers each that has an index. */
async function coveredOf(items: readonly EntryView[]) {
  const { origin, size, checkpoint = '' } = await ask<RecordLog>('GET', '/entries/log')
  const covered = items.filter(({ index = size }) => index < size)
  return { covered, origin, end: { time: Date.now(), entries: covered.length, checkpoint } }
}
