import type { RegistrationView } from '../../protocol/api/registrations.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { Registration } from './registration-store.ts'

export interface RegistrationViewComponents {
  readonly store: { readonly humans: Pick<HumanStore, 'get'> }
  /** The trust domain of SPIFFE ids. */
  readonly organisation: string
}

export function registrationView(
  { store, organisation }: RegistrationViewComponents,
  { number: _, ...registration }: Registration,
): RegistrationView {
  const { id, owner, successor } = registration
  const nameOf = (human: string | undefined) => (human === undefined ? undefined : store.humans.get(human)?.displayName)
  const names = { ownerName: nameOf(owner), successorName: nameOf(successor) }
  const view = { ...registration, ...names, spiffeId: `spiffe://${organisation}/agent/${id}` }
  // The types of the wire have no member that is there and undefined.
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)) as RegistrationView
}
