import { codeOf, SuretyError } from '../../base/errors.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type {
  REGISTRATION_ACTS,
  RegistrationChange,
  RegistrationCreator,
  RegistrationRequest,
  RegistrationState,
  RequestedState,
} from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry } from '../audit/audit.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { activeHuman } from '../humans/humans.ts'
import type { RegisterStops } from '../stops/register-stops.ts'
import type { Changes } from '../workers/changes.ts'
import {
  areWithin,
  checkedCriteria,
  requireLater,
  requireNoCycle,
  requireTransition,
  stopKindOf,
  withChanges,
} from './registration-rules.ts'
import type { Registration, RegistrationStore } from './registration-store.ts'

export interface RegistrationsComponents
  extends ActComponents<{
    readonly registrations: RegistrationStore
    readonly humans: Pick<HumanStore, 'get' | 'named' | 'allNamed'>
    readonly devices: Pick<DeviceStore, 'standing'>
  }> {
  readonly random: Random
  readonly registerStops: RegisterStops
  readonly changes: Pick<Changes, 'of'>
}

/** Why something is done, and who does it. */
export interface Act {
  readonly reason: string
  readonly by: Person
}

/** A registration of a human who left. */
export interface DepartedAgent {
  readonly id: string
  readonly name: string
  /** Id of the new owner. */
  readonly to?: string | undefined
}

export interface Departed {
  readonly transferred: readonly DepartedAgent[]
  readonly retired: readonly DepartedAgent[]
}

/**
 * What is done to registrations. Each method is one transaction, or part of the caller's. The database refuses an active agent
 * without a living owner and a transition that the lifecycle does not have, whatever the code does.
 */
export interface Registrations {
  /**
   * @throws `INPUT_MALFORMED`; `NOT_FOUND` for a human, `DEVICE_UNKNOWN`; `OWNER_REQUIRED` for an active one without a living owner;
   * `CONFLICT` for a successor who is deactivated, is the owner, or makes a cycle.
   */
  create(request: RegistrationRequest, creator: Omit<RegistrationCreator, 'at'>): Promise<Registration>
  /** Changes what it says. Owner and state have acts of their own. @throws as `create`; `CONFLICT` once it has ended; `VERSION_STALE`; `NOT_PERMITTED`. */
  change(id: string, change: RegistrationChange, by: Person): Promise<Registration>
  /**
   * Moves it to another state. Suspended and quarantined: a stop freezes what matches. Retiring: a stop ends it. Active: what held it
   * is released, and nothing that was granted before comes back.
   *
   * @throws `NOT_FOUND`; `TRANSITION_REFUSED`; `OWNER_REQUIRED`; `NOT_PERMITTED` for more devices than one person may stop. A
   * refusal is recorded.
   */
  move(id: string, to: RequestedState, act: Act): Promise<Registration>
  /** Another human answers for it. @throws `NOT_FOUND`; `OWNER_REQUIRED`; `CONFLICT` once it has ended, and for a cycle of successors. */
  transfer(id: string, owner: string, act: Act): Promise<Registration>
  /**
   * The successor agrees to get it when the owner leaves.
   *
   * @param by the successor, or an administrator who records it for them.
   * @throws `NOT_FOUND`; `CONFLICT` without an active successor; `NOT_PERMITTED` for anybody else.
   */
  acceptSuccession(id: string, by: Principal): Promise<Registration>
  /**
   * The human leaves: what they own goes to its successor, if that one accepted and is active, and retires otherwise. What they
   * accepted of others is void, also if they come back.
   */
  depart(human: string, act: Act): Promise<Departed>
  /** Those whose stop every device has answered have ended. @returns whether there may be more. */
  finishRetirements(): Promise<boolean>
}

const AT_ONCE = 100
const DIRECTORY = { id: 'directory', name: 'surety-directory' }

export function registrations(components: RegistrationsComponents): Registrations {
  return new StoredRegistrations(components)
}

class StoredRegistrations implements Registrations {
  readonly #components: RegistrationsComponents

  constructor(components: RegistrationsComponents) {
    this.#components = components
  }

  async create(request: RegistrationRequest, creator: Omit<RegistrationCreator, 'at'>): Promise<Registration> {
    const { store, clock, random } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const { owner, successor, contact, state = 'provisioning', scope, ...rest } = request
      requireLater(rest, at)
      const responsible = {
        owner: owner === undefined ? undefined : (await activeHuman(store.humans, owner, 'owner')).id,
        successor: successor === undefined ? undefined : (await activeHuman(store.humans, successor, 'successor')).id,
        contact: contact === undefined ? undefined : (await activeHuman(store.humans, contact, 'contact')).id,
      }
      if (state === 'active' && responsible.owner === undefined) throw withoutOwner()
      await requireNoCycle(store.registrations, responsible)
      const added = await store.registrations.add({
        ...rest,
        ...responsible,
        id: newId('agt', random),
        state,
        stateAt: at,
        createdAt: at,
        criteria: await checkedCriteria(store, request.criteria),
        scope: scope ?? { applications: [], dataSets: [], tools: [] },
        single: rest.single ?? false,
        creator: { ...creator, at },
        ...(state === 'active' ? { authorizationCutoff: at } : {}),
      })
      await this.#record(
        'registration-created',
        { after: added },
        { at, by: creator.person },
        { name: added.name, state },
      )
      return added
    })
  }

  async change(id: string, change: RegistrationChange, by: Person): Promise<Registration> {
    const { store, clock, registerStops, changes } = this.#components
    const changed = await store.transaction(async () => {
      const at = clock.now()
      const before = await this.#open(id)
      const { successor, contact, criteria, expectVersion, ...rest } = change
      requireLater(rest, at)
      const after: Registration = {
        ...withChanges(before, rest),
        ...(criteria === undefined ? {} : { criteria: await checkedCriteria(store, criteria) }),
        ...(contact === undefined ? {} : { contact: await this.#humanOrNone('contact', contact) }),
        ...(successor === undefined ? {} : await this.#succession(before, successor)),
      }
      await requireNoCycle(store.registrations, after)
      await store.registrations.update(after, { at, expectVersion })
      if (!areWithin(after.criteria, before.criteria)) await registerStops.requireWithin({ registration: id, at, by })
      const members = Object.keys(change).filter((name) => name !== 'expectVersion')
      const stored = await this.#stored(id)
      await this.#record('registration-changed', { before, after: stored }, { at, by }, { changed: members.join(' ') })
      return stored
    })
    changes.of('registrations')
    return changed
  }

  async move(id: string, to: RequestedState, act: Act): Promise<Registration> {
    const { store, changes } = this.#components
    try {
      await store.transaction(async () => {
        const before = await this.#stored(id)
        requireTransition(before.state, to)
        if (to === 'active') await this.#requireLivingOwner(before)
        await this.#move(before, to, act)
      })
    } catch (error) {
      const code = codeOf(error)
      if (code !== undefined && REFUSALS.includes(code)) await this.#recordRefusal(id, { to, code }, act)
      throw error
    }
    changes.of('registrations')
    return this.#stored(id)
  }

  async transfer(id: string, owner: string, { reason, by }: Act): Promise<Registration> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const before = await this.#open(id)
      const to = (await activeHuman(store.humans, owner, 'owner')).id
      await this.#transfer(before, to, { at: clock.now(), by, reason })
      return this.#stored(id)
    })
  }

  async acceptSuccession(id: string, by: Principal): Promise<Registration> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const before = await this.#open(id)
      const { successor } = before
      if (successor === undefined) throw conflict(`the agent ${id} has no successor: name one first`)
      if ((await store.humans.get(successor))?.status !== 'active')
        throw conflict(`the successor ${successor} is deactivated`)
      const isThemself =
        by.kind === 'person'
          ? by.id === successor
          : by.kind === 'administrator' && (await store.humans.named(by.name))?.id === successor
      if (!isThemself && by.role !== 'administrator') {
        throw new SuretyError('NOT_PERMITTED', 'the successor accepts it, or an administrator for them')
      }
      const at = clock.now()
      await store.registrations.update({ ...before, successorAcceptedAt: at }, { at })
      const details = { successor, onBehalf: !isThemself }
      const after = await this.#stored(id)
      await this.#record('registration-succession-accepted', { before, after }, { at, by }, details)
      return after
    })
  }

  async depart(human: string, { reason, by }: Act): Promise<Departed> {
    const { store, clock, changes } = this.#components
    const departed = await store.transaction(async () => {
      const at = clock.now()
      const left = { transferred: [] as DepartedAgent[], retired: [] as DepartedAgent[] }
      await store.registrations.voidAcceptances(human, at)
      for (let after = 0; ; ) {
        const owned = await store.registrations.ownedBy(human, { after, limit: AT_ONCE })
        for (const registration of owned) {
          const { id, name, state } = registration
          if (state === 'retiring') continue
          const successor = await this.#acceptedSuccessor(registration)
          if (successor === undefined) {
            await this.#move(registration, 'retiring', { reason, by }, { departing: true })
            left.retired.push({ id, name })
          } else {
            await this.#transfer(registration, successor, { at, by, reason })
            left.transferred.push({ id, name, to: successor })
          }
        }
        const last = owned.at(-1)
        if (last === undefined || owned.length < AT_ONCE) return left
        after = last.number
      }
    })
    changes.of('registrations')
    return departed
  }

  async finishRetirements(): Promise<boolean> {
    const { store, clock, registerStops } = this.#components
    // Without work there is no transaction.
    if ((await store.registrations.endedOnDevices(1)).length === 0) return false
    await store.transaction(async () => {
      const at = clock.now()
      for (const registration of await store.registrations.endedOnDevices(AT_ONCE)) {
        const { id, stop } = registration
        const reason = 'every device has answered that it ended'
        await store.registrations.move(id, { state: 'retired', reason, at, stop })
        // The earlier freeze lasted until the end, so that nothing ran in between.
        await registerStops.letGo({ registration: id, reason, at, by: DIRECTORY }, stop)
        const changed = { before: registration, after: await this.#stored(id) }
        await this.#record('registration-retired', changed, { at, by: DIRECTORY }, { reason })
      }
    })
    return true
  }

  /** Inside the caller's transaction. */
  async #move(
    before: Registration,
    to: RequestedState,
    { reason, by }: Act,
    options = { departing: false },
  ): Promise<void> {
    const { store, clock, registerStops } = this.#components
    const { id, state: from } = before
    const at = clock.now()
    const kind = stopKindOf(to)
    let stop: string | undefined
    if (kind === undefined) await registerStops.letGo({ registration: id, reason, at, by })
    else {
      const holds = stopKindOf(from) === kind ? before.stop : undefined
      stop = holds ?? (await registerStops.hold(kind, { registration: id, reason, at, by }, options))
    }
    await store.registrations.move(id, { state: to, reason, at, stop })
    const details = { from, to, reason, ...(stop === undefined ? {} : { stop }) }
    await this.#record(MOVE_ACTS[to], { before, after: await this.#stored(id) }, { at, by }, details)
  }

  async #transfer(before: Registration, to: string, { at, by, reason }: Act & { readonly at: number }): Promise<void> {
    const { store } = this.#components
    const { owner, successor } = before
    const isSuccessor = to === successor
    const after = {
      ...before,
      owner: to,
      // The successor agreed to follow the owner of before.
      successorAcceptedAt: undefined,
      ...(isSuccessor ? { successor: undefined } : {}),
    }
    await requireNoCycle(store.registrations, after)
    await store.registrations.update(after, { at })
    const details = { ...(owner === undefined ? {} : { from: owner }), to, successor: isSuccessor, reason }
    await this.#record('registration-transferred', { before, after }, { at, by }, details)
  }

  async #acceptedSuccessor({ owner, successor, successorAcceptedAt }: Registration): Promise<string | undefined> {
    if (successor === undefined || successorAcceptedAt === undefined || successor === owner) return undefined
    return (await this.#components.store.humans.get(successor))?.status === 'active' ? successor : undefined
  }

  /** Another successor has not accepted yet. */
  async #succession(
    before: Registration,
    named: string | null,
  ): Promise<Pick<Registration, 'successor' | 'successorAcceptedAt'>> {
    const successor = await this.#humanOrNone('successor', named)
    return successor === before.successor ? {} : { successor, successorAcceptedAt: undefined }
  }

  async #humanOrNone(what: 'successor' | 'contact', named: string | null): Promise<string | undefined> {
    return named === null ? undefined : (await activeHuman(this.#components.store.humans, named, what)).id
  }

  /** @throws `NOT_FOUND`. */
  async #stored(id: string): Promise<Registration> {
    const registration = await this.#components.store.registrations.get(id)
    if (registration === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${id}`)
    return registration
  }

  /** @throws `NOT_FOUND`; `CONFLICT` once it has ended. */
  async #open(id: string): Promise<Registration> {
    const registration = await this.#stored(id)
    const { state } = registration
    if (state === 'retiring' || state === 'retired') throw conflict(`the agent ${id} is ${state}: it cannot be changed`)
    return registration
  }

  async #requireLivingOwner({ owner }: Registration): Promise<void> {
    if (owner === undefined || (await this.#components.store.humans.get(owner))?.status !== 'active')
      throw withoutOwner()
  }

  /** In a transaction of its own: what was refused changed nothing else. */
  async #recordRefusal(
    id: string,
    refused: { readonly to: RequestedState; readonly code: string },
    { reason, by }: Act,
  ): Promise<void> {
    const { store, clock } = this.#components
    await store.transaction(async () => {
      const refusing = await this.#stored(id)
      const details = { from: refusing.state, ...refused, reason }
      await this.#record(
        'registration-refused',
        { before: refusing, after: refusing },
        { at: clock.now(), by },
        details,
      )
    })
  }

  async #record(
    act: (typeof REGISTRATION_ACTS)[number],
    changed: { readonly before?: Registration; readonly after: Registration },
    { at, by }: { readonly at: number; readonly by: Pick<Person, 'id'> },
    details: AuditEntry['details'],
  ): Promise<void> {
    const { id, criteria } = changed.after
    const about = { subject: id, device: criteria.device, details: { agent: id, ...details } }
    await this.#components.store.audit.add({ at, actor: by.id, act, ...about, ...changed })
  }
}

/** Of a transition. Anything else is a failure. */
const REFUSALS = ['TRANSITION_REFUSED', 'OWNER_REQUIRED', 'NOT_PERMITTED']

const MOVE_ACTS = {
  active: 'registration-activated',
  suspended: 'registration-suspended',
  quarantined: 'registration-quarantined',
  retiring: 'registration-retiring',
} as const satisfies Partial<Record<RegistrationState, (typeof REGISTRATION_ACTS)[number]>>

function withoutOwner(): SuretyError {
  return new SuretyError('OWNER_REQUIRED', 'an active agent needs an owner who is an active human')
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
