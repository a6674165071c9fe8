import { SuretyError } from '../../base/errors.ts'
import { type Database, openDatabase } from '../../system/sqlite.ts'
import { MIGRATIONS } from './schema.ts'

/**
 * Opens the directory's database and brings its tables up to date, each step in a transaction of its own.
 *
 * @throws `STORE_CORRUPT` when a newer program wrote it, and as `openDatabase`.
 */
export function openStore(path: string): Database {
  const database = openDatabase(path)
  try {
    migrate(database)
    // Pages that are written again soon need not go to their place in between. 16 MiB of log at most, when quiet.
    database.exec('PRAGMA wal_autocheckpoint=4096')
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function migrate(database: Database): void {
  for (;;) {
    const done = database.transaction(() => {
      const at = versionOf(database)
      if (at > MIGRATIONS.length) {
        throw new SuretyError(
          'STORE_CORRUPT',
          `the database has version ${at}, this program knows ${MIGRATIONS.length}`,
        )
      }
      const step = MIGRATIONS[at]
      if (step === undefined) return true
      database.exec(step)
      database.exec(`PRAGMA user_version=${at + 1}`)
      return false
    })
    if (done) return
  }
}

function versionOf(database: Database): number {
  const version = database.prepare('PRAGMA user_version').get()?.user_version
  if (typeof version !== 'number') throw new SuretyError('STORE_CORRUPT', 'the database has no version')
  return version
}
