import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf, fileError } from '../file-errors.ts'
import { ownRights } from '../this-system.ts'
import { syncFolder } from './durable-folder.ts'

/** Small files of our own: whole or not at all, on disk before the promise resolves. */

/**
 * Replaces `path` by `bytes`: a new file beside it, synced, renamed over it, the folder synced.
 *
 * @param options.mode of the new file, whatever the umask.
 * @throws `STORE_FAILED`; the old file is then still whole.
 */
export async function writeDurably(path: string, bytes: Uint8Array, options: { mode: number }): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
  try {
    await writeNewFile(temporary, bytes, options.mode)
    await ownRights().rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    await unlink(temporary).catch(() => undefined)
    throw new SuretyError('STORE_FAILED', `cannot write ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}`, {
      cause,
    })
  }
}

async function writeNewFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await using file = await ownRights().openNew(path)
  await file.writeFile(bytes)
  await file.chmod(mode)
  await file.sync()
}

interface ReadOptions {
  readonly maxBytes: number
  readonly ownerOnly?: boolean
  readonly mayBeOfService?: boolean
}

/**
 * Reads a file of our own; undefined when there is none.
 *
 * @param options.ownerOnly refuses a file that others may read or that belongs to neither root nor us.
 * @param options.mayBeOfService takes one that belongs to the user of a service.
 * @throws `FILE_IS_LINK`, `FILE_NOT_REGULAR`, `FILE_TOO_LARGE`, `FILE_UNREADABLE`, `NOT_PERMITTED` (`ownerOnly`).
 */
export async function readIfPresent(path: string, options: ReadOptions): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    ownRights().refuseLink(path)
    return await readChecked(file, path, options)
  } catch (cause) {
    const error = fileError(cause, path)
    if (error.code === 'FILE_ABSENT') return undefined
    if (error.code !== 'FILE_IS_LINK') throw error
    const message = `${JSON.stringify(path)} is a link, which is not followed: name the file itself`
    throw new SuretyError('FILE_IS_LINK', message, { cause })
  }
}

async function readChecked(file: FileHandle, path: string, options: ReadOptions) {
  const shown = JSON.stringify(path)
  const stat = await file.stat()
  if (!stat.isFile()) throw new SuretyError('FILE_NOT_REGULAR', `${shown} is not a regular file`)
  if (stat.size > options.maxBytes) {
    throw new SuretyError('FILE_TOO_LARGE', `${shown} has more than ${options.maxBytes} bytes`)
  }
  if (options.ownerOnly === true) {
    const { isClosed, isOurs, isOfService, owner } = ownRights().of(path, stat)
    if (!isClosed) {
      throw new SuretyError('NOT_PERMITTED', `${shown} can be read by others: ${ownRights().remedy(path, 'all')}`)
    }
    if (!isOurs && !(isOfService && options.mayBeOfService === true)) {
      throw new SuretyError(
        'NOT_PERMITTED',
        `${shown} belongs to user ${owner}, not to ${ownRights().privileged} or to us`,
      )
    }
  }
  const bytes = new Uint8Array(stat.size)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.slice(0, filled)
}
