import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import type { ClaimDecision } from '../../protocol/agent-claim.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import type { RegistrationRequest } from '../../protocol/nouns/agents/registrations.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { ClaimAcceptance, ClaimView } from '../../protocol/nouns/people/claims.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceStore, SightingQueries } from '../devices/device-store.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { Account, AccountStore } from '../humans/account-store.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import { bringUpToDate, type TakeInStore } from '../seen/take-in.ts'
import type { ClaimStore, StoredClaim } from './claim-store.ts'

export interface ClaimsComponents
  extends ActComponents<
    TakeInStore & {
      readonly claims: ClaimStore
      readonly accounts: Pick<AccountStore, 'of'>
      readonly humans: Pick<HumanStore, 'get' | 'allNamed'>
      readonly devices: Pick<DeviceStore, 'get'>
      readonly sightings: Pick<SightingQueries, 'view'>
    }
  > {
  /** Inside a transaction of the caller. */
  readonly accounts: {
    confirm(
      account: { readonly device: string; readonly user: string; readonly human?: string },
      by: Person,
    ): Promise<Account>
  }
  /** Inside a transaction of the caller. */
  readonly registrations: {
    create(
      request: RegistrationRequest,
      creator: { readonly person: Person; readonly device: string; readonly session?: string },
    ): Promise<{ readonly id: string }>
  }
  /** Sends the device its result with the decisions. Called after the commit. */
  readonly decided: (device: string) => Promise<void>
}

/** What people do with claims. Each method is one transaction. */
export interface Claims {
  /**
   * Registers the agent, owned by the person of the account.
   *
   * @throws `NOT_FOUND`; `NOT_PERMITTED` for a person who may not decide; `CONFLICT` for a claim that is decided or past its end,
   * an account without a human, a human who is deactivated, and an agent that is registered; `DEVICE_RETIRED`.
   */
  accept(id: string, acceptance: ClaimAcceptance, by: Principal): Promise<ClaimView>
  /** @throws `NOT_FOUND`, `NOT_PERMITTED`; `CONFLICT` for a claim that is decided. */
  refuse(id: string, reason: string, by: Principal): Promise<ClaimView>
  /** @throws `NOT_FOUND`. */
  get(id: string): Promise<ClaimView>
  /** Newest first. */
  list(request: ListRequest): Promise<Listed<ClaimView>>
  /** Claims of the device were stored. The device is sent the decisions that exist already. */
  arrived(device: string): Promise<void>
  /** The newest, for the device. */
  decisions(device: string): Promise<readonly ClaimDecision[]>
}

export function claims(components: ClaimsComponents): Claims {
  return new StoredClaims(components)
}

const MOST_OF_ITEM = 100
const MOST_OF_NAME = 200

class StoredClaims implements Claims {
  readonly #components: ClaimsComponents

  constructor(components: ClaimsComponents) {
    this.#components = components
  }

  async accept(id: string, { human: named, name, reason }: ClaimAcceptance, by: Principal): Promise<ClaimView> {
    const { store, clock } = this.#components
    return this.#decide(id, by, async (stored) => {
      const { device, claim, item } = stored
      requireEnd(claim.until, clock.now())
      const owner = await this.#owner(stored, named, by)
      await this.#requireUnregistered(stored, owner)
      const registration = await this.#components.registrations.create(
        {
          name: name ?? claim.name ?? defaultName(item, owner),
          purpose: claim.purpose,
          criteria: { products: [item], device, human: owner.id },
          owner: owner.id,
          state: 'active',
          ...member('expiresAt', claim.until),
        },
        { person: personOf(by), device, ...member('session', await this.#session(stored)) },
      )
      await bringUpToDate(store, { device, item, userId: claim.user.id }, clock.now())
      const details = { product: item, user: claim.user.name, human: owner.id, registration: registration.id }
      await store.audit.add({
        at: clock.now(),
        actor: by.id,
        act: 'claim-accepted',
        subject: id,
        device,
        details: { ...details, ...member('reason', reason) },
        before: { state: stored.state },
        after: { state: 'accepted', registration: registration.id },
      })
      return { outcome: 'accepted', registration: registration.id, ...member('reason', reason) }
    })
  }

  async refuse(id: string, reason: string, by: Principal): Promise<ClaimView> {
    const { store, clock } = this.#components
    return this.#decide(id, by, async ({ device, item, claim, state }) => {
      const details = { product: item, user: claim.user.name, reason }
      const changed = { before: { state }, after: { state: 'refused' } }
      const act = 'claim-refused'
      await store.audit.add({ at: clock.now(), actor: by.id, act, subject: id, device, details, ...changed })
      return { outcome: 'refused', reason }
    })
  }

  async get(id: string): Promise<ClaimView> {
    return this.#view(await this.#stored(id))
  }

  async list(request: ListRequest): Promise<Listed<ClaimView>> {
    const { items, ...rest } = await this.#components.store.claims.list(request)
    return { items: await Promise.all(items.map((stored) => this.#view(stored))), ...rest }
  }

  async arrived(device: string): Promise<void> {
    if ((await this.decisions(device)).length > 0) await this.#components.decided(device)
  }

  decisions(device: string): Promise<readonly ClaimDecision[]> {
    return this.#components.store.claims.decisions(device, LIMITS.agentClaims)
  }

  async #decide(
    id: string,
    by: Principal,
    decide: (stored: StoredClaim) => Promise<Pick<ClaimDecision, 'outcome' | 'registration' | 'reason'>>,
  ): Promise<ClaimView> {
    const { store, clock, decided } = this.#components
    const device = await store.transaction(async () => {
      const stored = await this.#stored(id)
      await this.#requireDecider(stored, by)
      if (stored.state !== 'pending') throw conflict(`the claim was ${stored.state} before`)
      await store.claims.decide({ claim: id, ...(await decide(stored)), by: by.name, time: clock.now() })
      return stored.device
    })
    await decided(device)
    return this.get(id)
  }

  /** Operators and administrators decide, and the manager of the human; never the one who claims. @throws `NOT_PERMITTED`. */
  async #requireDecider({ device, claim }: StoredClaim, by: Principal): Promise<void> {
    const { store } = this.#components
    const account = await store.accounts.of(device, claim.user.id)
    if (account?.human !== undefined && (await this.#isNamed(by, account.human)))
      throw new SuretyError('NOT_PERMITTED', 'it is your own claim: another person has to decide')
    if (mayDo(by.role, 'register')) return
    const human =
      account?.state === 'confirmed' && account.human !== undefined ? await store.humans.get(account.human) : undefined
    const manager = human?.manager === undefined ? undefined : await store.humans.get(human.manager)
    const isNamedSo =
      by.kind === 'person'
        ? manager?.id === by.id
        : by.kind === 'administrator' && foldedName(manager?.userName ?? '') === foldedName(by.name)
    const isManager = manager?.status === 'active' && isNamedSo
    if (!isManager)
      throw new SuretyError('NOT_PERMITTED', 'operators, administrators and the manager of the person decide')
  }

  /** Whether the name of the principal is one of the human's, also where it is another human's as well. */
  async #isNamed(by: Principal, human: string): Promise<boolean> {
    if (by.id === human) return true
    return (await this.#components.store.humans.allNamed(by.name)).some(({ id }) => id === human)
  }

  /** Confirms the account, if it is not confirmed. @throws `CONFLICT`, `NOT_PERMITTED`, `NOT_FOUND`. */
  async #owner({ device, claim }: StoredClaim, named: string | undefined, by: Principal): Promise<Human> {
    const { store, accounts } = this.#components
    const stored = await store.devices.get(device)
    if (stored === undefined) throw unknownDevice(device)
    if (stored.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired: refuse the claim')
    const { id: user, name } = claim.user
    const account = await store.accounts.of(device, user)
    const confirmed = account?.state === 'confirmed' ? account.human : undefined
    if (confirmed === undefined && named === undefined)
      throw conflict(`nobody has confirmed whose account ${JSON.stringify(name)} is: say it with --person`)
    if (confirmed === undefined && !mayDo(by.role, 'identify'))
      throw new SuretyError('NOT_PERMITTED', 'an administrator has to confirm first whose account it is')
    const human =
      confirmed === undefined || named !== undefined
        ? (await accounts.confirm({ device, user, ...member('human', named) }, personOf(by))).human
        : confirmed
    const owner = human === undefined ? undefined : await store.humans.get(human)
    if (owner === undefined) throw conflict('the account has no person')
    if (owner.status !== 'active')
      throw conflict(`${JSON.stringify(owner.userName)} is deactivated and cannot own an agent: refuse the claim`)
    if (await this.#isNamed(by, owner.id))
      throw new SuretyError('NOT_PERMITTED', 'it is your own claim: another person has to decide')
    return owner
  }

  /** @throws `CONFLICT`. */
  async #requireUnregistered({ device, item }: StoredClaim, owner: Human): Promise<void> {
    const same = (await this.#components.store.registrations.candidates({ item, device, human: owner.id })).find(
      ({ criteria, state, owner: other }) =>
        state !== 'retiring' &&
        other === owner.id &&
        criteria.device === device &&
        criteria.products?.length === 1 &&
        Object.keys(criteria).every((name) => ['products', 'device', 'human'].includes(name)),
    )
    if (same !== undefined) throw conflict(`the agent is registered already as ${same.id}: refuse the claim`)
  }

  /** The session in which the agent ran. */
  async #session({ device, claim }: StoredClaim): Promise<string | undefined> {
    const seen = (await this.#components.store.sightings.view(device, claim.sighting))?.sighting
    return seen?.kind === 'agent' ? seen.attribution?.session?.id : undefined
  }

  async #stored(id: string): Promise<StoredClaim> {
    const stored = await this.#components.store.claims.get(id)
    if (stored !== undefined) return stored
    throw new SuretyError('NOT_FOUND', `there is no claim ${id}`)
  }

  async #view({ device, item, claim, at, state, decision }: StoredClaim): Promise<ClaimView> {
    const { store } = this.#components
    const account = await store.accounts.of(device, claim.user.id)
    const human = account?.human === undefined ? undefined : await store.humans.get(account.human)
    const isConfirmed = account?.state === 'confirmed'
    const manager = human?.manager === undefined || !isConfirmed ? undefined : await store.humans.get(human.manager)
    return {
      id: claim.id,
      state,
      device,
      host: (await store.devices.get(device))?.label.hostname ?? '',
      user: { ...claim.user },
      ...member('byRoot', claim.byRoot),
      ...(isConfirmed
        ? { ...member('human', human?.id), ...member('humanName', human?.displayName) }
        : member('proposed', human?.userName)),
      ...member('manager', manager?.userName),
      sighting: claim.sighting,
      product: item === '' ? claim.product : item,
      purpose: claim.purpose,
      ...member('name', claim.name),
      ...member('until', claim.until),
      claimedAt: claim.time,
      receivedAt: at,
      ...member('decidedAt', decision?.time),
      ...member('decidedBy', decision?.by),
      ...member('reason', decision?.reason),
      ...member('registration', decision?.registration),
    }
  }
}

/** Devices choose the names of agents that no catalogue knows. */
function defaultName(item: string, { userName }: Human): string {
  const agent = foldedName(item) === undefined ? 'agent' : item
  return `${agent.slice(0, MOST_OF_ITEM)} of ${userName}`.slice(0, MOST_OF_NAME)
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}

/** @throws `CONFLICT`. */
function requireEnd(until: number | undefined, now: number): void {
  if (until !== undefined && until <= now) throw conflict('the end that the user gave is over: refuse the claim')
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
