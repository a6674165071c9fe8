import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { otherOwner } from '../../system/files/own/folder-owner.ts'
import { preparePrivateFolder, requireTrustedFolder } from '../../system/files/own/prepare-folder.ts'
import { ownArguments } from '../../system/program/own-process.ts'

/** The folder of the database and the keys. `openKeyFiles` prepares `keys/` below it. */

const NAME = 'data folder'

/**
 * Makes the folder. An existing one is used if no other user could have written to it.
 *
 * @returns a function that logs a warning if others could read the folder before.
 * @throws as `preparePrivateFolder`.
 */
export async function prepareDataFolder(path: string): Promise<(log: Pick<Log, 'warn'>) => void> {
  const hint = 'run this as root, or give --data FOLDER'
  const { tightened } = await preparePrivateFolder(path, { name: NAME, depth: 0, readable: 'closed', hint })
  return (log) => {
    if (!tightened) return
    log.warn('other users could read the data folder until now: find out who opened it', { dataFolder: path })
  }
}

/** For commands that run beside the server: changes nothing. @throws as `requireTrustedFolder`. */
export function requireDataFolder(path: string): Promise<void> {
  return requireTrustedFolder(path, { name: NAME, depth: 1 })
}

/**
 * For what writes into the folder: a server that runs as another user could not read it, also where root writes.
 *
 * This process does not switch to that user: it could then not read or write the files that root named on the command line.
 *
 * @throws `NOT_PERMITTED` with the way to run it, for a folder of another user. One that is absent is fine.
 */
export function requireOwnFolder(path: string): void {
  const owner = otherOwner(path)
  if (owner === undefined) return
  const message = `the ${NAME} ${JSON.stringify(path)} belongs to ${owner}, who could not read what you write there`
  const command = `runuser -u ${owner} -- surety-directory ${ownArguments()}`
  throw new SuretyError('NOT_PERMITTED', `${message}. If that is the user of the directory: ${command}`)
}
