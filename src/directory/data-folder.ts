import type { Log } from '../base/log.ts'
import { preparePrivateFolder, requireTrustedFolder } from '../system/files/prepare-folder.ts'

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
