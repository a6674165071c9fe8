import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import { requirePrivateFolder } from '../files/own/private-folder.ts'

/** sun_path holds 108 bytes with its NUL, and the server is first bound beside its path. */
export const MAX_SOCKET_PATH_BYTES = 90
const MOST_SWEPT = 100

/**
 * Binds `server` at `path` with `mode`; the socket appears under its name only when it is ready, over a dead one of
 * before if there is one.
 *
 * @returns what removes it again.
 * @throws `SOCKET_IN_USE` when another server answers there or the path is no socket, `STORE_FAILED` when the folder
 * can be written by others, `CONFIG_INVALID` when the path is too long.
 */
export async function listenAt(server: Server, path: string, mode: number): Promise<() => void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new SuretyError(
      'CONFIG_INVALID',
      `socket path of more than ${MAX_SOCKET_PATH_BYTES} bytes: ${JSON.stringify(path)}`,
    )
  }
  makeFolder(dirname(path))
  await refuseOccupied(path)
  const temporary = `${path}.${process.pid}`
  removeDead(temporary)
  await sweepUnfinished(path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new SuretyError('SOCKET_IN_USE', `cannot listen at ${JSON.stringify(path)}`, { cause }))
    })
    server.listen(temporary, () => resolve())
  })
  chmodSync(temporary, mode)
  renameSync(temporary, path)
  const { ino } = lstatSync(path)
  return () => {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) unlinkSync(path)
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 })
    chmodSync(folder, 0o755)
  } catch (cause) {
    if (errnoOf(cause) !== 'EEXIST') {
      throw new SuretyError('STORE_FAILED', `cannot make folder ${JSON.stringify(folder)}: ${errnoOf(cause)}`, {
        cause,
      })
    }
  }
  requirePrivateFolder(folder)
}

/** Removes what daemons left that were killed between binding a socket and giving it its name. */
async function sweepUnfinished(path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  const names = readdirSync(dirname(path)).filter(
    (name) => name.startsWith(prefix) && /^\d{1,10}$/.test(name.slice(prefix.length)),
  )
  for (const name of names.slice(0, MOST_SWEPT)) {
    const left = join(dirname(path), name)
    if (lstatSync(left, { throwIfNoEntry: false })?.isSocket() === true && !(await answers(left))) removeDead(left)
  }
}

/** A socket whose server died refuses connections; it is left for the rename to replace. */
async function refuseOccupied(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isSocket()) throw new SuretyError('SOCKET_IN_USE', `${JSON.stringify(path)} is there and is no socket`)
  if (await answers(path)) throw new SuretyError('SOCKET_IN_USE', `another server answers at ${JSON.stringify(path)}`)
}

function answers(path: string): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error) ?? '')))
  })
}

function removeDead(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path)
}
