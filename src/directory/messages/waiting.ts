import { timeInWords } from '../../protocol/noun/words.ts'
import type { ReviewView } from '../../protocol/nouns/agents/reviews.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { Zombie } from '../../protocol/nouns/agents/zombies.ts'
import type { DeviceSummary } from '../../protocol/nouns/devices/devices.ts'
import type { ClaimView } from '../../protocol/nouns/people/claims.ts'
import type { Mine } from '../../protocol/nouns/people/mine.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { Human } from '../humans/human-store.ts'
import { type WaitingComponents, waitingFor } from '../summary/waiting-for.ts'
import type { EndingRegistration, MessageStore } from './message-store.ts'
import type { Recipient } from './recipients.ts'
import type { Thing, ThingKind, WaitingGroup } from './things.ts'

/** What waits, as the console shows it: for a person by what is theirs, for administrators by what they may do. */

export interface FleetWaitingComponents extends WaitingComponents {
  readonly store: WaitingComponents['store'] & {
    readonly messages: Pick<MessageStore, 'ending'>
    readonly zombies: { list(request: ListRequest): Promise<Listed<Zombie>> }
    readonly seen: { counts(): Promise<{ readonly seen: { readonly unknown: number } }> }
    readonly devices: Pick<DeviceQueries, 'list'>
  }
  readonly claims: WaitingComponents['claims'] & { list(request: ListRequest): Promise<Listed<ClaimView>> }
  readonly reviews: WaitingComponents['reviews'] & {
    list(request: ListRequest): Promise<Listed<ReviewView>>
  }
  readonly inbox: {
    list(question: { readonly limit: number; readonly state: 'unknown' }): Promise<{
      readonly items: readonly SeenAgentView[]
    }>
  }
}

/** Of each kind, the first ones. */
const LOOKED_AT = 50
const DAY_MS = 86_400_000
/** A review is told again before it is over. */
const REVIEW_SOON_MS = 3 * DAY_MS
const ENDING_SOON_MS = 14 * DAY_MS
const MINE = '/mine'

/** What is theirs: as owner, manager or successor. */
export async function waitingForPerson(
  components: FleetWaitingComponents,
  human: Human,
  { mayView, now }: { readonly mayView: boolean; readonly now: number },
): Promise<readonly WaitingGroup[]> {
  const { store } = components
  const { claims, successions, reviews } = await waitingFor(components, human)
  const of = (kind: ThingKind, things: readonly Thing[], more = false): WaitingGroup => ({
    kind,
    things,
    total: things.length + (more ? 1 : 0),
    path: MINE,
  })
  const registration = (id: string) => (mayView ? `/registrations/${id}` : MINE)
  const zombies = await store.zombies.list({ owner: human.id, limit: LOOKED_AT })
  const ending = await store.messages.ending({ now, until: now + ENDING_SOON_MS, owner: human.id, limit: LOOKED_AT })
  const silent = await silentDevices(components, now, { owner: human.id })
  return [
    of(
      'review',
      reviews.items.map((review) => reviewToAnswer(review, now)),
      reviews.more,
    ),
    of(
      'claim',
      claims.items.map((claim) => ({ ...claimThing(claim), path: MINE })),
      claims.more,
    ),
    of('succession', successions.items.map(successionThing), successions.more),
    { kind: 'zombie', ...listed(zombies, (one) => zombieThing(one, registration(one.id))), path: MINE },
    { kind: 'ending', ...listed(ending, (one) => endingThing(one, registration(one.id))), path: MINE },
    { ...silent, path: mayView ? silent.path : MINE, things: mayView ? silent.things : silent.things.map(atMine) },
  ]
}

/** What administrators see at the overview, by what they may do. */
export async function waitingForRoles(
  components: FleetWaitingComponents,
  {
    mayRegister,
    mayOperate,
    now,
  }: { readonly mayRegister: boolean; readonly mayOperate: boolean; readonly now: number },
): Promise<readonly WaitingGroup[]> {
  const silent = mayOperate ? [await silentDevices(components, now, {})] : []
  if (!mayRegister) return silent
  const { store, claims, reviews, inbox } = components
  const unknown = await inbox.list({ limit: LOOKED_AT, state: 'unknown' })
  const { seen } = await store.seen.counts()
  const pending = await claims.list({ state: 'pending', limit: LOOKED_AT })
  const zombies = await store.zombies.list({ sort: 'since', order: 'descending', limit: LOOKED_AT })
  const ending = await store.messages.ending({ now, until: now + ENDING_SOON_MS, limit: LOOKED_AT })
  const open = await reviews.list({ state: 'open', sort: 'due', order: 'ascending', limit: LOOKED_AT })
  const soon = open.items.filter(({ dueAt }) => dueAt <= now + REVIEW_SOON_MS)
  return [
    { kind: 'open-review', things: soon.map(openReview), total: soon.length, path: '/reviews?state=open' },
    { kind: 'claim', ...listed(pending, claimThing), path: '/claims?state=pending' },
    { kind: 'inbox', things: unknown.items.map(inboxThing), total: seen.unknown, path: '/inbox' },
    { kind: 'zombie', ...listed(zombies, (one) => zombieThing(one, `/registrations/${one.id}`)), path: '/zombies' },
    {
      kind: 'ending',
      ...listed(ending, (one) => endingThing(one, `/registrations/${one.id}`)),
      path: '/registrations',
    },
    ...silent,
  ]
}

/** Both, each thing once. */
export async function waitingOf(
  components: FleetWaitingComponents,
  { human, may }: Pick<Recipient, 'human' | 'may'>,
  { ofRoles, now }: { readonly ofRoles: readonly WaitingGroup[]; readonly now: number },
): Promise<readonly WaitingGroup[]> {
  const own = human === undefined ? [] : await waitingForPerson(components, human, { mayView: may('view'), now })
  const forRole = ofRoles.filter(({ kind }) => may(kind === 'silent' ? 'operate' : 'register'))
  const narrower = own.filter((group) => !forRole.some(({ kind }) => kind === group.kind))
  return [
    ...narrower,
    ...forRole.map((group) =>
      withOwn(
        group,
        own.find(({ kind }) => kind === group.kind),
      ),
    ),
  ]
}

/** What administrators see has the first ones only, and perhaps not those that are their own. */
function withOwn(group: WaitingGroup, own: WaitingGroup | undefined): WaitingGroup {
  if (own === undefined) return group
  const ids = new Set(own.things.map(({ id }) => id))
  return { ...group, things: [...own.things, ...group.things.filter(({ id }) => !ids.has(id))] }
}

function listed<T>(
  { items, total = items.length }: Pick<Listed<T>, 'items' | 'total'>,
  thing: (item: T) => Thing,
): Pick<WaitingGroup, 'things' | 'total'> {
  return { things: items.map(thing), total }
}

function atMine(thing: Thing): Thing {
  return { ...thing, path: MINE }
}

function reviewToAnswer({ id, name, dueAt, agents }: Mine['reviews']['items'][number], now: number): Thing {
  const [first] = agents.items
  const others = agents.items.length - 1
  const more = others === 0 && !agents.more ? '' : ` and ${others}${agents.more ? ' or more' : ''} of your other agents`
  return {
    kind: 'review',
    id,
    version: dueAt - now <= REVIEW_SOON_MS ? `soon ${dueAt}` : `open ${dueAt}`,
    text: `${name}: is ${first?.name}${more} still needed? Answer until ${timeInWords(dueAt)}`,
    path: MINE,
  }
}

function openReview({ id, name, dueAt, answers }: ReviewView): Thing {
  const text = `${name}: ${answers.silent} without an answer, ends ${timeInWords(dueAt)}`
  return { kind: 'open-review', id, version: `${dueAt}`, text, path: `/reviews/${id}` }
}

function claimThing({ id, humanName, user, product, host, purpose }: ClaimView): Thing {
  const text = `${humanName ?? user.name} says that ${product} on ${host} is theirs: ${purpose}`
  return { kind: 'claim', id, version: '', text, path: `/claims/${id}` }
}

function successionThing({ id, name, owner = '', ownerName }: Mine['successions']['items'][number]): Thing {
  const text = `${name}: yours if ${ownerName ?? 'its owner'} leaves, once you accept`
  return { kind: 'succession', id, version: owner, text, path: MINE }
}

function inboxThing({ id, name, hostname, device, user, human }: SeenAgentView): Thing {
  const by = human?.name ?? user?.name
  const text = `${name}${by === undefined ? '' : ` of ${by}`} on ${hostname ?? device}`
  return { kind: 'inbox', id, version: '', text, path: `/inbox/${id}` }
}

function zombieThing({ id, name, reasons, since }: Zombie, path: string): Thing {
  return { kind: 'zombie', id, version: `${since}`, text: `${name}: ${reasons.join(', ')}`, path }
}

function endingThing({ id, name, expiresAt }: EndingRegistration, path: string): Thing {
  return { kind: 'ending', id, version: `${expiresAt}`, text: `${name} ends ${timeInWords(expiresAt)}`, path }
}

async function silentDevices(
  { store }: FleetWaitingComponents,
  now: number,
  { owner }: { readonly owner?: string },
): Promise<WaitingGroup> {
  const { items, total = items.length } = await store.devices.list(
    { silentTooLong: 'yes', owner, limit: LOOKED_AT },
    now,
  )
  return { kind: 'silent', things: items.map(silentThing), total, path: '/devices?silentTooLong=yes' }
}

function silentThing({ id, label, owner, silentSince, lastSeenAt = 0 }: DeviceSummary): Thing {
  const since = silentSince ?? lastSeenAt
  const text = `${label?.hostname ?? id} of ${owner}: not heard since ${timeInWords(since)}`
  return { kind: 'silent', id, version: `${since}`, text, path: `/devices/${id}` }
}
