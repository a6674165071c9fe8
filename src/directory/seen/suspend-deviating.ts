import type { RegistrationStore } from '../registrations/registration-store.ts'
import type { Registrations } from '../registrations/registrations.ts'
import type { StoredSeen } from './seen-store.ts'

export interface SuspendComponents {
  readonly store: { readonly registrations: Pick<RegistrationStore, 'get'> }
  readonly registrations: Pick<Registrations, 'move'>
}

const DIRECTORY = { id: 'directory', name: 'surety-directory' }

/** Suspends the registration of an agent that deviates, if it is active. Its stop freezes all that it matches. */
export function suspendDeviating(
  { store, registrations }: SuspendComponents,
  { id, registration, deviations }: StoredSeen & { readonly registration: string },
): void {
  if (store.registrations.get(registration)?.state !== 'active') return
  registrations.move(registration, 'suspended', { reason: `${id} deviates: ${deviations.join(', ')}`, by: DIRECTORY })
}
