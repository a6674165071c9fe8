import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import { type RegistrationRequest, registrationRequestSchema } from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { Registration, RegistrationStore } from '../registrations/registration-store.ts'
import type { Registrations } from '../registrations/registrations.ts'
import { AGENT, OWNERS, REGISTRATION_SCHEMA } from './agent-schemas.ts'
import type { ScimAgentStore, StoredAgent } from './agent-store.ts'
import { isObject, type Resource } from './attributes/attributes.ts'
import { type Held, locationOf, requireMatch, type Wanted } from './attributes/documents.ts'
import { applyChanges, readPatch } from './attributes/patch.ts'
import { readResource } from './attributes/values.ts'
import { asValueFault, candidatesOf, type Request, type Resources } from './resources.ts'
import { USER } from './schemas.ts'

export interface ScimAgentsComponents {
  readonly store: {
    readonly scimAgents: ScimAgentStore
    readonly registrations: Pick<RegistrationStore, 'get'>
    readonly humans: Pick<HumanStore, 'get' | 'named'>
    transaction<T>(work: () => T): T
  }
  readonly registrations: Registrations
  readonly clock: Pick<Clock, 'now'>
  /** The trust domain of SPIFFE ids. */
  readonly organisation: string
}

const REASON = 'by the identity provider, through SCIM'
const PURPOSE = 'provisioned by SCIM, without a description'
const SHOWN_CRITERIA = ['products', 'packages', 'executables'] as const
/** A product that no program is. The agent matches nothing until an operator says what it matches. */
const UNBOUND = 'unknown/scim:'
const requestReader = reader(registrationRequestSchema, { name: 'agent', forPeople: true })

/** Agents that came by SCIM, each with its registration. Registrations of administrators are not shown: no client may end them. */
export function scimAgents(components: ScimAgentsComponents): Resources {
  const { store } = components
  const held = (agent: StoredAgent) => heldAgent(components, agent)
  const some = (agent: StoredAgent | undefined) => (agent === undefined ? undefined : held(agent))
  const stored = (id: string) => {
    const agent = store.scimAgents.get(id)
    if (agent !== undefined && agent.deletedAt === undefined) return agent
    throw new SuretyError('NOT_FOUND', `there is no agent ${id} that came by SCIM`)
  }
  const changeTo = (agent: StoredAgent, after: Resource, { by }: Request) =>
    held(store.transaction(() => asFault(() => changed(components, agent, after, by))))
  return {
    type: AGENT,
    isLarge: false,
    count: () => store.scimAgents.count(),
    numberBefore: (offset) => store.scimAgents.before(offset),
    after: (number, limit) => store.scimAgents.after(number, limit).map(held),
    candidates: (filter) =>
      candidatesOf(filter, {
        id: (id) => some(liveAgent(store.scimAgents, id)),
        agentusername: (name) => some(store.scimAgents.byName(name)),
        name: (name) => some(store.scimAgents.byName(name)),
        externalid: (id) => some(store.scimAgents.byExternalId(id)),
      }),
    get: (id) => held(stored(id)),
    create(body, { by }) {
      const resource = readResource(AGENT, body)
      return held(store.transaction(() => asFault(() => created(components, resource, by))))
    },
    replace(id, body, request) {
      const agent = stored(id)
      requireMatch(request.ifMatch, held(agent))
      const { active, owners } = writable(components, agent)
      const kept = { active, ...member('owners', owners) }
      return changeTo(agent, { ...kept, ...readResource(AGENT, body) }, request)
    },
    patch(id, body, request) {
      const agent = stored(id)
      requireMatch(request.ifMatch, held(agent))
      return changeTo(agent, applyChanges(writable(components, agent), readPatch(AGENT, body)), request)
    },
    remove(id, { by, ifMatch }) {
      const agent = stored(id)
      requireMatch(ifMatch, held(agent))
      store.transaction(() => removed(components, agent, by))
    },
  }
}

function liveAgent(agents: ScimAgentStore, id: string): StoredAgent | undefined {
  const agent = agents.get(id)
  return agent?.deletedAt === undefined ? agent : undefined
}

/** A human whom nobody knows is a wrong value of an attribute here. */
function asFault<T>(work: () => T): T {
  try {
    return asValueFault(work)
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND') throw error
    throw new SuretyError('SCIM_VALUE_INVALID', describeError(error), { cause: error })
  }
}

function created({ store, registrations }: ScimAgentsComponents, resource: Resource, by: Person): StoredAgent {
  const userName = nameOf(resource)
  requireFree(store.scimAgents, { userName, externalId: textIn(resource, 'externalId') })
  const request: RegistrationRequest = requestReader.read({
    name: textIn(resource, 'displayName') ?? userName,
    purpose: textIn(resource, 'description') ?? PURPOSE,
    ...member('owner', ownerIn(resource)),
    criteria: { products: [`${UNBOUND}${userName}`] },
    state: resource.active === true ? 'active' : 'provisioning',
  })
  const { id } = registrations.create(request, { person: by })
  store.scimAgents.put({ registration: id, userName, ...member('externalId', textIn(resource, 'externalId')) })
  return storedAgent(store.scimAgents, id)
}

/** Changes what is different. The registration refuses what it must. */
function changed(components: ScimAgentsComponents, agent: StoredAgent, after: Resource, by: Person): StoredAgent {
  const { store, registrations } = components
  const id = agent.registration
  const userName = nameOf(after)
  const externalId = textIn(after, 'externalId')
  if (userName !== agent.userName || externalId !== agent.externalId) {
    requireFree(store.scimAgents, { userName, externalId, self: id })
    store.scimAgents.update({ ...agent, userName, externalId })
  }
  const before = registrationOf(components, agent)
  const name = textIn(after, 'displayName') ?? userName
  const purpose = textIn(after, 'description') ?? PURPOSE
  requestReader.read({ name, purpose, criteria: before.criteria })
  const change = {
    ...(name === before.name ? {} : { name }),
    ...(purpose === before.purpose ? {} : { purpose }),
  }
  if (Object.keys(change).length > 0) registrations.change(id, change, by)
  const owner = ownerIn(after)
  const named = owner === undefined ? undefined : (store.humans.named(owner)?.id ?? owner)
  if (named !== undefined && named !== before.owner) registrations.transfer(id, named, { reason: REASON, by })
  moveTo(components, before, after.active === true, by)
  return storedAgent(store.scimAgents, id)
}

/** What an operator or the directory has stopped, no client starts again. */
function moveTo({ registrations }: ScimAgentsComponents, before: Registration, active: boolean, by: Person): void {
  const { id, state, stateReason } = before
  const act = { reason: REASON, by }
  if (active === (state === 'active')) return
  if (!active) {
    registrations.move(id, 'suspended', act)
    return
  }
  if (state === 'provisioning' || (state === 'suspended' && stateReason === REASON)) {
    registrations.move(id, 'active', act)
    return
  }
  throw new SuretyError('SCIM_MUTABILITY', `the agent is ${state}, which SCIM did not cause: an operator decides`)
}

function removed(components: ScimAgentsComponents, agent: StoredAgent, by: Person): void {
  const { store, registrations, clock } = components
  const { id, state } = registrationOf(components, agent)
  if (state !== 'retiring' && state !== 'retired') registrations.move(id, 'retiring', { reason: REASON, by })
  store.scimAgents.update({ ...agent, deletedAt: clock.now() })
}

function registrationOf({ store }: ScimAgentsComponents, { registration: id }: StoredAgent): Registration {
  const registration = store.registrations.get(id)
  if (registration === undefined) throw new SuretyError('STORE_CORRUPT', `the registration ${id} is missing`)
  return registration
}

function storedAgent(agents: ScimAgentStore, id: string): StoredAgent {
  const agent = agents.get(id)
  if (agent === undefined) throw new SuretyError('STORE_CORRUPT', `the agent ${id} is missing`)
  return agent
}

/** @throws `CONFLICT`. */
function requireFree(
  agents: ScimAgentStore,
  { userName, externalId, self }: { userName: string; externalId?: string | undefined; self?: string },
): void {
  const found = [agents.byName(userName), externalId === undefined ? undefined : agents.byExternalId(externalId)]
  const other = found.find((one) => one !== undefined && one.registration !== self)
  if (other !== undefined) throw new SuretyError('CONFLICT', `there is already such an agent: ${other.registration}`)
}

/** @throws `SCIM_VALUE_INVALID`. */
function nameOf(resource: Resource): string {
  const name = textIn(resource, 'agentUserName')
  if (name === undefined) throw new SuretyError('SCIM_VALUE_INVALID', 'agentUserName must be given')
  return name
}

function ownerIn({ owners }: Resource): string | undefined {
  const [first] = Array.isArray(owners) ? owners : []
  return isObject(first) ? textIn(first, 'value') : undefined
}

/** What a client may write, for PATCH and PUT. */
function writable(components: ScimAgentsComponents, agent: StoredAgent): Resource {
  const { name, purpose, state, owner } = registrationOf(components, agent)
  return {
    agentUserName: agent.userName,
    ...member('externalId', agent.externalId),
    displayName: name,
    ...member('description', purpose === PURPOSE ? undefined : purpose),
    active: state === 'active',
    ...(owner === undefined ? {} : { [OWNERS.name]: [{ value: owner }] }),
  }
}

function heldAgent(components: ScimAgentsComponents, agent: StoredAgent): Held {
  const registration = registrationOf(components, agent)
  const { id, number, version, createdAt, changedAt, state, owner, criteria } = registration
  const { store, organisation } = components
  return {
    // Both only rise, so their sum names one state of the two.
    id,
    number,
    version: version + agent.version,
    createdAt,
    changedAt,
    attributes({ base }: Wanted) {
      const own = writable(components, agent)
      const human = owner === undefined ? undefined : store.humans.get(owner)
      const shown =
        human === undefined
          ? {}
          : { owners: [{ value: human.id, $ref: locationOf(USER, human.id, base), display: human.displayName }] }
      const spiffeId = `spiffe://${organisation}/agent/${id}`
      const matched = SHOWN_CRITERIA.flatMap((name) => {
        const items = criteria[name]?.filter((item) => !item.startsWith(UNBOUND)) ?? []
        return items.length === 0 ? [] : [[name, items] as const]
      })
      return { ...own, ...shown, [REGISTRATION_SCHEMA.id]: { state, spiffeId, ...Object.fromEntries(matched) } }
    },
  }
}

function textIn(resource: Resource, name: string): string | undefined {
  const value = resource[name]
  return typeof value === 'string' ? value : undefined
}
