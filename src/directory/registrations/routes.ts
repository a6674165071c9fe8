import { SuretyError } from '../../base/errors.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import { registrations as declared, type RegistrationView } from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { GroupCommit } from '../devices/group-commit.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { humanMeant } from '../humans/humans.ts'
import type { Registration, RegistrationNames, RegistrationStore } from './registration-store.ts'
import type { Registrations } from './registrations.ts'
import { type UndoComponents, undoRegistration } from './undo.ts'

interface RegistrationRoutesComponents extends UndoComponents {
  readonly store: UndoComponents['store'] & {
    readonly registrations: Pick<RegistrationStore, 'get' | 'list' | 'counts'>
    readonly humans: Pick<HumanStore, 'get' | 'allNamed'>
  }
  readonly registrations: Registrations
  /** Many programs may register agents at a time. */
  readonly registering: GroupCommit
  /** The trust domain of SPIFFE ids. */
  readonly organisation: string
}

export function registrationRoutes(components: RegistrationRoutesComponents): readonly Route[] {
  const { store, registrations, registering, organisation, clock } = components
  const named = ({ number: _, ...registration }: Registration, names: RegistrationNames): RegistrationView => {
    const view = { ...registration, ...names, spiffeId: `spiffe://${organisation}/agent/${registration.id}` }
    // The types of the wire have no member that is there and undefined.
    return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)) as RegistrationView
  }
  const view = async (registration: Registration) => named(registration, await namesOf(store.humans, registration))
  return nounRoutes(
    declared,
    {
      async list({ owner, human, ...query }) {
        const { items, ...rest } = await store.registrations.list(
          {
            ...query,
            owner: owner === undefined ? undefined : await humanMeant(store.humans, owner),
            human: human === undefined ? undefined : await humanMeant(store.humans, human),
          },
          clock.now(),
        )
        return { items: items.map((item) => named(item, {})), ...rest }
      },
      async show(id) {
        const registration = await store.registrations.get(id)
        if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${id}`)
        return view(registration)
      },
    },
    {
      counts: () => store.registrations.counts(),
      create: ({ body, principal, commit }) =>
        registering.run(() =>
          commit(async () => view(await registrations.create(body, { person: personOf(principal) }))),
        ),
      change: async ({ params: { id }, body, principal }) =>
        view(await registrations.change(id, body, personOf(principal))),
      undo: async ({ params: { id }, principal }) => view(await undoRegistration(components, id, personOf(principal))),
      move: async ({ params: { id }, body: { to, reason }, principal }) =>
        view(await registrations.move(id, to, { reason, by: personOf(principal) })),
      transfer: async ({ params: { id }, body: { owner, reason }, principal }) =>
        view(await registrations.transfer(id, owner, { reason, by: personOf(principal) })),
      async accept({ params: { id }, body: { what }, principal }) {
        if (what === 'succession') return view(await registrations.acceptSuccession(id, principal))
        if (!mayDo(principal.role, 'register')) {
          throw new SuretyError(
            'NOT_PERMITTED',
            `${principal.name} has the role ${principal.role}, which may not register`,
          )
        }
        return view(await registrations.move(id, 'active', { reason: 'accepted', by: personOf(principal) }))
      },
    },
  )
}

async function namesOf(
  humans: Pick<HumanStore, 'get'>,
  { owner, successor }: Registration,
): Promise<RegistrationNames> {
  const ofOwner = owner === undefined ? undefined : await humans.get(owner)
  const ofSuccessor = successor === undefined ? undefined : await humans.get(successor)
  return {
    ownerName: ofOwner?.displayName,
    ownerUserName: ofOwner?.userName,
    successorName: ofSuccessor?.displayName,
  }
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}
