import { lstatSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { toBase64Url, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { syncFolder } from '../../system/files/own/durable-folder.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { type Bytes, filesBelow, hashOf, readChunks, writeChunks } from './backup-files.ts'
import {
  type BackupFile,
  DATABASE_FILE,
  type DirectoryProgress,
  type Encryption,
  MANIFEST_FILE,
  type Manifest,
} from './manifest.ts'
import { encrypted, keysOf, newEncryption } from './sealed-file.ts'

/** What a copied database says about itself, so that a directory that starts on it knows what it is. */
export interface BackupMark {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly time: number
}

export interface CreateBackupComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /**
   * Copies the database into an empty file, checks the copy and marks it.
   *
   * @throws `STORE_CORRUPT`, `STORE_FAILED`.
   */
  readonly copyDatabase: (
    to: string,
    mark: BackupMark,
    options: { readonly progress: (done: number) => void; readonly signal: AbortSignal },
  ) => Promise<DirectoryProgress>
}

export interface CreateBackupInit {
  readonly dataFolder: string
  readonly anchorsFolder: string
  /** The folder to make, or an existing one that gets a folder named by the time. */
  readonly to: string
  readonly passphrase?: string | undefined
  readonly progress: (done: number) => void
  readonly signal: AbortSignal
}

export interface CreatedBackup {
  readonly folder: string
  readonly manifest: Manifest
}

/**
 * Makes a backup: a folder, mode 0700, that is complete or not there.
 *
 * @throws `CONFLICT` if something is there; `NOT_FOUND` if the data folder has no keys; `STORE_FAILED`, `STORE_CORRUPT`, `FILE_*`.
 */
export async function createBackup(components: CreateBackupComponents, init: CreateBackupInit): Promise<CreatedBackup> {
  const time = components.clock.now()
  const folder = folderFor(resolve(init.to), time)
  const keys = await filesBelow(join(init.dataFolder, 'keys'), 0)
  if (!keys.includes('root.key.pem') && !keys.includes('ca.key.pem')) {
    throw new SuretyError('NOT_FOUND', `there are no keys of a directory in ${init.dataFolder}: give --data FOLDER`)
  }
  const unfinished = join(dirname(folder), `.${basename(folder)}.${toBase64Url(components.random(6))}.partial`)
  await makeFolder(unfinished)
  try {
    const manifest = await fill(unfinished, components, { ...init, keys, time })
    refuseToOverwrite(folder)
    await ownRights().rename(unfinished, folder)
    await syncFolder(dirname(folder))
    return { folder, manifest }
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (error instanceof SuretyError || init.signal.aborted) throw error
    throw new SuretyError('STORE_FAILED', `cannot write ${JSON.stringify(folder)}: ${errnoOf(error) ?? 'failed'}`, {
      cause: error,
    })
  }
}

function folderFor(to: string, time: number): string {
  const stamp = new Date(time).toISOString().slice(0, 19).replaceAll(':', '')
  const folder =
    lstatSync(to, { throwIfNoEntry: false })?.isDirectory() === true ? join(to, `surety-directory-${stamp}Z`) : to
  refuseToOverwrite(folder)
  return folder
}

function refuseToOverwrite(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return
  throw new SuretyError(
    'CONFLICT',
    `${JSON.stringify(folder)} exists already, and is not overwritten: give another name`,
  )
}

async function makeFolder(path: string): Promise<void> {
  await ownRights()
    .makeFolder(path, { mode: 0o700, recursive: false })
    .catch((cause: unknown) => {
      const parent = JSON.stringify(dirname(path))
      const why = errnoOf(cause) === 'ENOENT' ? `there is no folder ${parent}` : undefined
      const failed = why ?? `cannot make ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}`
      throw new SuretyError('STORE_FAILED', failed, { cause })
    })
}

async function fill(
  folder: string,
  { random, copyDatabase }: CreateBackupComponents,
  init: CreateBackupInit & { readonly keys: readonly string[]; readonly time: number },
): Promise<Manifest> {
  const { dataFolder, anchorsFolder, keys, time, progress, signal } = init
  const id = newId('bak', random)
  const encryption = init.passphrase === undefined ? undefined : newEncryption()
  const seal = await sealOf(init.passphrase, encryption)
  const files: BackupFile[] = []
  const add = async (path: string, from: string) => {
    files.push({ path, ...(await writeChunks(join(folder, path), seal(path, readChunks(from)), signal)) })
  }
  // A copy that is still to be encrypted lies below another name.
  const copy = join(folder, encryption === undefined ? DATABASE_FILE : '.copy.sqlite')
  await writeChunks(copy, none(), signal)
  const reached = await copyDatabase(copy, { id, time }, { progress, signal })
  if (encryption === undefined) files.push({ path: DATABASE_FILE, ...(await hashOf(copy, signal)) })
  else {
    await add(DATABASE_FILE, copy)
    await rm(copy)
  }
  await makeFolder(join(folder, 'keys'))
  for (const name of keys) await add(`keys/${name}`, join(dataFolder, 'keys', name))
  const profile = lstatSync(join(dataFolder, 'administrator.json'), { throwIfNoEntry: false })
  if (profile?.isFile() === true) await add('administrator.json', join(dataFolder, 'administrator.json'))
  await addAnchors(folder, anchorsFolder, add)
  const manifest: Manifest = {
    format: 'surety-directory-backup@1',
    id,
    time,
    version: VERSION,
    ...reached,
    ...(encryption === undefined ? {} : { encryption }),
    files,
  }
  await writeChunks(join(folder, MANIFEST_FILE), one(utf8(`${JSON.stringify(manifest, undefined, 2)}\n`)), signal)
  await syncFolder(folder)
  return manifest
}

async function addAnchors(folder: string, from: string, add: (path: string, from: string) => Promise<void>) {
  const names = await filesBelow(from, 1)
  const folders = new Set(names.flatMap((name) => (name.includes('/') ? [`trust-anchors/${dirname(name)}`] : [])))
  if (names.length > 0) await makeFolder(join(folder, 'trust-anchors'))
  for (const below of folders) await makeFolder(join(folder, below))
  for (const name of names) await add(`trust-anchors/${name}`, join(from, name))
  for (const below of folders) await syncFolder(join(folder, below))
  if (names.length > 0) await syncFolder(join(folder, 'trust-anchors'))
  await syncFolder(join(folder, 'keys'))
}

async function sealOf(passphrase: string | undefined, encryption: Encryption | undefined) {
  if (passphrase === undefined || encryption === undefined) return (_: string, bytes: Bytes) => bytes
  const keyOf = await keysOf(passphrase, encryption)
  return (path: string, bytes: Bytes) => encrypted(keyOf(path), bytes)
}

async function* none(): Bytes & AsyncGenerator<Uint8Array> {}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
