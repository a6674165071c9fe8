import { backup, DatabaseSync } from 'node:sqlite'
import { SuretyError } from '../../base/errors.ts'
import { ownRights } from '../files/this-system.ts'

/** Pages between two reports of progress: 8 MiB with SQLite's usual page. */
const PAGES_AT_ONCE = 2048

export interface OnlineCopyInit {
  /** Parts of 1, called between slices of the work. */
  readonly progress: (done: number) => void
  readonly signal: AbortSignal
}

/**
 * Copies a database that another process may be writing. The copy has the state of one moment: it is read in one transaction, so
 * writers neither wait nor make it begin again. Meanwhile the log of the database grows.
 *
 * @param to an empty file of the caller, which decides its mode.
 * @throws `STORE_FAILED`. What was copied until then is left to the caller.
 */
export async function copyDatabase(from: string, to: string, { progress, signal }: OnlineCopyInit): Promise<void> {
  const shown = JSON.stringify(from)
  try {
    using source = new DatabaseSync(ownRights().plainPath(from), { readOnly: true, timeout: 5_000 })
    // The transaction begins with its first read.
    source.exec('BEGIN; SELECT 1 FROM sqlite_schema')
    await backup(source, ownRights().plainPath(to), {
      rate: PAGES_AT_ONCE,
      progress({ totalPages, remainingPages }) {
        signal.throwIfAborted()
        progress(totalPages === 0 ? 1 : (totalPages - remainingPages) / totalPages)
      },
    })
    signal.throwIfAborted()
  } catch (cause) {
    signal.throwIfAborted()
    const why = Error.isError(cause) ? cause.message : String(cause)
    throw new SuretyError('STORE_FAILED', `cannot copy the database ${shown}: ${why}`, { cause })
  }
}
