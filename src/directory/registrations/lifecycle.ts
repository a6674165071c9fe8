import { SuretyError } from '../../base/errors.ts'
import type { RegistrationState } from '../../protocol/api/registrations.ts'

/** State after state, as the database has them too. `retired` has no way out. */
export const LIFECYCLE: Readonly<Record<RegistrationState, readonly RegistrationState[]>> = {
  provisioning: ['active', 'quarantined', 'retiring'],
  active: ['suspended', 'quarantined', 'retiring'],
  suspended: ['active', 'quarantined', 'retiring'],
  quarantined: ['active', 'suspended', 'retiring'],
  retiring: ['retired'],
  retired: [],
}

/** @throws `TRANSITION_REFUSED`. */
export function requireTransition(from: RegistrationState, to: RegistrationState): void {
  const after = LIFECYCLE[from]
  if (after.includes(to)) return
  const way = after.length === 0 ? 'it has ended' : `it can become ${after.join(' or ')}`
  throw new SuretyError('TRANSITION_REFUSED', `an agent that is ${from} cannot become ${to}: ${way}`)
}

/** What a registration in a state does to the agents that match it. */
export function stopKindOf(state: RegistrationState): 'freeze' | 'retire' | undefined {
  if (state === 'suspended' || state === 'quarantined') return 'freeze'
  return state === 'retiring' || state === 'retired' ? 'retire' : undefined
}
