import type { Database as Connection } from '../../system/sqlite/sqlite.ts'
import type { Database } from './database.ts'
import { SqliteDatabase } from './sqlite-database.ts'

/** The database of a directory that is one process on one file. */
export function sqliteDatabase(connection: Connection): Database {
  return new SqliteDatabase(connection)
}
