import { codeOf, SuretyError } from '../../base/errors.ts'
import type { FileReader } from '../../system/files/files.ts'
import type { Row } from '../../system/sqlite/sqlite.ts'
import { readDatabaseAt, readDatabaseCopy } from '../../system/sqlite/sqlite-copy.ts'
import { isSameLog, LOG_HEADER_BYTES, withLog } from '../../system/sqlite/write-ahead-log.ts'
import type { Folders } from './folders.ts'

/** SQLite databases of programs that may have them open, with what still lies in their write-ahead logs. */
export interface Databases {
  /**
   * @param wholeUpTo reads all of it; else, where there is no log, only the pages that `sql` needs. In bytes.
   * @throws as `FileReader.read`, `readDatabaseCopy`. That a log was not read is told, and no reason to throw.
   */
  ask(path: string, sql: string, options?: { readonly wholeUpTo?: number }): Promise<readonly Row[]>
}

export interface DatabasesComponents {
  readonly folders: Folders
  readonly files: Pick<FileReader, 'read' | 'stat' | 'withRegular'>
  readonly onFault: (path: string, error: unknown) => void
}

/** One database with its log, and all of them in one look. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_ALL_BYTES = 256 * 1024 * 1024
const ATTEMPTS = 3

export function openDatabases(components: DatabasesComponents): Databases {
  const { folders, files, onFault } = components
  let left = MAX_ALL_BYTES
  const readLogged = async (path: string): Promise<Uint8Array | undefined> => {
    const log = `${path}-wal`
    const kind = await folders.kindOf(log)
    if (kind === undefined || kind === 'unknown') return undefined
    try {
      const [database, found] = [await files.stat(path), await files.stat(log)]
      // A link and the like is refused when it is read.
      if (database === undefined || found === undefined) return undefined
      if (found.kind === 'file' && found.sizeBytes <= LOG_HEADER_BYTES) return undefined
      const bytes = database.sizeBytes + found.sizeBytes
      if (bytes > Math.min(MAX_BYTES, left)) {
        throw new SuretyError('FILE_TOO_LARGE', `this log and its database have ${bytes} bytes: the log was not read`)
      }
      left -= bytes
      return await readTogether(files, path, log)
    } catch (error) {
      if (codeOf(error) !== 'FILE_ABSENT') onFault(log, error)
      return undefined
    }
  }
  return {
    async ask(path, sql, { wholeUpTo } = {}) {
      const logged = await readLogged(path)
      if (logged !== undefined) return readDatabaseCopy(logged, sql)
      if (wholeUpTo === undefined) return await files.withRegular(path, (open) => readDatabaseAt(open, sql))
      return readDatabaseCopy(await files.read(path, { maxBytes: wholeUpTo }), sql)
    },
  }
}

/**
 * The log after the database: what was moved from the one into the other meanwhile is in both. Unless the log was begun
 * again between, which its head tells: then what was moved may be in neither of what we have.
 */
async function readTogether(files: Pick<FileReader, 'read'>, path: string, log: string): Promise<Uint8Array> {
  const options = { maxBytes: MAX_BYTES }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = (await files.read(log, options)).slice(0, LOG_HEADER_BYTES)
    const database = await files.read(path, options)
    const after = await files.read(log, options)
    if (isSameLog(head, after)) return withLog(database, after)
  }
  throw new SuretyError('FILE_UNREADABLE', 'this log is restarted all the time: it was not read')
}
