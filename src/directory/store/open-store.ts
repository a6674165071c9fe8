import { SuretyError } from '../../base/errors.ts'
import { isMadeBy } from '../../system/sqlite/schema.ts'
import { type Database, inTransaction, openDatabase } from '../../system/sqlite/sqlite.ts'
import { CHECKED_BYTES, type DatabaseWatermark, databaseWatermark, sizeOf } from './database-watermark.ts'
import { failStop } from './fail-stop.ts'
import { MIGRATIONS } from './migrations/migrations.ts'

export interface OpenStoreInit {
  /** Called when the database must not be used any more, see `failStop`. */
  readonly onFailure?: (error: SuretyError) => void
}

/**
 * Opens the directory's database and applies migrations, each in a transaction of its own.
 *
 * @throws `STORE_CORRUPT` if it is damaged, has lost commits, or is of a newer program; and as `openDatabase`.
 */
export function openStore(path: string, init: OpenStoreInit = {}): Database {
  if (path === ':memory:') return openWith(undefined, path, init)
  const watermark = databaseWatermark(path)
  try {
    return openWith(watermark, path, init)
  } catch (error) {
    watermark[Symbol.dispose]()
    throw error
  }
}

function openWith(watermark: DatabaseWatermark | undefined, path: string, { onFailure }: OpenStoreInit): Database {
  const isWhole = watermark?.compareFile() ?? true
  let failed = false
  // Pages that change often are copied to their place less often. The log then has up to 16 MiB while idle.
  const database = failStop(openDatabase(path, { checkpointPages: 4096 }), (error) => {
    failed = true
    onFailure?.(error)
  })
  try {
    if (!isWhole) requireWhole(path, database)
    watermark?.begin(commitsIn(database))
    migrate(database)
  } catch (error) {
    database.close()
    throw error
  }
  const close = () => {
    database.close()
    if (!failed) watermark?.seal()
    watermark?.[Symbol.dispose]()
  }
  return { ...counted(database, watermark), close, [Symbol.dispose]: close }
}

/** True if devices, principals or enrolment strings depend on the directory's present keys. */
export function isInUse(database: Database): boolean {
  const rows = ['devices', 'principals', 'tokens'].map((table) => `EXISTS (SELECT 1 FROM ${table})`)
  return Number(database.prepare(`SELECT ${rows.join(' OR ')} AS in_use`).get()?.in_use) === 1
}

function commitsIn(database: Database): number {
  return versionOf(database) === 0 ? 0 : Number(database.prepare('SELECT commits FROM watermark').get()?.commits)
}

/**
 * After an unclean end, damage must show at the start and not when a device first needs the damaged page.
 *
 * @throws `STORE_CORRUPT`.
 */
export function requireWhole(path: string, database: Database): void {
  const answer = sizeOf(path) <= CHECKED_BYTES ? database.prepare('PRAGMA quick_check(1)').get()?.quick_check : 'ok'
  if (answer !== 'ok') throw damaged(path, String(answer).slice(0, 200))
  const version = versionOf(database)
  if (version > MIGRATIONS.length) throw tooNew(version)
  if (!isMadeBy(MIGRATIONS.slice(0, version), database)) throw damaged(path, 'its tables were changed')
}

function damaged(path: string, how: string): SuretyError {
  const message = `the database ${JSON.stringify(path)} is damaged: restore it from a backup (${how})`
  return new SuretyError('STORE_CORRUPT', message)
}

function tooNew(version: number): SuretyError {
  return new SuretyError(
    'STORE_CORRUPT',
    `the database has version ${version}, but this program supports only ${MIGRATIONS.length}`,
  )
}

/** Counts transactions in the database, and in the watermark beside it. */
function counted(database: Database, watermark: DatabaseWatermark | undefined): Database {
  const count = database.prepare('UPDATE watermark SET commits = commits + 1 RETURNING commits')
  let depth = 0
  const begin = () => {
    const transaction = database.begin()
    const own = depth++
    return {
      commit() {
        const commits = own === 0 ? Number(count.get()?.commits) : undefined
        transaction.commit()
        depth = own
        if (commits !== undefined) watermark?.committed(commits)
      },
      rollback() {
        depth = own
        transaction.rollback()
      },
    }
  }
  return { ...database, begin, transaction: (work) => inTransaction(begin, work) }
}

function migrate(database: Database): void {
  for (;;) {
    const done = database.transaction(() => {
      const version = versionOf(database)
      if (version > MIGRATIONS.length) throw tooNew(version)
      const step = MIGRATIONS[version]
      if (step === undefined) return true
      database.exec(step)
      database.exec(`PRAGMA user_version=${version + 1}`)
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
