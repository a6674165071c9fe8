import { SuretyError } from '../base/errors.ts'
import { hasReadableHome } from '../discovery/homes/readable-homes.ts'
import type { ScreenLockReport } from '../posture/components.ts'
import type { LocalUser } from '../system/users/users.ts'
import type { ReaderChild } from './home-reader.ts'

export interface ScreenLockComponents {
  readonly homes: Pick<ReaderChild, 'readScreenLock'>
  readonly users: { list(): Promise<readonly LocalUser[]> }
}

/**
 * Reads the setting of each user with one reader child after another. Root is left out, because root does not use a screen.
 *
 * @param init.userId our own user.
 * @throws as `users.list`, and for `signal`.
 */
export async function readScreenLocks(
  { homes, users }: ScreenLockComponents,
  init: { readonly userId: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly ScreenLockReport[]> {
  const people = (await users.list()).filter((user) => user.kind === 'human' && hasReadableHome(user, init.userId))
  const reports: ScreenLockReport[] = []
  for (const user of people) {
    signal.throwIfAborted()
    try {
      reports.push({ user: user.name, settings: await homes.readScreenLock(user, { signal }) })
    } catch (error) {
      signal.throwIfAborted()
      reports.push({
        user: user.name,
        unreadable: error instanceof SuretyError ? error.message : 'failed unexpectedly',
      })
    }
  }
  return reports
}
