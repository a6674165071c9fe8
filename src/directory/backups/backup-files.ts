import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf, fileError } from '../../system/files/file-errors.ts'
import type { BackupFile } from './manifest.ts'

/** Streams of files, with the hash of what was written or read. */

const CHUNK_BYTES = 1024 * 1024

export type Bytes = AsyncIterable<Uint8Array>

/** @throws `FILE_*`. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  await using file = await open(path, flags).catch((cause: unknown) => {
    throw fileError(cause, path)
  })
  if (!(await file.stat()).isFile()) {
    throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not a regular file`)
  }
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/**
 * Writes a new file, mode 0600, on disk when the promise resolves. Its name is on disk once the caller has synced the folder.
 *
 * @throws `STORE_FAILED`, and what `bytes` throws.
 */
export async function writeChunks(path: string, bytes: Bytes, signal: AbortSignal): Promise<Omit<BackupFile, 'path'>> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  await using file = await orFail(path, open(path, flags, 0o600))
  const digest = createHash('sha256')
  let size = 0
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    digest.update(chunk)
    size += chunk.length
    await orFail(path, writeAll(file, chunk))
  }
  await orFail(path, file.sync())
  return { bytes: size, sha256: digest.digest('base64url') }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
}

async function orFail<T>(path: string, work: Promise<T>): Promise<T> {
  return await work.catch((cause: unknown) => {
    throw new SuretyError('STORE_FAILED', `cannot write ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}`, {
      cause,
    })
  })
}

/** @throws `FILE_*`. */
export async function hashOf(path: string, signal: AbortSignal): Promise<Omit<BackupFile, 'path'>> {
  const digest = createHash('sha256')
  let size = 0
  for await (const chunk of readChunks(path)) {
    signal.throwIfAborted()
    digest.update(chunk)
    size += chunk.length
  }
  return { bytes: size, sha256: digest.digest('base64url') }
}

/** What a program left unfinished, or set aside as damaged. */
const LEFT_OVER = /^\.|\.damaged-\d+/

/** Paths of the regular files in a folder and in the folders directly below it, relative to it. None if there is no folder. */
export async function filesBelow(folder: string, depth: 0 | 1): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return []
    throw fileError(cause, folder)
  })
  const found: string[] = []
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (LEFT_OVER.test(entry.name)) continue
    if (entry.isFile()) found.push(entry.name)
    else if (entry.isDirectory() && depth > 0) {
      found.push(...(await filesBelow(join(folder, entry.name), 0)).map((name) => `${entry.name}/${name}`))
    }
  }
  return found
}
