import { lstatSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { syncFolder } from '../../system/files/own/durable-folder.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { type Bytes, hashOf, readChunks, writeChunks } from './backup-files.ts'
import { DATABASE_FILE, MANIFEST_FILE, type Manifest, manifestReader } from './manifest.ts'
import { decrypted, keysOf } from './sealed-file.ts'

export interface OpenedBackup {
  readonly folder: string
  readonly manifest: Manifest
}

const MANIFEST_MAX_BYTES = 4 * 1024 * 1024

/** @throws `NOT_FOUND`, `FILE_*`, `INPUT_MALFORMED` for a folder that is no complete backup. */
export async function openBackup(folder: string): Promise<OpenedBackup> {
  const bytes = await readIfPresent(join(folder, MANIFEST_FILE), { maxBytes: MANIFEST_MAX_BYTES })
  if (bytes === undefined) {
    throw new SuretyError('NOT_FOUND', `there is no backup in ${JSON.stringify(folder)}: it has no ${MANIFEST_FILE}`)
  }
  const manifest = manifestReader.readJson(new TextDecoder().decode(bytes))
  const paths = new Set(manifest.files.map(({ path }) => path))
  if (paths.size !== manifest.files.length || !paths.has(DATABASE_FILE)) {
    throw new SuretyError('INPUT_MALFORMED', 'the manifest of the backup names no database, or a file twice')
  }
  return { folder, manifest }
}

interface Reading {
  readonly passphrase?: string | undefined
  readonly progress: (done: number) => void
  readonly signal: AbortSignal
}

/**
 * Compares each file with the manifest. With a passphrase it also decrypts all of them.
 *
 * @throws `STORE_CORRUPT` if one is missing or was changed, `SIGNATURE_INVALID` for another passphrase.
 */
export async function verifyBackup({ folder, manifest }: OpenedBackup, reading: Reading): Promise<void> {
  const { progress, signal } = reading
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 1)
  let done = 0
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = await hashOf(join(folder, path), signal).catch((cause: unknown) => {
      throw new SuretyError('STORE_CORRUPT', `the backup is damaged: ${path} cannot be read`, { cause })
    })
    if (found.bytes !== bytes || found.sha256 !== sha256) {
      throw new SuretyError('STORE_CORRUPT', `the backup is damaged: ${path} is not what was written`)
    }
    done += bytes
    progress(done / total)
  }
  if (manifest.encryption === undefined || reading.passphrase === undefined) return
  const open = await openerOf(manifest, reading.passphrase)
  for (const { path } of manifest.files) {
    for await (const _ of open(path, readChunks(join(folder, path)))) signal.throwIfAborted()
  }
}

/** @throws `USAGE_INVALID` if the passphrase is missing. */
async function openerOf({ encryption }: Manifest, passphrase: string | undefined) {
  if (encryption === undefined) return (_: string, bytes: Bytes) => bytes
  if (passphrase === undefined) {
    throw new SuretyError('USAGE_INVALID', 'the backup is encrypted: give --passphrase-file FILE')
  }
  const keyOf = await keysOf(passphrase, encryption)
  return (path: string, bytes: Bytes) => decrypted(keyOf(path), bytes)
}

export interface RestoreBackupComponents {
  /** Makes the folder, mode 0700. @throws `STORE_FAILED`. */
  readonly prepareFolder: (path: string) => Promise<unknown>
  /** Keeps a directory from starting there. @throws `CONFLICT`. */
  readonly lock: (path: string) => Disposable
  /** From then on a directory refuses to start without the database, and with `file` without that very one. */
  readonly announce: (
    database: string,
    content: { readonly commits: number; readonly file?: { readonly sizeBytes: number; readonly sha256: string } },
  ) => void
}

/** Files that the lock makes. */
const LOCK = /^serving\.sqlite(-wal|-shm|-journal)?$/

/**
 * Restores a backup into a folder that is empty or missing. The database is the last file: a directory refuses to start on what an
 * interrupted restore leaves, by the watermark that is written first.
 *
 * @throws `CONFLICT` if the folder is not empty or in use; as `verifyBackup`; `STORE_FAILED`.
 */
export async function restoreBackup(
  components: RestoreBackupComponents,
  backup: OpenedBackup,
  { dataFolder, ...reading }: Reading & { readonly dataFolder: string },
): Promise<void> {
  const { folder, manifest } = backup
  await requireEmpty(dataFolder)
  // Before anything is written.
  const open = await openerOf(manifest, reading.passphrase)
  await verifyBackup(backup, reading)
  await components.prepareFolder(dataFolder)
  using _lock = components.lock(dataFolder)
  await requireEmpty(dataFolder)
  const { signal } = reading
  const { commits } = manifest
  const database = join(dataFolder, DATABASE_FILE)
  const copy = (path: string, to: string) =>
    writeChunks(join(dataFolder, to), open(path, readChunks(join(folder, path))), signal)
  const others = manifest.files.filter(({ path }) => path !== DATABASE_FILE)
  const folders = new Set(others.flatMap(({ path }) => foldersOf(path)))
  try {
    const temporary = `.${DATABASE_FILE}.restoring`
    components.announce(database, { commits })
    const { bytes, sha256 } = await copy(DATABASE_FILE, temporary)
    components.announce(database, { commits, file: { sizeBytes: bytes, sha256 } })
    for (const below of folders) {
      await ownRights().makeFolder(join(dataFolder, below), { mode: 0o700, recursive: false })
    }
    for (const { path } of others) await copy(path, path)
    for (const below of folders) await syncFolder(join(dataFolder, below))
    await syncFolder(dataFolder)
    await ownRights().rename(join(dataFolder, temporary), database)
    await syncFolder(dataFolder)
  } catch (error) {
    await removeRestored(dataFolder)
    if (error instanceof SuretyError || signal.aborted) throw error
    const why = errnoOf(error) ?? 'failed'
    throw new SuretyError('STORE_FAILED', `cannot restore into ${JSON.stringify(dataFolder)}: ${why}`, { cause: error })
  }
}

/** The watermark last: without it a directory would begin again between what is left. */
async function removeRestored(dataFolder: string): Promise<void> {
  const names = (await readdir(dataFolder)).filter((name) => !LOCK.test(name))
  const watermark = `${DATABASE_FILE}-witness`
  for (const name of [...names.filter((one) => one !== watermark), watermark]) {
    await rm(join(dataFolder, name), { recursive: true, force: true })
  }
}

/** The folders above a file, the outermost first. */
function foldersOf(path: string): readonly string[] {
  const above = dirname(path)
  return above === '.' ? [] : [...foldersOf(above), above]
}

async function requireEmpty(dataFolder: string): Promise<void> {
  const stat = lstatSync(dataFolder, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isDirectory()) throw new SuretyError('CONFLICT', `${JSON.stringify(dataFolder)} is not a folder`)
  const names = (await readdir(dataFolder)).filter((name) => !LOCK.test(name))
  if (names.length === 0) return
  const what = names.includes(DATABASE_FILE) ? 'holds a directory' : 'is not empty'
  throw new SuretyError(
    'CONFLICT',
    `${JSON.stringify(dataFolder)} ${what}: give an empty folder, or move this one away`,
  )
}
