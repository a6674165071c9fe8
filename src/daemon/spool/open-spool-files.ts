import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { setAside } from '../../system/files/quarantine.ts'
import { type Database, isLocked, openDatabase } from '../../system/sqlite/sqlite.ts'
import { chainWitness } from './chain-witness.ts'
import type { Spool, SpoolComponents } from './spool.ts'
import type { SpoolBound } from './spool-rules.ts'
import { openSpool } from './sqlite-spool.ts'

export interface SpoolFilesComponents extends Pick<SpoolComponents, 'onDropped' | 'onFailed' | 'onReceiptDamaged'> {
  readonly clock: Clock
  /** The file was damaged and lies aside: the chain goes on where the directory has it. */
  readonly onSetAside?: (path: string) => void
}

export interface SpoolFilesInit extends SpoolBound {
  readonly stateFolder: string
}

/**
 * Opens `spool.db` in the state folder for this process alone: a second daemon there would fork the chain.
 *
 * @throws `STORE_FAILED`, also when another daemon has it open.
 */
export function openSpoolFiles(components: SpoolFilesComponents, init: SpoolFilesInit): Spool {
  const path = join(init.stateFolder, 'spool.db')
  const { clock, onSetAside, ...told } = components
  return openSpool(
    {
      ...told,
      open: () => openExclusively(path),
      setAside() {
        const aside = setAside(path, { now: clock.now(), companions: ['-wal', '-shm'] })
        onSetAside?.(aside)
      },
      witness: chainWitness(`${path}-witness`),
    },
    init,
  )
}

/** Batches are written once and read once: SQLite's own two megabytes fill up in days and are of no use. */
const CACHE_KIB = 256

function openExclusively(path: string): Database {
  let database: Database | undefined
  try {
    database = openDatabase(path, { busyTimeoutMs: 2_000, cacheKib: CACHE_KIB })
    // Held by the kernel for as long as the process lives, so that kill -9 leaves no stale lock.
    database.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT')
    return database
  } catch (cause) {
    database?.close()
    if (!isLocked(cause)) throw cause
    throw new SuretyError('STORE_FAILED', `another process, maybe another daemon, has ${JSON.stringify(path)} open`, {
      cause,
    })
  }
}
