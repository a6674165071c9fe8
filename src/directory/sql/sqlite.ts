import type { Database as Connection } from '../../system/sqlite/sqlite.ts'
import type { Database } from './database.ts'

/** The database of a directory that is one process on one file. */
export function sqliteDatabase(connection: Connection): Database {
  connection.exec(
    `PRAGMA temp_store = MEMORY;
     CREATE TEMP TABLE IF NOT EXISTS connected_devices (device TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,
  )
  return connection
}
