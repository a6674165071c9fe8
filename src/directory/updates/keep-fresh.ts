import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { lockRepository } from './repository-lock.ts'

const EVERY_MS = 60 * 60 * 1000
/** A timestamp lives for seven days, so that four days are left to fix what prevents it. */
const REFRESH_BEFORE_MS = 4 * 24 * 60 * 60 * 1000

/**
 * Signs the timestamp of the served repository again, long before it ends, if its keys are on this machine. Until `signal` aborts.
 * These two keys can only say again what the key of targets has signed.
 */
export async function keepFresh(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { folder, keys }: { readonly folder: string; readonly keys: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (existsSync(join(folder, 'metadata')) && existsSync(join(keys, 'timestamp.pem'))) {
        if (await refreshIfDue(clock, { folder, keys })) {
          log.info('the update repository has a new timestamp', { folder })
        }
      }
    } catch (error) {
      const facts = { code: codeOf(error), reason: describeError(error) }
      // A command signs it again as well.
      if (facts.code === 'CONFLICT') log.info('the update repository is being changed', facts)
      else log.error('the update repository cannot be kept fresh', facts)
    }
    await clock.sleep(EVERY_MS, { signal }).catch(() => undefined)
  }
}

async function refreshIfDue(clock: Clock, init: { readonly folder: string; readonly keys: string }): Promise<boolean> {
  // Loads the library only where there is a repository.
  const { openRepository } = await import('./repository.ts')
  const isDue = ({ expiries }: Awaited<ReturnType<typeof openRepository>>) =>
    expiries().timestamp - clock.now() < REFRESH_BEFORE_MS
  if (!isDue(await openRepository(clock, init))) return false
  using _lock = lockRepository(clock, init.folder, { waitMs: 0 })
  const repository = await openRepository(clock, init)
  if (!isDue(repository)) return false
  await repository.refresh()
  return true
}
