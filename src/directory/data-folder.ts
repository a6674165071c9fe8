import type { Log } from '../base/log.ts'
import { preparePrivateFolder, requireTrustedFolder } from '../system/files/prepare-folder.ts'

/** The folder of the register and the keys. `openKeyFiles` prepares `keys/` below it. */

const NAME = 'data folder'

/**
 * Makes the folder, or takes the one that is there if no other user could have placed anything in it.
 *
 * @returns writes a warning to a log if others could read the folder before.
 * @throws as `preparePrivateFolder`.
 */
export async function prepareDataFolder(path: string): Promise<(log: Pick<Log, 'warn'>) => void> {
  const hint = 'run this as root, or give --data FOLDER'
  const { tightened } = await preparePrivateFolder(path, { name: NAME, depth: 0, readable: 'closed', hint })
  return (log) => {
    if (!tightened) return
    log.warn('data folder was open to others and is not any more: find out who opened it', { dataFolder: path })
  }
}

/** For a command beside the server: nothing is changed. @throws as `requireTrustedFolder`. */
export function requireDataFolder(path: string): Promise<void> {
  return requireTrustedFolder(path, { name: NAME, depth: 1 })
}
