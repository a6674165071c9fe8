import { unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../file-errors.ts'
import { ownRights } from '../this-system.ts'
import { syncFolder } from './durable-folder.ts'

/** A file that is made before there is anything to put into it, so that what can be told only once is not told in vain. */
export interface NewFile extends AsyncDisposable {
  /** Once; on disk when it resolves. @throws `STORE_FAILED`. */
  fill(bytes: Uint8Array): Promise<void>
  /** Adds to the file, which is removed when it is disposed of before `fill` or `finish`. @throws `STORE_FAILED`. */
  append(bytes: Uint8Array): Promise<void>
  /** What was appended is on disk when it resolves. @throws `STORE_FAILED`. */
  finish(): Promise<void>
}

/**
 * Makes an empty file, mode 0600, where there was none. It is removed again when it is disposed of without having been filled.
 *
 * @throws `CONFLICT` when something is there; `STORE_FAILED`.
 */
export async function newFile(path: string): Promise<NewFile> {
  const shown = JSON.stringify(path)
  const failed = (cause: unknown) =>
    errnoOf(cause) === 'EEXIST'
      ? new SuretyError('CONFLICT', `${shown} exists already, and is not overwritten: give another name`)
      : new SuretyError('STORE_FAILED', `cannot write ${shown}: ${reasonOf(cause, path)}`, { cause })
  const file = await ownRights()
    .openNew(path)
    .catch((cause: unknown) => {
      throw failed(cause)
    })
  let filled = false
  const orFail = async <T>(work: Promise<T>): Promise<void> => {
    await work.catch((cause: unknown) => {
      throw failed(cause)
    })
  }
  const finish = async () => {
    await orFail(file.chmod(0o600).then(() => file.sync()))
    await orFail(syncFolder(dirname(path)))
    filled = true
  }
  // `writeFile` writes all of it, from where the file ends.
  const append = (bytes: Uint8Array) => orFail(file.appendFile(bytes))
  return {
    append,
    finish,
    async fill(bytes) {
      await append(bytes)
      await finish()
    },
    async [Symbol.asyncDispose]() {
      await file.close()
      if (!filled) await unlink(path).catch(() => undefined)
    },
  }
}

function reasonOf(cause: unknown, path: string): string {
  const errno = errnoOf(cause)
  return errno === 'ENOENT' ? `there is no folder ${JSON.stringify(dirname(path))}` : (errno ?? 'failed')
}
