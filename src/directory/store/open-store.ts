import { SuretyError } from '../../base/errors.ts'
import { isMadeBy } from '../../system/sqlite/schema.ts'
import { type Database, openDatabase } from '../../system/sqlite/sqlite.ts'
import { failStop } from './fail-stop.ts'
import { CHECKED_BYTES, type RegisterWitness, registerWitness, sizeOf } from './register-witness.ts'
import { MIGRATIONS } from './schema.ts'

/** The version from which on a register counts its commits. */
const TALLIED_FROM = 4

export interface OpenStoreInit {
  /** The database is done with: see `failStop`. */
  readonly onFailure?: (error: SuretyError) => void
}

/**
 * Opens the directory's database and brings its tables up to date, each step in a transaction of its own.
 *
 * @throws `STORE_CORRUPT` when it is damaged, has lost what it held, or a newer program wrote it; and as `openDatabase`.
 */
export function openStore(path: string, init: OpenStoreInit = {}): Database {
  if (path === ':memory:') return opened(path, undefined, init)
  const witness = registerWitness(path)
  try {
    return opened(path, witness, init)
  } catch (error) {
    witness[Symbol.dispose]()
    throw error
  }
}

function opened(path: string, witness: RegisterWitness | undefined, { onFailure }: OpenStoreInit): Database {
  const known = witness?.compareFile() ?? true
  let failed = false
  // Pages that are written again soon need not go to their place in between. 16 MiB of log at most, when quiet.
  const database = failStop(openDatabase(path, { checkpointPages: 4096 }), (error) => {
    failed = true
    onFailure?.(error)
  })
  try {
    if (!known) check(path, database)
    witness?.begin(commitsIn(database))
    migrate(database)
  } catch (error) {
    database.close()
    throw error
  }
  const close = () => {
    database.close()
    if (!failed) witness?.seal()
    witness?.[Symbol.dispose]()
  }
  return { ...counted(database, witness), close, [Symbol.dispose]: close }
}

/** Does the register know anyone by the directory's keys: a device, an administrator, or the holder of a token? */
export function isInUse(database: Database): boolean {
  const known = ['devices', 'administrators', 'tokens'].map((table) => `EXISTS (SELECT 1 FROM ${table})`)
  return Number(database.prepare(`SELECT ${known.join(' OR ')} AS known`).get()?.known) === 1
}

/** Of a new register, none. */
function commitsIn(database: Database): number {
  return versionOf(database) < TALLIED_FROM ? 0 : Number(database.prepare('SELECT commits FROM tally').get()?.commits)
}

/** After an end that was not clean, damage shows here and not when a device first asks for what lies there. */
function check(path: string, database: Database): void {
  const said = sizeOf(path) <= CHECKED_BYTES ? database.prepare('PRAGMA quick_check(1)').get()?.quick_check : 'ok'
  if (said !== 'ok') throw damaged(path, String(said).slice(0, 200))
  const version = versionOf(database)
  if (version > MIGRATIONS.length) throw tooNew(version)
  if (!isMadeBy(MIGRATIONS.slice(0, version), database)) throw damaged(path, 'its tables are not as they were made')
}

function damaged(path: string, how: string): SuretyError {
  const message = `the register ${JSON.stringify(path)} is damaged: restore it from a backup (${how})`
  return new SuretyError('STORE_CORRUPT', message)
}

function tooNew(version: number): SuretyError {
  return new SuretyError(
    'STORE_CORRUPT',
    `the database has version ${version}, this program knows ${MIGRATIONS.length}`,
  )
}

/** Counts each transaction in the register itself, and has the witness know. */
function counted(database: Database, witness: RegisterWitness | undefined): Database {
  const count = database.prepare('UPDATE tally SET commits = commits + 1 RETURNING commits')
  let depth = 0
  return {
    ...database,
    transaction(work) {
      if (depth > 0) return database.transaction(work)
      let commits = 0
      depth++
      try {
        const result = database.transaction(() => {
          const done = work()
          commits = Number(count.get()?.commits)
          return done
        })
        witness?.committed(commits)
        return result
      } finally {
        depth--
      }
    },
  }
}

function migrate(database: Database): void {
  for (;;) {
    const done = database.transaction(() => {
      const at = versionOf(database)
      if (at > MIGRATIONS.length) throw tooNew(at)
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
