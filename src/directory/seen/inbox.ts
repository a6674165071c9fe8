import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { INBOX_ACTS } from '../../protocol/nouns/agents/inbox.ts'
import type {
  InboxBlock,
  InboxBlocked,
  InboxIgnore,
  InboxMerge,
  InboxRegistered,
  InboxRegistration,
} from '../../protocol/nouns/agents/inbox-decisions.ts'
import type { RegistrationRequest } from '../../protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry } from '../audit/audit.ts'
import { type Commit, commitAtOnce } from '../http/idempotency.ts'
import type { RegistrationStore } from '../registrations/registration-store.ts'
import type { Registrations } from '../registrations/registrations.ts'
import type { Stops } from '../stops/stops.ts'
import type { Changes } from '../workers/changes.ts'
import { runningExecutables } from './deviations.ts'
import type { MatchFacts } from './matching.ts'
import { criteriaOf, scopeOf, widened } from './proposed-criteria.ts'
import type { ListedSeen, SeenPosition, SeenQuestion, SeenStore, StoredSeen } from './seen-store.ts'
import { proposedOwner, type SeenViewStore, seenView } from './seen-view.ts'
import { bringUpToDate, type TakeInStore } from './take-in.ts'

export interface InboxComponents
  extends ActComponents<
    TakeInStore & SeenViewStore & { readonly seen: SeenStore; readonly registrations: Pick<RegistrationStore, 'get'> }
  > {
  readonly registrations: Pick<Registrations, 'create' | 'change'>
  readonly stops: Pick<Stops, 'create'>
  readonly changes: Pick<Changes, 'of'>
}

/** What people decide about what is seen. Each decision is on the record: who, and why. */
export interface Inbox {
  /** @throws `NOT_FOUND`. */
  get(id: string): Promise<SeenAgentView>
  list(
    question: SeenQuestion,
  ): Promise<{ readonly items: readonly SeenAgentView[]; readonly next?: SeenPosition | undefined }>
  /**
   * Creates a registration that matches it. What the request leaves out comes from the sighting.
   *
   * @throws `NOT_FOUND`; `CONFLICT` for one that is registered or not there any more, and for criteria that it does not meet;
   * `INPUT_MALFORMED`.
   */
  register(id: string, request: InboxRegistration, by: Person): Promise<InboxRegistered>
  /**
   * Widens the criteria of a registration so that they match it. What later changes are compared with is what is there now, so
   * merging it with its own registration accepts its drift.
   *
   * @throws `NOT_FOUND`, `CONFLICT`.
   */
  merge(id: string, request: InboxMerge, by: Person): Promise<InboxRegistered>
  /** It needs no registration on this device for this user. @throws `NOT_FOUND`, `CONFLICT`, `INPUT_MALFORMED`. */
  ignore(id: string, request: InboxIgnore, by: Person): Promise<SeenAgentView>
  /** It waits in the inbox again. @throws `NOT_FOUND`, `CONFLICT`. */
  unignore(id: string, by: Person): Promise<SeenAgentView>
  /** Makes a standing stop of its product, or says what that would stop. @throws `NOT_FOUND`, `CONFLICT`, as a new stop. */
  block(id: string, request: InboxBlock, by: Person, commit?: Commit): Promise<InboxBlocked>
}

export function inbox(components: InboxComponents): Inbox {
  return new StoredInbox(components)
}

class StoredInbox implements Inbox {
  readonly #components: InboxComponents

  constructor(components: InboxComponents) {
    this.#components = components
  }

  async get(id: string): Promise<SeenAgentView> {
    return seenView(this.#components.store, await this.#listed(id))
  }

  async list(question: SeenQuestion): ReturnType<Inbox['list']> {
    const { store } = this.#components
    const { items, next } = await store.seen.list(question)
    const ofDevices = await store.seen.activeDevices()
    return { items: await Promise.all(items.map((one) => seenView(store, one, ofDevices))), ...member('next', next) }
  }

  async register(id: string, request: InboxRegistration, by: Person): Promise<InboxRegistered> {
    const { store, registrations, changes } = this.#components
    const made = await store.transaction(async () => {
      const listed = await this.#present(id)
      const { seen } = listed
      if (seen.registration !== undefined) {
        throw conflict(`it is registered as ${seen.registration}: change that, or merge it with another one`)
      }
      const registration = await registrations.create(await this.#requestOf(listed, request), { person: by })
      const after = await this.#decide({ ...seen, ignored: undefined }, by)
      if (registration.state !== 'provisioning' && after.registration !== registration.id) {
        throw conflict(
          after.registration === undefined
            ? 'the criteria do not match it'
            : `the registration ${after.registration} matches it better: merge it with that one`,
        )
      }
      const details = { registration: registration.id, purpose: request.purpose }
      await this.#record('agent-registered', { before: seen, after }, by, details)
      return registration.id
    })
    changes.of('seen')
    return this.#registered(id, made)
  }

  async merge(id: string, { into, ...allowed }: InboxMerge, by: Person): Promise<InboxRegistered> {
    const { store, registrations, changes } = this.#components
    await store.transaction(async () => {
      const { seen } = await this.#present(id)
      const registration = await store.registrations.get(into)
      if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${into}`)
      if (registration.state === 'provisioning' || registration.state === 'retired') {
        throw conflict(`the registration is ${registration.state}, so it matches nothing`)
      }
      const criteria = await widened(registration.criteria, await this.#factsOf(seen), allowed)
      if (criteria !== registration.criteria) {
        await registrations.change(into, { criteria, expectVersion: registration.version }, by)
      }
      const executables = runningExecutables((await store.seen.presence(seen)).instances)
      const after = await this.#decide({ ...seen, ignored: undefined, executables, launches: {} }, by)
      if (after.registration !== into) {
        throw conflict(`the registration ${after.registration ?? 'none'} matches it better`)
      }
      const details = { registration: into, ...member('before', seen.registration) }
      await this.#record('agent-merged', { before: seen, after }, by, details)
    })
    changes.of('seen')
    return this.#registered(id, into)
  }

  async ignore(id: string, { reason, until }: InboxIgnore, by: Person): Promise<SeenAgentView> {
    const { store, clock } = this.#components
    const at = clock.now()
    await store.transaction(async () => {
      const { seen } = await this.#present(id)
      if (until !== undefined && until <= at) throw new SuretyError('INPUT_MALFORMED', 'the end has passed')
      if (seen.state === 'registered' || seen.state === 'blocked') throw conflict(`it is ${seen.state}`)
      const after = await this.#decide({ ...seen, ignored: { by: by.id, at, reason, ...member('until', until) } }, by)
      await this.#record('agent-ignored', { before: seen, after }, by, { reason, ...member('until', until) })
    })
    return this.get(id)
  }

  async unignore(id: string, by: Person): Promise<SeenAgentView> {
    await this.#components.store.transaction(async () => {
      const { seen } = await this.#listed(id)
      if (seen.ignored === undefined) throw conflict('it is not ignored')
      const after = await this.#decide({ ...seen, ignored: undefined }, by)
      await this.#record('agent-unignored', { before: seen, after }, by, { before: seen.ignored.reason })
    })
    return this.get(id)
  }

  async block(
    id: string,
    { here, ...request }: InboxBlock,
    by: Person,
    commit: Commit = commitAtOnce,
  ): Promise<InboxBlocked> {
    const { store, clock, stops, changes } = this.#components
    const unregistered = async () => {
      const { seen: found } = await this.#listed(id)
      if (found.registration === undefined) return found
      throw conflict(`it is registered as ${found.registration}: suspend or quarantine that one`)
    }
    const seen = await unregistered()
    const selector = { product: seen.product, ...(here === true ? { device: seen.device } : {}) }
    let blocked: InboxBlocked | undefined
    const created = await stops.create({ kind: 'freeze', selector, ...request }, by, async (work) => {
      blocked = await store.transaction(() =>
        commit(async () => {
          // It may have been registered meanwhile.
          await unregistered()
          const made = await work()
          await bringUpToDate(store, seen, clock.now())
          const details = { stop: made.stop?.id ?? '', reason: request.reason, here: here === true }
          const after = (await store.seen.at(seen)) ?? seen
          await this.#record('agent-blocked', { before: seen, after }, by, details)
          return { agent: await this.get(id), ...made }
        }),
      )
      return blocked
    })
    if (blocked !== undefined) changes.of('seen')
    return blocked ?? { agent: await this.get(id), ...created }
  }

  async #registered(id: string, into: string): Promise<InboxRegistered> {
    const registration = await this.#components.store.registrations.get(into)
    if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${into}`)
    const { name, state, owner, criteria } = registration
    const { seen } = await this.#listed(id)
    return {
      agent: await this.get(id),
      registration: { id: into, name, state, ...member('owner', owner), criteria },
      ...member('stop', await this.#components.store.seen.blockingStop(seen)),
    }
  }

  /** @throws `NOT_FOUND`. */
  async #listed(id: string): Promise<ListedSeen> {
    const listed = await this.#components.store.seen.view(id)
    if (listed === undefined) throw new SuretyError('NOT_FOUND', `no agent ${id} was seen`)
    return listed
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #present(id: string): Promise<ListedSeen> {
    const listed = await this.#listed(id)
    if (listed.seen.present === 0) throw conflict('it is not there any more')
    return listed
  }

  async #factsOf(seen: StoredSeen): Promise<MatchFacts> {
    const { store } = this.#components
    return {
      device: seen.device,
      item: seen.item,
      human: await store.seen.humanOf(seen.device, seen.userId),
      instances: (await store.seen.presence(seen)).instances,
      mcpServers: () => store.seen.mcpServers(seen),
    }
  }

  async #requestOf(listed: ListedSeen, request: InboxRegistration): Promise<RegistrationRequest> {
    const { anyDevice, anyHuman, anyWorkspace, ...given } = request
    const facts = await this.#factsOf(listed.seen)
    const { autonomy } = await seenView(this.#components.store, listed)
    return {
      name: nameOf(listed.seen),
      criteria:
        given.criteria ?? criteriaOf(facts, { ...member('anyDevice', anyDevice), ...member('anyHuman', anyHuman) }),
      ...member('owner', (await proposedOwner(this.#components.store, listed))?.id),
      ...member('scope', anyWorkspace === true ? undefined : scopeOf(facts)),
      ...(autonomy === 'unknown' ? {} : { autonomyCeiling: autonomy }),
      state: 'active',
      ...given,
    }
  }

  /** Stores what a person decided, and what follows from it. */
  async #decide(seen: StoredSeen, by: Person): Promise<StoredSeen> {
    const { store, clock } = this.#components
    await store.seen.update(seen)
    await bringUpToDate(store, seen, clock.now())
    const after = (await store.seen.at(seen)) ?? seen
    if (after.state !== 'registered') return after
    const decided = { ...after, decidedBy: by.id, decidedAt: clock.now() }
    await store.seen.update(decided)
    return decided
  }

  async #record(
    act: (typeof INBOX_ACTS)[number],
    { before, after }: { readonly before: StoredSeen; readonly after: StoredSeen },
    by: Person,
    details: AuditEntry['details'],
  ): Promise<void> {
    const { store, clock } = this.#components
    const { id, device, name, item, userName } = before
    await store.audit.add({
      at: clock.now(),
      actor: by.id,
      act,
      subject: id,
      device,
      details: { seen: id, name, agent: item, ...member('user', userName), ...details },
      before: decidedOf(before),
      after: decidedOf(after),
    })
  }
}

/** What people decide of it. */
function decidedOf({ state, registration, ignored }: StoredSeen): object {
  return { state, registration, ignored }
}

/** As it is shown, without what a registration's name may not have. */
function nameOf({ name, product }: StoredSeen): string {
  const legible = [name, product].map((one) => one.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '').trim())
  return legible.find((one) => one !== '')?.slice(0, 200) ?? 'agent'
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
