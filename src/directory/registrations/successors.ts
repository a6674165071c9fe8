import { SuretyError } from '../../base/errors.ts'
import type { Registration, RegistrationStore } from './registration-store.ts'

/** Chains of successors. */

/** More than a company has levels. */
const MOST_FOLLOWED = 1_000

/**
 * Nobody may get their own agents back by way of others: when all of them left together, nobody would answer for the agents.
 *
 * @throws `CONFLICT`.
 */
export function requireNoCycle(
  store: Pick<RegistrationStore, 'successorsOf'>,
  { owner, successor }: Pick<Registration, 'owner' | 'successor'>,
): void {
  if (owner === undefined || successor === undefined) return
  const followed = new Set([successor])
  // A set also visits what is added meanwhile.
  for (const human of followed) {
    if (human === owner) {
      const message =
        human === successor
          ? 'the owner cannot be the successor'
          : `${successor} would hand agents to ${owner}, who hands them to ${successor}`
      throw new SuretyError('CONFLICT', `a cycle of successors: ${message}`)
    }
    if (followed.size > MOST_FOLLOWED) return
    for (const next of store.successorsOf(human)) followed.add(next)
  }
}
