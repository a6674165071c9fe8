import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/file-errors.ts'
import { type Database, openDatabase } from '../../system/sqlite.ts'
import { openSpool, type Spool, type SpoolComponents } from './spool.ts'
import type { SpoolBound } from './spool-rules.ts'

export interface SpoolFilesComponents extends Pick<SpoolComponents, 'onDropped'> {
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
  const { onDropped } = components
  return openSpool(
    {
      open: () => openExclusively(path),
      setAside() {
        const aside = `${path}.damaged-${components.clock.now()}`
        for (const suffix of ['', '-wal', '-shm']) moveIfPresent(`${path}${suffix}`, `${aside}${suffix}`)
        components.onSetAside?.(aside)
      },
      ...(onDropped === undefined ? {} : { onDropped }),
    },
    init,
  )
}

function openExclusively(path: string): Database {
  try {
    const database = openDatabase(path, { busyTimeoutMs: 2_000 })
    // Held by the kernel for as long as the process lives, so that kill -9 leaves no stale lock.
    database.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT')
    return database
  } catch (cause) {
    if (codeOf(cause) === 'STORE_FAILED' && String(cause).includes('locked')) {
      throw new SuretyError('STORE_FAILED', `another daemon has ${JSON.stringify(path)} open`, { cause })
    }
    throw cause
  }
}

function moveIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT')
      throw new SuretyError('STORE_FAILED', `cannot put ${JSON.stringify(from)} aside`, { cause })
  }
}
