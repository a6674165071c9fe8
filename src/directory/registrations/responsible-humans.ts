import { SuretyError } from '../../base/errors.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import type { Registration, RegistrationStore } from './registration-store.ts'

/** Owners, successors and contacts. */

/** @throws `NOT_FOUND`. */
export function knownHuman(humans: Pick<HumanStore, 'named'>, named: string): Human {
  const human = humans.named(named)
  if (human !== undefined) return human
  throw new SuretyError('NOT_FOUND', `there is no human ${JSON.stringify(named)}, or there are several`)
}

/** @returns the id of an active human. @throws `NOT_FOUND`; `OWNER_REQUIRED` or `CONFLICT` for one who is deactivated. */
export function livingHuman(
  humans: Pick<HumanStore, 'named'>,
  what: 'owner' | 'successor' | 'contact',
  named: string,
): string {
  const { id, status } = knownHuman(humans, named)
  if (status === 'active') return id
  const code = what === 'owner' ? 'OWNER_REQUIRED' : 'CONFLICT'
  throw new SuretyError(code, `the ${what} ${JSON.stringify(named)} is deactivated`)
}

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
