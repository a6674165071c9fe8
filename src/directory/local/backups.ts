import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import type { DirectoryConfig } from '../../config/directory.ts'
import { copyDatabase } from '../../system/sqlite/online-copy.ts'
import { openDatabase } from '../../system/sqlite/sqlite.ts'
import { type BackupMark, createBackup } from '../backups/create-backup.ts'
import { openBackup, restoreBackup, verifyBackup } from '../backups/restore-backup.ts'
import { progressOf, putBackupMark } from '../backups/restore-store.ts'
import { sqliteDatabase } from '../sql/sqlite.ts'
import { announceDatabase } from '../store/database-watermark.ts'
import { requireWhole } from '../store/open-store.ts'
import { serveAlone } from '../store/serve-alone.ts'
import { anchorsFolder } from './anchors.ts'
import { prepareDataFolder, requireDataFolder, requireOwnFolder } from './data-folder.ts'
import { readPassphrase } from './passphrase-file.ts'
import { requireDatabase } from './reset-administrator.ts'

/** Backups of a configured directory, for commands on its own machine. They work with and without a running server. */

export interface BackupOptions {
  readonly passphraseFile?: string | undefined
  readonly progress: (done: number) => void
  readonly signal: AbortSignal
}

export const backups = {
  async create(config: DirectoryConfig, to: string, { passphraseFile, ...options }: BackupOptions) {
    const file = join(config.data, 'directory.sqlite')
    requireDatabase(file, config.data)
    requireOwnFolder(config.data)
    await requireDataFolder(config.data)
    const passphrase = passphraseFile && (await readPassphrase(passphraseFile))
    return await createBackup(
      {
        clock: systemClock,
        random: (size) => new Uint8Array(randomBytes(size)),
        copyDatabase: (copy, mark, shown) => copyAndMark({ file, copy, mark }, shown),
      },
      { dataFolder: config.data, anchorsFolder: anchorsFolder(config), to, passphrase, ...options },
    )
  },
  async verify(folder: string, { passphraseFile, ...options }: BackupOptions) {
    const backup = await openBackup(folder)
    await verifyBackup(backup, { ...options, passphrase: passphraseFile && (await readPassphrase(passphraseFile)) })
    return backup
  },
  async restore(config: DirectoryConfig, from: string, { passphraseFile, ...options }: BackupOptions) {
    requireOwnFolder(config.data)
    const backup = await openBackup(from)
    const passphrase = passphraseFile && (await readPassphrase(passphraseFile))
    await restoreBackup(
      {
        prepareFolder: prepareDataFolder,
        lock: (path) => serveAlone(path, { pid: process.pid, host: hostname(), since: systemClock.now() }),
        announce: announceDatabase,
      },
      backup,
      { ...options, dataFolder: config.data, passphrase },
    )
    return backup
  },
}

/** Damage must not go into a backup that replaces a good one. */
async function copyAndMark(
  { file, copy, mark }: { readonly file: string; readonly copy: string; readonly mark: BackupMark },
  options: { readonly progress: (done: number) => void; readonly signal: AbortSignal },
) {
  await copyDatabase(file, copy, options)
  const reached = await markCopy(copy, { file, mark })
  await using synced = await open(copy, 'r+')
  await synced.sync()
  return reached
}

async function markCopy(copy: string, { file, mark }: { readonly file: string; readonly mark: BackupMark }) {
  using connection = openDatabase(copy)
  requireWhole(file, connection)
  const database = sqliteDatabase(connection)
  await putBackupMark(database, mark)
  return await progressOf(database)
}
