import { chmodSync, existsSync, lstatSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { lockForProcess } from '../../system/sqlite/process-lock.ts'

/** Not served, and of no use in a copy. */
const LOCK = '.lock'

/**
 * Lets one process at a time change a repository: two would drop what the other has just added. Readers need no lock.
 *
 * @param waitMs for another process. The whole program waits.
 * @throws `CONFLICT` if another process changes it; `NOT_PERMITTED` for the folder of another user; as `openDatabase`.
 */
export function lockRepository(
  clock: Pick<Clock, 'now'>,
  folder: string,
  { waitMs }: { readonly waitMs: number },
): Disposable {
  // The caller finds out that there is no repository.
  if (!existsSync(folder)) return { [Symbol.dispose]: () => undefined }
  const { isOurs, owner } = ownRights().of(folder, lstatSync(folder))
  if (!isOurs) {
    const message = `${JSON.stringify(folder)} belongs to user ${owner}: run this command as that user`
    throw new SuretyError('NOT_PERMITTED', message)
  }
  const path = join(folder, LOCK)
  const lock = lockForProcess({
    path,
    self: { pid: process.pid, host: hostname(), since: clock.now() },
    waitMs,
    refusal: (holder) =>
      `another surety-directory${holder} changes the repository ${JSON.stringify(folder)}: try again once it has ended`,
  })
  // Another user may copy the whole folder to a mirror, as the other files in it allow.
  chmodSync(path, 0o644)
  return lock
}
