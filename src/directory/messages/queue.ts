import { newId, type Random } from '../../protocol/ids.ts'
import { timeInWords } from '../../protocol/noun/words.ts'
import type { AgentSelector, StopKind } from '../../protocol/nouns/agents/stops.ts'
import type { ApprovalView } from '../../protocol/nouns/people/approvals.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Device } from '../devices/device.ts'
import type { GroupStore } from '../humans/group-store.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import type { RegistrationStore } from '../registrations/registration-store.ts'
import { selectorWords } from '../stops/selector.ts'
import type { ReachQueries, StopStore, StoredStop } from '../stops/stop-store.ts'
import { stateAt } from '../stops/stop-view.ts'
import { nameKeyOf } from '../stops/transitions.ts'
import type { MessageStore } from './message-store.ts'
import { administrators, channel, person, type Recipient, type RecipientsComponents } from './recipients.ts'
import type { Schedule } from './schedule.ts'
import { contentOf, isUrgent, type Thing, type WaitingGroup } from './things.ts'
import { type FleetWaitingComponents, waitingForRoles, waitingOf } from './waiting.ts'

/** Puts what people were not told yet into messages. What was told is stored in the same transaction, so nothing is told twice. */

export type QueueComponents = FleetWaitingComponents &
  RecipientsComponents &
  ActComponents<{
    readonly messages: MessageStore
    readonly humans: Pick<HumanStore, 'get' | 'named' | 'page'>
    readonly groups: Pick<GroupStore, 'get' | 'membersOf'>
    readonly devices: { get(id: string): Promise<Device | undefined> }
    readonly registrations: Pick<RegistrationStore, 'get'>
    readonly stops: Pick<StopStore, 'list' | 'get'>
    readonly stopReach: Pick<ReachQueries, 'ownerOf'>
  }> & {
    readonly random: Random
    readonly approvals: { waiting(limit: number): Promise<readonly ApprovalView[]> }
  }

export interface QueueInit {
  readonly schedule: Pick<Schedule, 'dueAt'>
  readonly media: { readonly mail: boolean; readonly slack: boolean; readonly teams: boolean }
}

export interface MessageQueue {
  /** The work of a worker: about stops and approvals, at once. */
  queueUrgent(): Promise<false>
  /** The work of a worker: the next step of a digest that is due. @returns whether there is more. */
  queueDigest(): Promise<boolean>
}

const PEOPLE_AT_ONCE = 20
const STOPS_AT_ONCE = 50
const APPROVALS_AT_ONCE = 100
const MOST_TOLD_STOPS = 5_000
/** Of a group that is stopped. */
const MOST_MEMBERS = 1_000
const OPEN_STATES = ['waiting', 'standing', 'release-waiting'] as const
const DAY_MS = 86_400_000
const TELL_AGAIN_MS = 365 * DAY_MS
const KEPT_MS = 30 * DAY_MS

export function messageQueue(components: QueueComponents, init: QueueInit): MessageQueue {
  return new Queue(components, init)
}

class Queue implements MessageQueue {
  readonly #components: QueueComponents
  readonly #init: QueueInit

  constructor(components: QueueComponents, init: QueueInit) {
    this.#components = components
    this.#init = init
  }

  async queueUrgent(): Promise<false> {
    const { store } = this.#components
    if (!this.#isOn()) return false
    await store.transaction(async () => {
      const open: StoredStop[] = []
      for (const state of OPEN_STATES) open.push(...(await this.#stopsIn(state)))
      const told = await store.messages.stopsNotOver(MOST_TOLD_STOPS)
      const approvals = await this.#components.approvals.waiting(APPROVALS_AT_ONCE)
      if (open.length === 0 && told.length === 0 && approvals.length === 0) return
      const officials = await this.#officials()
      const groups = new Map<string, { recipient: Recipient; things: Thing[] }>()
      const add = (recipient: Recipient, thing: Thing) => {
        const before = groups.get(recipient.id) ?? { recipient, things: [] }
        before.things.push(thing)
        groups.set(recipient.id, before)
      }
      for (const stop of open) {
        for (const { recipient, thing } of await this.#aboutOpen(stop, officials)) add(recipient, thing)
      }
      for (const approval of approvals) {
        for (const { recipient, thing } of await this.#aboutApproval(approval, officials)) add(recipient, thing)
      }
      for (const { recipient, thing } of await this.#aboutOver(told, officials)) add(recipient, thing)
      for (const { recipient, things } of groups.values()) {
        await this.#tell(recipient, Object.values(Object.groupBy(things, ({ kind }) => kind)).map(groupOfUrgent))
      }
    })
    return false
  }

  async queueDigest(): Promise<boolean> {
    const { store, clock } = this.#components
    const dueAt = this.#init.schedule.dueAt(clock.now())
    if (dueAt === undefined || !this.#isOn()) return false
    return store.transaction(async () => {
      const place = await store.messages.digest()
      // What waited before there were messages is in the first digest that is due from now on.
      if (place === undefined) await store.messages.putDigest({ doneAt: dueAt })
      if (place === undefined || place.doneAt >= dueAt) return false
      const now = clock.now()
      if (place.after === undefined) {
        const recipients = await this.#officials()
        await this.#digestFor(recipients, now)
        await store.messages.removeSettled(now - KEPT_MS)
        await store.messages.forgetTold(now - TELL_AGAIN_MS)
        await store.messages.putDigest({ ...place, after: 0 })
        return true
      }
      const people = this.#init.media.mail ? await store.humans.page({ after: place.after, limit: PEOPLE_AT_ONCE }) : []
      const done = new Set((await this.#officials()).map(({ id }) => id))
      await this.#digestFor(
        people.flatMap((human) => person(human) ?? []).filter(({ id }) => !done.has(id)),
        now,
      )
      const last = people.at(-1)?.number
      await store.messages.putDigest(last === undefined ? { doneAt: dueAt } : { ...place, after: last })
      return last !== undefined
    })
  }

  #isOn(): boolean {
    return Object.values(this.#init.media).some((one) => one)
  }

  /** Administrators by mail, and the channels. */
  async #officials(): Promise<readonly Official[]> {
    const { mail, slack, teams } = this.#init.media
    return [
      ...(slack ? [channel('slack')] : []),
      ...(teams ? [channel('teams')] : []),
      ...(mail ? await administrators(this.#components, this.#components.clock.now()) : []),
    ]
  }

  async #digestFor(recipients: readonly Recipient[], now: number): Promise<void> {
    const mayRegister = recipients.some(({ may }) => may('register'))
    const mayOperate = recipients.some(({ may }) => may('operate'))
    const ofRoles = await waitingForRoles(this.#components, { mayRegister, mayOperate, now })
    for (const recipient of recipients) {
      await this.#tell(recipient, await waitingOf(this.#components, recipient, { ofRoles, now }))
    }
  }

  async #tell(recipient: Recipient, groups: readonly WaitingGroup[]): Promise<void> {
    const { store, clock, random } = this.#components
    const { id, name, medium, address } = recipient
    if (medium === 'mail' && (await store.messages.isMailOff(id))) return
    const news: { readonly group: WaitingGroup; readonly news: readonly Thing[] }[] = []
    for (const group of groups) {
      const unknown: Thing[] = []
      for (const thing of group.things) if (!(await store.messages.isTold(id, thing))) unknown.push(thing)
      if (unknown.length > 0) news.push({ group, news: unknown })
    }
    if (news.length === 0) return
    const now = clock.now()
    await store.messages.add({
      id: newId('msg', random),
      medium,
      recipient: id,
      recipientName: name,
      address,
      urgent: news.some(({ group: { kind } }) => isUrgent(kind)),
      content: contentOf(news),
      createdAt: now,
    })
    for (const thing of news.flatMap((one) => one.news)) await store.messages.putTold(id, thing, now)
  }

  /** Those of people. What the register holds, its owners hear of as the state of a registration. */
  async #stopsIn(state: (typeof OPEN_STATES)[number]): Promise<readonly StoredStop[]> {
    const { store, clock } = this.#components
    const { items } = await store.stops.list({ state, limit: STOPS_AT_ONCE }, clock.now())
    return items.filter(({ kind, byRegister }) => kind !== 'drill' && byRegister !== true)
  }

  async #aboutOpen(stop: StoredStop, officials: readonly Official[]): Promise<readonly Told[]> {
    const state = stateAt(stop, this.#components.clock.now())
    const what = await this.#wordsOf(stop)
    const waits = state === 'waiting' || state === 'release-waiting'
    const confirmers = officials.filter((one) => one.may('stop') && !hasAsked(stop, one))
    const confirmations = waits ? confirmers.map((recipient) => ({ recipient, thing: confirmation(stop, what) })) : []
    if (state === 'waiting') return confirmations
    const watching = officials.filter(({ may }) => may('audit'))
    const concerned = await this.#concerned(stop, new Set(watching.map(({ id }) => id)))
    return [
      ...confirmations,
      ...[...watching, ...concerned].map((recipient) => ({ recipient, thing: inForce(stop, what, recipient) })),
    ]
  }

  /** Who may approve it: the owner, and officials other than the owner and who uses the account. */
  async #aboutApproval(approval: ApprovalView, officials: readonly Official[]): Promise<readonly Told[]> {
    const { owner, human, approvers, answers } = approval
    const left = approvers.filter((one) => !answers.some(({ as }) => as === one))
    const thing = wanted(approval)
    const found: Told[] = []
    if (left.includes('owner') && owner !== undefined) {
      const recipient = officials.find(({ id }) => id === owner) ?? (await this.#personWith(owner))
      if (recipient !== undefined) found.push({ recipient, thing })
    }
    if (left.includes('approver')) {
      const others = officials.filter(({ id, may }) => may('register') && id !== owner && id !== human)
      found.push(...others.map((recipient) => ({ recipient, thing })))
    }
    return found
  }

  async #aboutOver(
    told: Awaited<ReturnType<MessageStore['stopsNotOver']>>,
    officials: readonly Official[],
  ): Promise<readonly Told[]> {
    const { store, clock } = this.#components
    const now = clock.now()
    const found: Told[] = []
    for (const [id, recipients] of Map.groupBy(told, ({ stop }) => stop)) {
      const stop = await store.stops.get(id)
      if (stop !== undefined && ['standing', 'release-waiting'].includes(stateAt(stop, now))) continue
      const thing = over(stop, id, stop === undefined ? id : await this.#wordsOf(stop))
      for (const { recipient: known } of recipients) {
        const recipient = officials.find((one) => one.id === known) ?? (await this.#personWith(known))
        if (recipient === undefined || stop === undefined) await store.messages.putTold(known, thing, now)
        else found.push({ recipient, thing: { ...thing, path: pathOf(stop, recipient) } })
      }
    }
    return found
  }

  /** With names instead of ids. */
  async #wordsOf({ kind, selector }: StoredStop): Promise<string> {
    const { store } = this.#components
    const { human, group, registration, device } = selector
    const names = {
      human: human && (await store.humans.get(human))?.displayName,
      group: group && (await store.groups.get(group))?.name,
      registration: registration && (await store.registrations.get(registration))?.name,
      device: device && (await store.devices.get(device))?.label?.hostname,
    }
    const named = Object.fromEntries(Object.entries(names).filter(([, name]) => name !== undefined))
    return `${VERBS[kind]} ${selectorWords({ ...selector, ...named })}`
  }

  async #personWith(id: string): Promise<Recipient | undefined> {
    const human =
      id.startsWith('hum_') && this.#init.media.mail ? await this.#components.store.humans.get(id) : undefined
    return human && person(human)
  }

  /** People whose agents a stop names, by what it selects. A stop of everything, of a product or of a user names nobody. */
  async #concerned({ selector }: StoredStop, known: ReadonlySet<string>): Promise<readonly Recipient[]> {
    if (!this.#init.media.mail) return []
    const people = await this.#named(selector)
    return people.flatMap((human) => person(human) ?? []).filter(({ id }) => !known.has(id))
  }

  async #named({ human, group, registration, device }: AgentSelector): Promise<readonly Human[]> {
    const { store } = this.#components
    const ids = human === undefined ? [] : [human]
    if (group !== undefined) ids.push(...(await store.groups.membersOf(group, { limit: MOST_MEMBERS })))
    const owner = registration === undefined ? undefined : (await store.registrations.get(registration))?.owner
    if (owner !== undefined) ids.push(owner)
    const found: Human[] = []
    for (const id of ids) {
      const one = await store.humans.get(id)
      if (one !== undefined) found.push(one)
    }
    const name = ids.length > 0 || device === undefined ? undefined : await store.stopReach.ownerOf(device)
    const ownerOfDevice = name === undefined ? undefined : await store.humans.named(name)
    return ownerOfDevice === undefined ? found : [ownerOfDevice]
  }
}

type Official = Recipient & { readonly names?: readonly string[] }

interface Told {
  readonly recipient: Recipient
  readonly thing: Thing
}

function groupOfUrgent(things: readonly Thing[] = []): WaitingGroup {
  const kind = things[0]?.kind ?? 'stop'
  const path = kind === 'confirmation' ? '/stops?state=waiting' : kind === 'approval' ? '/approvals' : '/stops'
  const only = things.length === 1 ? things[0]?.path : undefined
  const isMine = things.every((one) => one.path === '/mine')
  return { kind, things, total: things.length, path: only ?? (isMine ? '/mine' : path) }
}

/** Whoever asked for a stop, or for its release, is not the second person. */
function hasAsked({ created, release }: StoredStop, { names = [] }: Official): boolean {
  const asker = nameKeyOf((release ?? created).by.name)
  return names.some((name) => nameKeyOf(name) === asker)
}

/** Not what it would do: messages go over servers of others. */
function wanted({ id, tool, user, host, endsAt }: ApprovalView): Thing {
  const text = `${tool.name} of ${user.name} on ${host}, until ${timeInWords(endsAt)}`
  return { kind: 'approval', id, version: 'asked', text, path: `/approvals/${id}` }
}

const VERBS: Readonly<Record<StopKind, string>> = { freeze: 'Freeze', retire: 'Retire', drill: 'Drill' }

function confirmation({ id, created, reason, release }: StoredStop, what: string): Thing {
  const asked = release === undefined ? `${what}, asked for by ${created.by.name}: ${reason}` : undefined
  return {
    kind: 'confirmation',
    id,
    version: release === undefined ? 'stop' : `release ${release.at}`,
    text: asked ?? `Release of: ${what}, asked for by ${release?.by.name}: ${release?.reason}`,
    path: `/stops/${id}`,
  }
}

function inForce(stop: StoredStop, what: string, recipient: Recipient): Thing {
  const { id, created, reason, emergency, confirmed, endsAt } = stop
  const end = emergency && confirmed === undefined && endsAt !== undefined ? ` until ${timeInWords(endsAt)}` : ''
  const text = `${what}${end}, by ${created.by.name}: ${reason}`
  return { kind: 'stop', id, version: 'in force', text, path: pathOf(stop, recipient) }
}

function over(stop: StoredStop | undefined, id: string, what: string): Thing {
  const { release } = stop ?? {}
  const why = release === undefined ? 'it reached its end' : `released by ${release.by.name}: ${release.reason}`
  return { kind: 'stop-over', id, version: 'over', text: `${what}: ${why}`, path: `/stops/${id}` }
}

/** Who sees no stops sees what is theirs. */
function pathOf({ id }: StoredStop, { may }: Recipient): string {
  return may('audit') ? `/stops/${id}` : '/mine'
}
