import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type {
  INBOX_ACTS,
  InboxBlock,
  InboxBlocked,
  InboxIgnore,
  InboxMerge,
  InboxRegistered,
  InboxRegistration,
  SeenAgentView,
} from '../../protocol/nouns/agents/inbox.ts'
import type { RegistrationRequest } from '../../protocol/nouns/agents/registrations.ts'
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
  get(id: string): SeenAgentView
  list(question: SeenQuestion): { readonly items: readonly SeenAgentView[]; readonly next?: SeenPosition | undefined }
  /**
   * Creates a registration that matches it. What the request leaves out comes from the sighting.
   *
   * @throws `NOT_FOUND`; `CONFLICT` for one that is registered or not there any more, and for criteria that it does not meet;
   * `INPUT_MALFORMED`.
   */
  register(id: string, request: InboxRegistration, by: Person): InboxRegistered
  /**
   * Widens the criteria of a registration so that they match it. What later changes are compared with is what is there now, so
   * merging it with its own registration accepts its drift.
   *
   * @throws `NOT_FOUND`, `CONFLICT`.
   */
  merge(id: string, request: InboxMerge, by: Person): InboxRegistered
  /** It needs no registration on this device for this user. @throws `NOT_FOUND`, `CONFLICT`, `INPUT_MALFORMED`. */
  ignore(id: string, request: InboxIgnore, by: Person): SeenAgentView
  /** It waits in the inbox again. @throws `NOT_FOUND`, `CONFLICT`. */
  unignore(id: string, by: Person): SeenAgentView
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

  get(id: string): SeenAgentView {
    return seenView(this.#components.store, this.#listed(id))
  }

  list(question: SeenQuestion): ReturnType<Inbox['list']> {
    const { store } = this.#components
    const { items, next } = store.seen.list(question)
    const ofDevices = store.seen.activeDevices()
    return { items: items.map((one) => seenView(store, one, ofDevices)), ...member('next', next) }
  }

  register(id: string, request: InboxRegistration, by: Person): InboxRegistered {
    const { store, registrations, changes } = this.#components
    const made = store.transaction(() => {
      const listed = this.#present(id)
      const { seen } = listed
      if (seen.registration !== undefined) {
        throw conflict(`it is registered as ${seen.registration}: change that, or merge it with another one`)
      }
      const registration = registrations.create(this.#requestOf(listed, request), { person: by })
      const after = this.#decide({ ...seen, ignored: undefined }, by)
      if (registration.state !== 'provisioning' && after.registration !== registration.id) {
        throw conflict(
          after.registration === undefined
            ? 'the criteria do not match it'
            : `the registration ${after.registration} matches it better: merge it with that one`,
        )
      }
      this.#record('agent-registered', seen, by, { registration: registration.id, purpose: request.purpose })
      return registration.id
    })
    changes.of('seen')
    return this.#registered(id, made)
  }

  merge(id: string, { into, ...allowed }: InboxMerge, by: Person): InboxRegistered {
    const { store, registrations, changes } = this.#components
    store.transaction(() => {
      const { seen } = this.#present(id)
      const registration = store.registrations.get(into)
      if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${into}`)
      if (registration.state === 'provisioning' || registration.state === 'retired') {
        throw conflict(`the registration is ${registration.state}, so it matches nothing`)
      }
      const criteria = widened(registration.criteria, this.#factsOf(seen), allowed)
      if (criteria !== registration.criteria) {
        registrations.change(into, { criteria, expectVersion: registration.version }, by)
      }
      const executables = runningExecutables(store.seen.presence(seen).instances)
      const after = this.#decide({ ...seen, ignored: undefined, executables, launches: {} }, by)
      if (after.registration !== into) {
        throw conflict(`the registration ${after.registration ?? 'none'} matches it better`)
      }
      this.#record('agent-merged', seen, by, { registration: into, ...member('before', seen.registration) })
    })
    changes.of('seen')
    return this.#registered(id, into)
  }

  ignore(id: string, { reason, until }: InboxIgnore, by: Person): SeenAgentView {
    const { store, clock } = this.#components
    const at = clock.now()
    if (until !== undefined && until <= at) throw new SuretyError('INPUT_MALFORMED', 'the end has passed')
    store.transaction(() => {
      const { seen } = this.#present(id)
      if (seen.state === 'registered' || seen.state === 'blocked') throw conflict(`it is ${seen.state}`)
      this.#decide({ ...seen, ignored: { by: by.id, at, reason, ...member('until', until) } }, by)
      this.#record('agent-ignored', seen, by, { reason, ...member('until', until) })
    })
    return this.get(id)
  }

  unignore(id: string, by: Person): SeenAgentView {
    this.#components.store.transaction(() => {
      const { seen } = this.#listed(id)
      if (seen.ignored === undefined) throw conflict('it is not ignored')
      this.#decide({ ...seen, ignored: undefined }, by)
      this.#record('agent-unignored', seen, by, { before: seen.ignored.reason })
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
    const { seen } = this.#listed(id)
    if (seen.registration !== undefined) {
      throw conflict(`it is registered as ${seen.registration}: suspend or quarantine that one`)
    }
    const selector = { product: seen.product, ...(here === true ? { device: seen.device } : {}) }
    let blocked: InboxBlocked | undefined
    const created = await stops.create({ kind: 'freeze', selector, ...request }, by, (work) => {
      blocked = store.transaction(() =>
        commit(() => {
          const made = work()
          bringUpToDate(store, seen, clock.now())
          const details = { stop: made.stop?.id ?? '', reason: request.reason, here: here === true }
          this.#record('agent-blocked', seen, by, details)
          return { agent: this.get(id), ...made }
        }),
      )
      return blocked
    })
    if (blocked !== undefined) changes.of('seen')
    return blocked ?? { agent: this.get(id), ...created }
  }

  #registered(id: string, into: string): InboxRegistered {
    const registration = this.#components.store.registrations.get(into)
    if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${into}`)
    const { name, state, owner, criteria } = registration
    const { seen } = this.#listed(id)
    return {
      agent: this.get(id),
      registration: { id: into, name, state, ...member('owner', owner), criteria },
      ...member('stop', this.#components.store.seen.blockingStop(seen)),
    }
  }

  /** @throws `NOT_FOUND`. */
  #listed(id: string): ListedSeen {
    const listed = this.#components.store.seen.view(id)
    if (listed === undefined) throw new SuretyError('NOT_FOUND', `no agent ${id} was seen`)
    return listed
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  #present(id: string): ListedSeen {
    const listed = this.#listed(id)
    if (listed.seen.present === 0) throw conflict('it is not there any more')
    return listed
  }

  #factsOf(seen: StoredSeen): MatchFacts {
    const { store } = this.#components
    return {
      device: seen.device,
      item: seen.item,
      human: store.seen.humanOf(seen.device, seen.userId),
      instances: store.seen.presence(seen).instances,
      mcpServers: () => store.seen.mcpServers(seen),
    }
  }

  #requestOf(listed: ListedSeen, request: InboxRegistration): RegistrationRequest {
    const { anyDevice, anyHuman, anyWorkspace, ...given } = request
    const facts = this.#factsOf(listed.seen)
    const { autonomy } = seenView(this.#components.store, listed)
    return {
      name: nameOf(listed.seen),
      criteria:
        given.criteria ?? criteriaOf(facts, { ...member('anyDevice', anyDevice), ...member('anyHuman', anyHuman) }),
      ...member('owner', proposedOwner(this.#components.store, listed)?.id),
      ...member('scope', anyWorkspace === true ? undefined : scopeOf(facts)),
      ...(autonomy === 'unknown' ? {} : { autonomyCeiling: autonomy }),
      state: 'active',
      ...given,
    }
  }

  /** Stores what a person decided, and what follows from it. */
  #decide(seen: StoredSeen, by: Person): StoredSeen {
    const { store, clock } = this.#components
    store.seen.update(seen)
    bringUpToDate(store, seen, clock.now())
    const after = store.seen.at(seen) ?? seen
    if (after.state !== 'registered') return after
    const decided = { ...after, decidedBy: by.id, decidedAt: clock.now() }
    store.seen.update(decided)
    return decided
  }

  #record(act: (typeof INBOX_ACTS)[number], seen: StoredSeen, by: Person, details: AuditEntry['details']): void {
    const { store, clock } = this.#components
    const { id, device, name, item, userName } = seen
    const what = { seen: id, name, agent: item, ...member('user', userName) }
    store.audit.add({ at: clock.now(), actor: by.id, act, subject: id, device, details: { ...what, ...details } })
  }
}

/** As it is shown, without what a registration's name may not have. */
function nameOf({ name, product }: StoredSeen): string {
  const legible = [name, product].map((one) => one.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '').trim())
  return legible.find((one) => one !== '')?.slice(0, 200) ?? 'agent'
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
