import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { CedarCall } from '../../cedar/decider.ts'
import type { EvaluationRequest } from '../../protocol/nouns/directory/decisions.ts'
import type { ResourceType } from '../access-policy/access-vocabulary.ts'
import type { Human } from '../humans/human-store.ts'
import type { AccessDevice } from './access-store.ts'
import type { Facts } from './facts.ts'
import type { Agent } from './stops-that-concern.ts'

/** Facts as the schema of the policy names them. Only what the request needs: building entities costs more than deciding. */

export interface CedarFacts extends Facts {
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly isConnected: boolean
  readonly now: number
}

type Uid = { readonly type: string; readonly id: string }

export function cedarRequest(request: EvaluationRequest, facts: CedarFacts): CedarCall {
  const { subject, agent, device, stops, now } = facts
  const resource = resourceOf(request.resource)
  const said: EntityJson = { uid: { type: 'Said', id: 'said' }, attrs: {}, parents: [], tags: tagsOf(request) }
  const people = new Map<string, EntityJson>()
  const person = 'person' in subject ? subject.person : subject.owner
  people.set(person.id, personEntity(person, 'person' in subject ? facts.groups : []))
  const entities: EntityJson[] = [...people.values(), said, resource.entity]
  let principal: Uid = { type: 'Person', id: person.id }
  if ('service' in subject) {
    principal = { type: 'ServiceAccount', id: subject.service.id }
    entities.push(entityOf(principal, { name: subject.service.name, owner: reference('Person', person.id) }))
  }
  if (agent !== undefined) entities.push(agentEntity(agent))
  if (device !== undefined) entities.push(deviceEntity(device, facts))
  const context = {
    action: request.action.name,
    now,
    stopped: stops.length > 0,
    said: reference('Said', 'said'),
    ...(agent === undefined ? {} : { agent: reference('Agent', agent.id) }),
    ...(device === undefined ? {} : { device: reference('Device', device.id) }),
  }
  return {
    principal,
    action: request.action.name,
    resource: resource.named,
    stopped: stops.length > 0,
    context,
    entities,
  }
}

interface NamedResource {
  readonly type: ResourceType
  readonly id: string
  readonly kind: string
}

const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  application: 'Application',
  dataset: 'DataSet',
  'data-set': 'DataSet',
  data_set: 'DataSet',
  tool: 'Tool',
}

/** The type of AuthZEN in any case, and how policies name the resource. */
export function resourceName({ type, id }: { readonly type: string; readonly id: string }): NamedResource {
  const known = RESOURCE_TYPES[type.toLowerCase()]
  return known === undefined ? { type: 'Resource', id: `${type}/${id}`, kind: type } : { type: known, id, kind: type }
}

function resourceOf(asked: EvaluationRequest['resource']): {
  readonly named: NamedResource
  readonly entity: EntityJson
} {
  const named = resourceName(asked)
  const parents = named.type === 'Resource' ? [{ type: 'ResourceType', id: named.kind }] : []
  return { named, entity: { uid: { type: named.type, id: named.id }, attrs: { name: asked.id }, parents } }
}

function personEntity({ id, userName, email, manager }: Human, groups: CedarFacts['groups']): EntityJson {
  const attrs = {
    name: userName,
    ...(email === undefined ? {} : { email }),
    ...(manager === undefined ? {} : { manager: reference('Person', manager) }),
  }
  const names = groups.flatMap((group) => [group.id, ...(/^grp_/.test(group.name) ? [] : [group.name])])
  return { ...entityOf({ type: 'Person', id }, attrs), parents: names.map((name) => ({ type: 'Group', id: name })) }
}

function agentEntity({ id, name, registration, seen }: Agent): EntityJson {
  const { state = 'unregistered', owner, expiresAt, scope } = registration ?? {}
  const [here] = seen
  return entityOf(
    { type: 'Agent', id },
    {
      name,
      registered: registration !== undefined,
      state,
      onDevice: seen.length > 0,
      deviations: [...new Set(seen.flatMap(({ deviations }) => deviations))],
      applications: [...(scope?.applications ?? [])],
      dataSets: [...(scope?.dataSets ?? [])],
      tools: [...(scope?.tools ?? [])],
      ...(here === undefined ? {} : { product: here.item }),
      ...(owner === undefined ? {} : { owner: reference('Person', owner) }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  )
}

function deviceEntity(
  { id, name, tier, verdict, labels }: AccessDevice,
  { deviceOwner, standing, isConnected }: CedarFacts,
): EntityJson {
  const attrs = {
    name,
    tier,
    verdict,
    compliant: verdict === 'compliant',
    connected: isConnected,
    stops: standing.standing,
    unansweredStops: standing.standing - standing.answered,
    ...(deviceOwner === undefined ? {} : { owner: reference('Person', deviceOwner) }),
  }
  return { ...entityOf({ type: 'Device', id }, attrs), tags: { ...labels } }
}

function entityOf(uid: Uid, attrs: EntityJson['attrs']): EntityJson {
  return { uid, attrs, parents: [] }
}

function reference(type: string, id: string): CedarValueJson {
  return { __entity: { type, id } }
}

const MAX_TAGS = 64
const MAX_TAG_CHARACTERS = 1024
const FACTS = ['agent', 'device']

/** Names of tags under which a request says something, with the members that say it. */
export function saidIn({ subject, resource, action, context = {} }: EvaluationRequest): readonly Said[] {
  const said = { subject: subject.properties, resource: resource.properties, action: action.properties, context }
  return Object.entries(said).flatMap(([of, properties = {}]) =>
    Object.entries(properties)
      .filter(([name]) => of !== 'context' || !FACTS.includes(name))
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => ({ tag: `${of}.${name}`, of, name, value })),
  )
}

interface Said {
  readonly tag: string
  readonly of: string
  readonly name: string
  readonly value: unknown
}

/** What the asking server says, by `subject.NAME`, `resource.NAME`, `action.NAME` and `context.NAME`. Lists and objects are left out. */
function tagsOf(request: EvaluationRequest): Record<string, string> {
  const tags = saidIn(request)
    .map(({ tag, value }) => [tag, String(value)] as const)
    .filter(([, text]) => text.length <= MAX_TAG_CHARACTERS)
  return Object.fromEntries(tags.slice(0, MAX_TAGS))
}
