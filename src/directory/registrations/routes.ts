import { SuretyError } from '../../base/errors.ts'
import { closed, legibleText, Type, words } from '../../base/schema.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import { deviceIdSchema, registrationIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  REGISTRATION_STATES,
  type RegistrationView,
  registrationAcceptanceSchema,
  registrationChangeSchema,
  registrationCountsSchema,
  registrationPageSchema,
  registrationRequestSchema,
  registrationSchema,
  registrationTransferSchema,
  registrationTransitionSchema,
} from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { GroupCommit } from '../devices/group-commit.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { knownHuman } from '../humans/humans.ts'
import type { Registration, RegistrationStore } from './registration-store.ts'
import type { Registrations } from './registrations.ts'

interface RegistrationRoutesComponents {
  readonly store: {
    readonly registrations: Pick<RegistrationStore, 'get' | 'page' | 'counts'>
    readonly humans: Pick<HumanStore, 'get' | 'allNamed'>
  }
  readonly registrations: Registrations
  /** Many programs may register agents at a time. */
  readonly registering: GroupCommit
  readonly organisation: string
}

const params = closed({ id: registrationIdSchema })
const humanName = Type.Optional(legibleText(256))

export function registrationRoutes(components: RegistrationRoutesComponents): readonly Route[] {
  const { registrations, registering } = components
  const view = (registration: Registration): RegistrationView => registrationView(components, registration)
  return [
    ...readingRoutes(components),
    route({
      method: 'POST',
      path: '/registrations',
      operationId: 'createRegistration',
      action: 'register',
      summary: 'Register an agent, as provisioning or active',
      body: registrationRequestSchema,
      status: 201,
      creates: true,
      response: registrationSchema,
      answer: ({ body, principal, commit }) =>
        registering.run(() => commit(() => view(registrations.create(body, { person: personOf(principal) })))),
    }),
    route({
      method: 'POST',
      path: '/registrations/{id}/changes',
      operationId: 'changeRegistration',
      action: 'register',
      summary: 'Change what a registration says. Absent members stay, null takes a value away',
      params,
      body: registrationChangeSchema,
      response: registrationSchema,
      answer: ({ params: { id }, body, principal }) => view(registrations.change(id, body, personOf(principal))),
    }),
    route({
      method: 'POST',
      path: '/registrations/{id}/transitions',
      operationId: 'moveRegistration',
      action: 'register',
      summary: 'Activate, suspend, quarantine or retire an agent. A refused transition is recorded',
      params,
      body: registrationTransitionSchema,
      response: registrationSchema,
      answer: ({ params: { id }, body: { to, reason }, principal }) =>
        view(registrations.move(id, to, { reason, by: personOf(principal) })),
    }),
    route({
      method: 'POST',
      path: '/registrations/{id}/owner',
      operationId: 'transferRegistration',
      action: 'register',
      summary: 'Give an agent another owner',
      params,
      body: registrationTransferSchema,
      response: registrationSchema,
      answer: ({ params: { id }, body: { owner, reason }, principal }) =>
        view(registrations.transfer(id, owner, { reason, by: personOf(principal) })),
    }),
    route({
      method: 'POST',
      path: '/registrations/{id}/acceptance',
      operationId: 'acceptRegistration',
      action: 'register',
      summary: 'Accept a registration that waits, or record that the successor accepts the succession',
      params,
      body: registrationAcceptanceSchema,
      response: registrationSchema,
      answer: ({ params: { id }, body: { what }, principal }) =>
        view(
          what === 'succession'
            ? registrations.acceptSuccession(id, principal)
            : registrations.move(id, 'active', { reason: 'accepted', by: personOf(principal) }),
        ),
    }),
  ]
}

function readingRoutes(components: RegistrationRoutesComponents): readonly Route[] {
  const { store } = components
  return [
    route({
      method: 'GET',
      path: '/registrations',
      operationId: 'listRegistrations',
      action: 'view',
      summary: 'Registered agents, newest first, by state, owner, product, device, human, name or beginning of the id',
      query: pageQuery({
        state: Type.Optional(words(...REGISTRATION_STATES)),
        owner: humanName,
        product: Type.Optional(legibleText(264)),
        device: Type.Optional(deviceIdSchema),
        human: humanName,
        named: Type.Optional(legibleText(256)),
      }),
      response: registrationPageSchema,
      answer({ query: { limit, cursor, state, owner, product, device, human, named } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        const filter = {
          state,
          item: product,
          device,
          owner: owner === undefined ? undefined : knownHuman(store.humans, owner).id,
          human: human === undefined ? undefined : knownHuman(store.humans, human).id,
          // An id is compared as it is.
          named:
            named?.startsWith('agt_') === true ? named : named === undefined ? undefined : (foldedName(named) ?? ''),
        }
        const { items, next } = page(
          limit,
          (count) => store.registrations.page({ ...filter, before, limit: count }),
          ({ number }) => `${number}`,
        )
        return { items: items.map((one) => registrationView(components, one)), ...(next === undefined ? {} : { next }) }
      },
    }),
    route({
      method: 'GET',
      path: '/registrations/counts',
      operationId: 'countRegistrations',
      action: 'view',
      summary: 'Registered agents by state',
      response: registrationCountsSchema,
      answer: () => store.registrations.counts(),
    }),
    route({
      method: 'GET',
      path: '/registrations/{id}',
      operationId: 'getRegistration',
      action: 'view',
      summary: 'One registered agent',
      params,
      response: registrationSchema,
      answer({ params: { id } }) {
        const registration = store.registrations.get(id)
        if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${id}`)
        return registrationView(components, registration)
      },
    }),
  ]
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}

interface RegistrationViewComponents {
  readonly store: { readonly humans: Pick<HumanStore, 'get'> }
  /** The trust domain of SPIFFE ids. */
  readonly organisation: string
}

function registrationView(
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
