import { HUMAN_ID, REGISTRATION_ID, SEEN_AGENT_ID, SERVICE_ACCOUNT_ID } from '../../protocol/ids.ts'
import type { BUILT_IN, EvaluationRequest } from '../../protocol/nouns/directory/decisions.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { ServiceAccountStore } from '../humans/service-account-store.ts'
import type { Registration, RegistrationStore } from '../registrations/registration-store.ts'
import type { StoredSeen } from '../seen/seen-store.ts'
import type { StopQueries } from '../stops/stop-store.ts'
import type { AccessDevice, AccessStore, StopInForce } from './access-store.ts'
import { type Agent, type Concerned, type Subject, stopsThatConcern } from './stops-that-concern.ts'

/** What the directory knows about a request, as of now. What it does not know is said, and never guessed. */

export interface FactsStore {
  readonly access: AccessStore
  readonly devices: Pick<DeviceQueries, 'matching'>
  readonly humans: Pick<HumanStore, 'get' | 'allNamed' | 'named'>
  readonly serviceAccounts: Pick<ServiceAccountStore, 'get' | 'byName'>
  readonly registrations: Pick<RegistrationStore, 'get'>
  readonly seen: { get(id: string): Promise<StoredSeen | undefined> }
  readonly stopProgress: Pick<StopQueries, 'onDevice'>
}

export interface Facts {
  readonly subject: Subject
  readonly agent: Agent | undefined
  readonly device: AccessDevice | undefined
  /** The person whom the owner of the device names. */
  readonly deviceOwner: string | undefined
  readonly standing: { readonly standing: number; readonly answered: number }
  /** Stops in force that concern the request. */
  readonly stops: readonly StopInForce[]
}

/** A request about what is not known, or not any more, is denied whatever the policy says. */
export interface Unknown {
  readonly unknown: (typeof BUILT_IN)[number]
  readonly reason: string
}

const PERSON_TYPES = ['user', 'person', 'human']
const SERVICE_TYPES = ['service-account', 'service_account', 'serviceaccount']
const IDS = {
  person: new RegExp(HUMAN_ID),
  service: new RegExp(SERVICE_ACCOUNT_ID),
  registration: new RegExp(REGISTRATION_ID),
  seen: new RegExp(SEEN_AGENT_ID),
}

export async function factsOf(
  store: FactsStore,
  { subject: asked, context = {} }: Pick<EvaluationRequest, 'subject' | 'context'>,
  now: number,
): Promise<Facts | Unknown> {
  const subject = await subjectOf(store, asked, now)
  if ('unknown' in subject) return subject
  const agent = await namedAgent(store, context.agent)
  if (agent !== undefined && 'unknown' in agent) return agent
  const device = await namedDevice(store, context.device ?? agent?.device, now)
  if (device !== undefined && 'unknown' in device) return device
  const here = agent === undefined ? undefined : await agentOn(store, agent, device?.id)
  const concerned: Concerned = { subject, agent: here, device }
  const inForce = await store.access.stopsInForce(device?.id, now)
  return {
    subject,
    agent: here,
    device,
    deviceOwner: device === undefined ? undefined : (await store.humans.named(device.owner))?.id,
    standing: device === undefined ? NONE : await store.stopProgress.onDevice(device.id, now),
    stops: inForce.length === 0 ? [] : await stopsThatConcern(store, inForce, concerned),
  }
}

const NONE = { standing: 0, answered: 0 }

/** What a type of AuthZEN stands for, in any case. */
export function kindOfSubject(type: string): 'person' | 'service' | undefined {
  const folded = type.toLowerCase()
  if (PERSON_TYPES.includes(folded)) return 'person'
  return SERVICE_TYPES.includes(folded) ? 'service' : undefined
}

async function subjectOf(
  store: FactsStore,
  { type, id }: EvaluationRequest['subject'],
  now: number,
): Promise<Subject | Unknown> {
  const kind = kindOfSubject(type)
  if (kind === 'person') {
    const [person, ...others] = await store.humans.allNamed(id)
    if (person === undefined) return unknown('subject-unknown', 'the register has no such person')
    if (others.length > 0) return unknown('subject-unknown', 'this names several people: ask with an id')
    return person.status === 'active' ? { person } : unknown('subject-inactive', 'the person is deactivated')
  }
  if (kind === undefined) {
    return unknown(
      'subject-unknown',
      'the register has people (user) and service accounts (service-account) as subjects',
    )
  }
  const { serviceAccounts } = store
  const service = IDS.service.test(id) ? await serviceAccounts.get(id) : await serviceAccounts.byName(id)
  if (service === undefined) return unknown('subject-unknown', 'the register has no such service account')
  if (service.status === 'ended' || service.expiresAt <= now) {
    return unknown('subject-inactive', 'the service account has ended')
  }
  const owner = await store.humans.get(service.owner)
  if (owner === undefined) return unknown('subject-unknown', 'the service account has no owner')
  return { service, owner }
}

/** What a member of the context names: a text, or an object with an id. Undefined: nothing. */
function idIn(member: unknown): string | null | undefined {
  if (member === undefined) return undefined
  const id = typeof member === 'object' && member !== null && 'id' in member ? member.id : member
  return typeof id === 'string' && id.length > 0 && id.length <= 512 ? id : null
}

type NamedAgent = { readonly device: string | undefined } & (
  | { readonly registration: Registration }
  | { readonly seen: StoredSeen; readonly registration: Registration | undefined }
)

/** By the id of a registration or of a seen agent, or by a SPIFFE id. */
async function namedAgent(store: FactsStore, member: unknown): Promise<NamedAgent | Unknown | undefined> {
  const named = idIn(member)
  if (named === undefined) return undefined
  const id = named?.replace(/^spiffe:\/\/[^/]+\/agent\//, '') ?? ''
  if (IDS.registration.test(id)) {
    const registration = await store.registrations.get(id)
    if (registration !== undefined) return { registration, device: registration.criteria.device }
  } else if (IDS.seen.test(id)) {
    const seen = await store.seen.get(id)
    if (seen !== undefined && seen.present > 0) {
      const registration =
        seen.registration === undefined ? undefined : await store.registrations.get(seen.registration)
      return { seen, registration, device: seen.device }
    }
  }
  return unknown('agent-unknown', 'the register has no such agent: name it by the id of its registration')
}

/** An agent by what a request may call it, on the device that its registration or its sighting names. */
export async function agentFacts(
  store: FactsStore,
  named: string,
): Promise<
  | { readonly agent: Agent; readonly registration: Registration | undefined; readonly device: string | undefined }
  | undefined
> {
  const found = await namedAgent(store, named)
  if (found === undefined || 'unknown' in found) return undefined
  const { registration, device } = found
  return { agent: await agentOn(store, found, device), registration, device }
}

async function agentOn({ access }: FactsStore, agent: NamedAgent, device: string | undefined): Promise<Agent> {
  const { registration } = agent
  if ('seen' in agent) {
    const { id, name, device: on } = agent.seen
    return { id: registration?.id ?? id, name, registration, seen: on === device ? [agent.seen] : [] }
  }
  const { id, name } = agent.registration
  return { id, name, registration, seen: device === undefined ? [] : await access.seenOn(device, id) }
}

/** By id, host name, serial number or owner, if that names one device. */
async function namedDevice(
  store: FactsStore,
  member: unknown,
  now: number,
): Promise<AccessDevice | Unknown | undefined> {
  const named = idIn(member)
  if (named === undefined) return undefined
  const nothing = unknown('device-unknown', 'the register has no such device')
  if (named === null) return nothing
  const direct = await store.access.device(named, now)
  const matches = direct === undefined ? await store.devices.matching(named, 2) : []
  if (matches.length > 1) return unknown('device-unknown', 'this names several devices: ask with an id')
  const device = direct ?? (matches[0] && (await store.access.device(matches[0].id, now)))
  if (device === undefined) return nothing
  return device.status === 'active' ? device : unknown('device-retired', 'the device is retired')
}

function unknown(what: Unknown['unknown'], reason: string): Unknown {
  return { unknown: what, reason }
}
