import type { Database } from '../../../src/directory/sql/database.ts'
import { CommitConflict, SqliteDatabase } from '../../../src/directory/sql/sqlite-database.ts'
import type { Database as Connection } from '../../../src/system/sqlite/sqlite.ts'

/** Stands in for `src/directory/sql/sqlite.ts` with `COMMIT_CONFLICTS=1`: the first attempt to commit a transaction fails as a conflict. */
export function sqliteDatabase(connection: Connection): Database {
  return new SqliteDatabase(connection, (attempt) => {
    if (attempt === 1) throw new CommitConflict('the first attempt')
  })
}
