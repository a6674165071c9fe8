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
    transaction<T>(work: () => Promise<T>): Promise<T>
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
  const some = async (agent: StoredAgent | undefined) => (agent === undefined ? undefined : await held(agent))
  const stored = async (id: string) => {
    const agent = await store.scimAgents.get(id)
    if (agent !== undefined && agent.deletedAt === undefined) return agent
    throw new SuretyError('NOT_FOUND', `there is no agent ${id} that came by SCIM`)
  }
  /** In the caller's transaction. @throws `VERSION_STALE`. */
  const matching = async (id: string, { ifMatch }: Request) => {
    const agent = await stored(id)
    requireMatch(ifMatch, await held(agent))
    return agent
  }
  const changeTo = (id: string, request: Request, afterOf: (before: Resource) => Resource) =>
    store.transaction(async () => {
      const agent = await matching(id, request)
      const after = afterOf(await writable(components, agent))
      return held(await asFault(() => changed(components, agent, after, request.by)))
    })
  return {
    type: AGENT,
    isLarge: false,
    count: () => store.scimAgents.count(),
    numberBefore: (offset) => store.scimAgents.before(offset),
    after: async (number, limit) => await Promise.all((await store.scimAgents.after(number, limit)).map(held)),
    candidates: (filter) =>
      candidatesOf(filter, {
        id: async (id) => some(await liveAgent(store.scimAgents, id)),
        agentusername: async (name) => some(await store.scimAgents.byName(name)),
        name: async (name) => some(await store.scimAgents.byName(name)),
        externalid: async (id) => some(await store.scimAgents.byExternalId(id)),
      }),
    get: async (id) => held(await stored(id)),
    async create(body, { by }) {
      const resource = readResource(AGENT, body)
      return held(await store.transaction(() => asFault(() => created(components, resource, by))))
    },
    replace: (id, body, request) =>
      changeTo(id, request, ({ active, owners }) => ({
        active,
        ...member('owners', owners),
        ...readResource(AGENT, body),
      })),
    patch: (id, body, request) => changeTo(id, request, (before) => applyChanges(before, readPatch(AGENT, body))),
    remove: (id, request) =>
      store.transaction(async () => removed(components, await matching(id, request), request.by)),
  }
}

async function liveAgent(agents: ScimAgentStore, id: string): Promise<StoredAgent | undefined> {
  const agent = await agents.get(id)
  return agent?.deletedAt === undefined ? agent : undefined
}

/** A human whom nobody knows is a wrong value of an attribute here. */
async function asFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await asValueFault(work)
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND') throw error
    throw new SuretyError('SCIM_VALUE_INVALID', describeError(error), { cause: error })
  }
}

async function created(
  { store, registrations }: ScimAgentsComponents,
  resource: Resource,
  by: Person,
): Promise<StoredAgent> {
  const userName = nameOf(resource)
  await requireFree(store.scimAgents, { userName, externalId: textIn(resource, 'externalId') })
  const request: RegistrationRequest = requestReader.read({
    name: textIn(resource, 'displayName') ?? userName,
    purpose: textIn(resource, 'description') ?? PURPOSE,
    ...member('owner', ownerIn(resource)),
    criteria: { products: [`${UNBOUND}${userName}`] },
    state: resource.active === true ? 'active' : 'provisioning',
  })
  const { id } = await registrations.create(request, { person: by })
  await store.scimAgents.put({ registration: id, userName, ...member('externalId', textIn(resource, 'externalId')) })
  return storedAgent(store.scimAgents, id)
}

/** Changes what is different. The registration refuses what it must. */
async function changed(
  components: ScimAgentsComponents,
  agent: StoredAgent,
  after: Resource,
  by: Person,
): Promise<StoredAgent> {
  const { store, registrations } = components
  const id = agent.registration
  const userName = nameOf(after)
  const externalId = textIn(after, 'externalId')
  if (userName !== agent.userName || externalId !== agent.externalId) {
    await requireFree(store.scimAgents, { userName, externalId, self: id })
    await store.scimAgents.update({ ...agent, userName, externalId })
  }
  const before = await registrationOf(components, agent)
  const name = textIn(after, 'displayName') ?? userName
  const purpose = textIn(after, 'description') ?? PURPOSE
  requestReader.read({ name, purpose, criteria: before.criteria })
  const change = {
    ...(name === before.name ? {} : { name }),
    ...(purpose === before.purpose ? {} : { purpose }),
  }
  if (Object.keys(change).length > 0) await registrations.change(id, change, by)
  const owner = ownerIn(after)
  const named = owner === undefined ? undefined : ((await store.humans.named(owner))?.id ?? owner)
  if (named !== undefined && named !== before.owner) await registrations.transfer(id, named, { reason: REASON, by })
  await moveTo(components, before, after.active === true, by)
  return storedAgent(store.scimAgents, id)
}

/** What an operator or the directory has stopped, no client starts again. */
async function moveTo(
  { registrations }: ScimAgentsComponents,
  before: Registration,
  active: boolean,
  by: Person,
): Promise<void> {
  const { id, state, stateReason } = before
  const act = { reason: REASON, by }
  if (active === (state === 'active')) return
  if (!active) {
    await registrations.move(id, 'suspended', act)
    return
  }
  if (state === 'provisioning' || (state === 'suspended' && stateReason === REASON)) {
    await registrations.move(id, 'active', act)
    return
  }
  throw new SuretyError('SCIM_MUTABILITY', `the agent is ${state}, which SCIM did not cause: an operator decides`)
}

async function removed(components: ScimAgentsComponents, agent: StoredAgent, by: Person): Promise<void> {
  const { store, registrations, clock } = components
  const { id, state } = await registrationOf(components, agent)
  if (state !== 'retiring' && state !== 'retired') await registrations.move(id, 'retiring', { reason: REASON, by })
  await store.scimAgents.update({ ...agent, deletedAt: clock.now() })
}

async function registrationOf(
  { store }: ScimAgentsComponents,
  { registration: id }: StoredAgent,
): Promise<Registration> {
  const registration = await store.registrations.get(id)
  if (registration === undefined) throw new SuretyError('STORE_CORRUPT', `the registration ${id} is missing`)
  return registration
}

async function storedAgent(agents: ScimAgentStore, id: string): Promise<StoredAgent> {
  const agent = await agents.get(id)
  if (agent === undefined) throw new SuretyError('STORE_CORRUPT', `the agent ${id} is missing`)
  return agent
}

/** @throws `CONFLICT`. */
async function requireFree(
  agents: ScimAgentStore,
  { userName, externalId, self }: { userName: string; externalId?: string | undefined; self?: string },
): Promise<void> {
  const found = [
    await agents.byName(userName),
    externalId === undefined ? undefined : await agents.byExternalId(externalId),
  ]
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
async function writable(components: ScimAgentsComponents, agent: StoredAgent): Promise<Resource> {
  const { name, purpose, state, owner } = await registrationOf(components, agent)
  return {
    agentUserName: agent.userName,
    ...member('externalId', agent.externalId),
    displayName: name,
    ...member('description', purpose === PURPOSE ? undefined : purpose),
    active: state === 'active',
    ...(owner === undefined ? {} : { [OWNERS.name]: [{ value: owner }] }),
  }
}

async function heldAgent(components: ScimAgentsComponents, agent: StoredAgent): Promise<Held> {
  const registration = await registrationOf(components, agent)
  const { id, number, version, createdAt, changedAt, state, owner, criteria } = registration
  const { store, organisation } = components
  return {
    // Both only rise, so their sum names one state of the two.
    id,
    number,
    version: version + agent.version,
    createdAt,
    changedAt,
    async attributes({ base }: Wanted) {
      const own = await writable(components, agent)
      const human = owner === undefined ? undefined : await store.humans.get(owner)
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
