import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { systemClock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { DirectoryConfig } from '../../config/directory.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { administratorFile, readAdministratorFile, writeNewAdministrator } from '../principals/administrator-file.ts'
import { sqliteDatabase } from '../sql/sqlite.ts'
import { directoryStore } from '../store/directory-store.ts'
import { openStore } from '../store/open-store.ts'
import { addressOf } from './addresses.ts'
import { requireDataFolder, requireOwnFolder } from './data-folder.ts'

/** The actor in the audit: a user of this machine who can write to the data folder needs no token. */
const ACTOR = 'local'

/**
 * Revokes all administrator tokens and writes a new one to the data folder. It opens the database itself, so it works with
 * and without a running server.
 *
 * @returns the path of the administrator file.
 */
export async function resetAdministrator(config: DirectoryConfig): Promise<string> {
  const file = join(config.data, 'directory.sqlite')
  requireDatabase(file, config.data)
  requireOwnFolder(config.data)
  await requireDataFolder(config.data)
  const path = administratorFile(config.data)
  const before = await readAdministratorFile(path).catch(() => undefined)
  const ca = before?.ca ?? (await readCaCertificate(config.data))
  const url = before?.url ?? `https://${addressOf(config['api.host'], config['api.port'])}`
  using database = openStore(file)
  const random = (size: number) => new Uint8Array(randomBytes(size))
  const components = { store: directoryStore(sqliteDatabase(database)), clock: systemClock, random }
  await writeNewAdministrator(components, { path, url, ca, actor: ACTOR })
  return path
}

/** @throws `NOT_FOUND`, `NOT_PERMITTED`. */
export function requireDatabase(file: string, dataFolder: string): void {
  try {
    statSync(file)
  } catch (cause) {
    const errno = errnoOf(cause) ?? 'failed'
    throw errno === 'ENOENT' || errno === 'ENOTDIR'
      ? new SuretyError('NOT_FOUND', `there is no directory in ${dataFolder}: give --data FOLDER, or start it once`)
      : new SuretyError('NOT_PERMITTED', `cannot read ${dataFolder} (${errno}): run this as root or as its owner`)
  }
}

async function readCaCertificate(dataFolder: string): Promise<string> {
  const bytes = await readIfPresent(join(dataFolder, 'keys', 'ca.cert.pem'), { maxBytes: 16_384 })
  if (bytes === undefined) {
    throw new SuretyError('NOT_FOUND', 'the CA certificate is missing: start the directory once')
  }
  return fromUtf8(bytes)
}
