import type { InboxMerge, InboxRegistration } from '../../protocol/nouns/agents/inbox-decisions.ts'
import type { RegistrationView } from '../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { dayOf, endOfDay } from '../data/days.ts'
import { hostOf } from './seen-words.ts'

/** What the form that registers a seen agent has, and what it sends. */

/** Where a registration holds, from narrow to wide. */
const PLACES = ['here', 'any-folder', 'any-account', 'any-device', 'anywhere'] as const
export type Place = (typeof PLACES)[number]

export interface RegistrationFields {
  /** As typed: a user name, e-mail address or id; or the name of the proposed owner, unchanged. */
  readonly owner: string
  readonly purpose: string
  readonly place: Place
  /** `2027-12-01`, or empty: it does not end. */
  readonly ends: string
  readonly mayAct: 'asks' | 'autonomous'
}

/** A missing or impossible value, by its field. */
export type Mistakes = Partial<Readonly<Record<keyof RegistrationFields, string>>>

/** What was seen, as a person would fill it in. It ends after a year. */
export function fieldsFor({ proposedOwner, autonomy }: SeenAgentView, now: number): RegistrationFields {
  const end = new Date(now)
  end.setFullYear(end.getFullYear() + 1)
  return {
    owner: proposedOwner?.name ?? '',
    purpose: '',
    place: 'here',
    ends: dayOf(end),
    mayAct: autonomy === 'autonomous' ? 'autonomous' : 'asks',
  }
}

/** Places that differ for this agent, each in words. */
export function placesOf(agent: SeenAgentView): readonly { readonly place: Place; readonly words: string }[] {
  const { workspace, human, user } = agent
  const host = hostOf(agent)
  const account = user === undefined ? host : `${host}, ${user.name}`
  const places: readonly (readonly [Place, string] | false)[] = [
    ['here', workspace === undefined ? account : `${account}, ${workspace}`],
    workspace !== undefined && ['any-folder', `${account}, every folder`],
    human !== undefined && ['any-account', `${host}, every account`],
    human !== undefined && ['any-device', `every device of ${human.name}`],
    ['anywhere', 'every device and account'],
  ]
  return places.filter((place) => place !== false).map(([place, words]) => ({ place, words }))
}

export function mistakesIn({ owner, purpose, ends }: RegistrationFields, agent: SeenAgentView, now: number): Mistakes {
  return {
    ...(purpose.trim() === '' ? { purpose: 'Say what it is for.' } : {}),
    // The directory takes the proposed owner where none is named.
    ...(owner.trim() === '' && agent.proposedOwner !== undefined ? { owner: 'Say who answers for it.' } : {}),
    ...(ends !== '' && !(endOfDay(ends) > now) ? { ends: 'That day is over.' } : {}),
  }
}

/** Without an owner it waits until somebody accepts it. */
export function registrationRequest(fields: RegistrationFields, agent: SeenAgentView): InboxRegistration {
  const { purpose, place, ends, mayAct } = fields
  const typed = fields.owner.trim()
  const { proposedOwner } = agent
  const owner = typed === proposedOwner?.name ? proposedOwner.id : typed
  return {
    purpose: purpose.trim(),
    autonomyCeiling: mayAct,
    ...(owner === '' ? { state: 'provisioning' } : { owner }),
    ...(ends === '' ? {} : { expiresAt: endOfDay(ends) }),
    ...(place === 'any-device' || place === 'anywhere' ? { anyDevice: true } : {}),
    ...(place === 'any-account' || place === 'anywhere' ? { anyHuman: true } : {}),
    ...(place === 'here' ? {} : { anyWorkspace: true }),
  }
}

/** What adding an agent to a registration sends. It is widened only as far as it must be. */
export function mergeRequest(agent: SeenAgentView, { id, criteria }: RegistrationView): InboxMerge {
  return {
    into: id,
    ...(criteria.device !== undefined && criteria.device !== agent.device ? { anyDevice: true } : {}),
    ...(criteria.human !== undefined && criteria.human !== agent.human?.id ? { anyHuman: true } : {}),
  }
}
