import { constants, DatabaseSync } from 'node:sqlite'
import { SuretyError } from '../../base/errors.ts'
import type { Row } from './sqlite.ts'

const HEADER = 'SQLite format 3\0'
/** Bytes 18 and 19 of the header: 1 is a rollback journal, 2 a write-ahead log. A copy in memory has no log. */
const WRITE_VERSION = 18
const MAX_ROWS = 10_000
/** Of all rows together: we read what people remember, and no more than that. */
const MAX_VALUES_BYTES = 16 * 1024 * 1024
/** Views, virtual tables and triggers have no page of their own; generated columns are hidden. */
const COMPUTES = [
  'SELECT 1 FROM sqlite_schema WHERE rootpage = 0',
  'SELECT 1 FROM sqlite_schema AS entry, pragma_table_xinfo(entry.name) AS part WHERE part.hidden <> 0',
] as const

/**
 * Queries a copy in memory of another program's database, which that program may have open. What its write-ahead log still
 * holds is seen where `withLog` has put it in. Nothing is written, no function runs, and a file with views, virtual tables or
 * generated columns is refused: a query through them could run for ever.
 *
 * @param bytes the whole file.
 * @param sql one SELECT.
 * @throws `INPUT_MALFORMED`: no database, a damaged one, or one without what `sql` asks for; `INPUT_TOO_LARGE`.
 */
export function readDatabaseCopy(bytes: Uint8Array, sql: string): readonly Row[] {
  if (new TextDecoder('latin1').decode(bytes.subarray(0, HEADER.length)) !== HEADER) {
    throw new SuretyError('INPUT_MALFORMED', 'not an SQLite database')
  }
  const copy = Uint8Array.from(bytes)
  copy.fill(1, WRITE_VERSION, WRITE_VERSION + 2)
  return askForeign(
    () => new DatabaseSync(':memory:'),
    sql,
    (database) => database.deserialize(copy),
  )
}

/** No text of a row is longer than that, or the row is refused. */
const MAX_VALUE_BYTES = 64 * 1024

/**
 * As `readDatabaseCopy`, where the file lies: of a large one only the pages that `sql` needs are read. No lock is taken, no
 * log is looked for and nothing is made beside it. A program that writes meanwhile may make it look damaged.
 *
 * @param path of a regular file that cannot be replaced meanwhile, such as `FileReader.withRegular` hands over.
 */
export function readDatabaseAt(path: string, sql: string): readonly Row[] {
  const open = () =>
    new DatabaseSync(`file:${inUri(path)}?mode=ro&immutable=1`, { readOnly: true, limits: { length: MAX_VALUE_BYTES } })
  return askForeign(open, sql)
}

/** Paths of Windows may begin with `\\\\?\\`. */
function inUri(path: string): string {
  return path.replace(/[%?#]/g, encodeURIComponent)
}

function askForeign(
  open: () => DatabaseSync,
  sql: string,
  prepare: (database: DatabaseSync) => void = () => undefined,
): readonly Row[] {
  let database: DatabaseSync | undefined
  try {
    database = open()
    prepare(database)
    database.exec('PRAGMA trusted_schema=OFF; PRAGMA query_only=ON; PRAGMA cell_size_check=ON')
    const asked = database
    if (COMPUTES.some((query) => asked.prepare(query).get() !== undefined)) throw new Error('it computes')
    database.setAuthorizer(onlySelect)
    const rows: Row[] = []
    let left = MAX_VALUES_BYTES
    for (const row of database.prepare(sql).iterate()) {
      left -= sizeOf(row)
      if (left < 0)
        throw new SuretyError('INPUT_TOO_LARGE', `more than ${MAX_VALUES_BYTES} bytes of what was asked for`)
      if (rows.push(row) === MAX_ROWS) break
    }
    return rows
  } catch (error) {
    if (error instanceof SuretyError) throw error
    // SQLite's message may quote what is in the file.
    throw new SuretyError('INPUT_MALFORMED', 'an SQLite database that cannot be read')
  } finally {
    database?.close()
  }
}

function sizeOf(row: Row): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8),
    0,
  )
}

function onlySelect(action: number): number {
  const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ } = constants
  return action === SQLITE_SELECT || action === SQLITE_READ ? SQLITE_OK : SQLITE_DENY
}
