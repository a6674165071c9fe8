import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { setAside } from '../../system/files/own/quarantine.ts'
import { type Database, isLocked, openDatabase } from '../../system/sqlite/sqlite.ts'
import { openChainWatermark } from './chain-watermark.ts'
import type { Spool, SpoolComponents } from './spool.ts'
import type { SpoolBound } from './spool-rules.ts'
import { openSpool } from './sqlite-spool.ts'

export interface SpoolFilesComponents
  extends Pick<SpoolComponents, 'onDropped' | 'onFailed' | 'onAcknowledgementDamaged'> {
  readonly clock: Clock
  /** The file was damaged and has been set aside. The chain continues from the directory's position. */
  readonly onSetAside?: (path: string) => void
}

export interface SpoolFilesInit extends SpoolBound {
  readonly stateFolder: string
}

/**
 * Opens `spool.db` in the state folder for this process alone. A second daemon on it would fork the chain.
 *
 * @throws `STORE_FAILED`, also when another daemon has it open.
 */
export function openSpoolFiles(components: SpoolFilesComponents, init: SpoolFilesInit): Spool {
  const path = join(init.stateFolder, 'spool.db')
  const { clock, onSetAside, ...events } = components
  return openSpool(
    {
      ...events,
      open: () => openExclusively(path),
      setAside() {
        const aside = setAside(path, { now: clock.now(), companions: ['-wal', '-shm'] })
        onSetAside?.(aside)
      },
      watermark: openChainWatermark(`${path}-witness`),
    },
    init,
  )
}

/** Each batch is written once and read once, so that SQLite's default cache of 2 MiB would fill up without any use. */
const CACHE_KIB = 256

function openExclusively(path: string): Database {
  let database: Database | undefined
  try {
    database = openDatabase(path, { busyTimeoutMs: 2_000, cacheKib: CACHE_KIB })
    // The kernel holds this lock for as long as the process lives, so that kill -9 leaves no stale lock.
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
