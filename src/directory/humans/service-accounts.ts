import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { foldName } from '../../base/text/fold-name.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import {
  MAX_SERVICE_ACCOUNT_MS,
  type SERVICE_ACCOUNT_ACTS,
  type ServiceAccountChange,
  type ServiceAccountRequest,
  type ServiceAccountStatus,
} from '../../protocol/nouns/people/service-accounts.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry } from '../audit/audit.ts'
import type { Human, HumanStore } from './human-store.ts'
import { activeHuman } from './humans.ts'
import type { ServiceAccount, ServiceAccountStore } from './service-account-store.ts'

export interface ServiceAccountsComponents
  extends ActComponents<{
    readonly serviceAccounts: ServiceAccountStore
    readonly humans: Pick<HumanStore, 'get' | 'named' | 'allNamed'>
  }> {
  readonly random: Random
}

/** What is done to service accounts. Each method is one transaction, or part of the caller's. */
export interface ServiceAccounts {
  /**
   * @throws `INPUT_MALFORMED` for a name that cannot be used, and an end that has passed or is more than 366 days away;
   * `NOT_FOUND` for a human; `CONFLICT` for a name in use, a human who is deactivated, or a successor who is the owner.
   */
  add(request: ServiceAccountRequest, by: Person): Promise<ServiceAccount>
  /** @throws as `add`; `NOT_FOUND`; `CONFLICT` for one that has ended; `VERSION_STALE`. */
  change(id: string, change: ServiceAccountChange, by: Person): Promise<ServiceAccount>
  /**
   * The successor agrees to get it when the owner leaves.
   *
   * @param by the successor, or an administrator who records it for them.
   * @throws `NOT_FOUND`; `CONFLICT` without an active successor; `NOT_PERMITTED` for anybody else.
   */
  accept(id: string, by: Principal): Promise<ServiceAccount>
  /** @throws `NOT_FOUND`; `CONFLICT` for one that has ended. */
  end(id: string, reason: string, by: Person): Promise<ServiceAccount>
  /** The owner leaves. What they accepted of others is void, also if they come back. Inside the caller's transaction. */
  depart(
    owner: string,
    act: { readonly reason: string; readonly by: Person },
  ): Promise<readonly DepartedServiceAccount[]>
  /** Ends some whose end has come. @returns whether there may be more. */
  endExpired(): Promise<boolean>
}

export interface DepartedServiceAccount {
  readonly account: ServiceAccount
  /** Id of the new owner. Absent: it has ended. */
  readonly to?: string | undefined
}

const ENDED_AT_ONCE = 100
const DIRECTORY: Person = { id: 'directory', name: 'surety-directory' }

/** Whether it is active now. One past its end is not, whatever is stored. */
export function statusAt({ status, expiresAt }: ServiceAccount, now: number): ServiceAccountStatus {
  return status === 'active' && expiresAt > now ? 'active' : 'ended'
}

export function serviceAccounts(components: ServiceAccountsComponents): ServiceAccounts {
  return new StoredServiceAccounts(components)
}

class StoredServiceAccounts implements ServiceAccounts {
  readonly #components: ServiceAccountsComponents

  constructor(components: ServiceAccountsComponents) {
    this.#components = components
  }

  async add(
    { name, purpose, owner, successor, expiresAt }: ServiceAccountRequest,
    by: Person,
  ): Promise<ServiceAccount> {
    const { store, clock, random } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      foldName(name)
      requireEnd(expiresAt, at)
      const [answers, next] = await this.#responsible(owner, successor)
      await this.#requireFree(name, at)
      const account = await store.serviceAccounts.put({
        id: newId('sac', random),
        name,
        purpose,
        owner: answers.id,
        expiresAt,
        createdAt: at,
        ...member('successor', next?.id),
      })
      await this.#record('service-account-added', { after: account }, by, { owner: answers.id, purpose, expiresAt })
      return account
    })
  }

  async change(id: string, change: ServiceAccountChange, by: Person): Promise<ServiceAccount> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const before = await this.#active(id, at)
      const { purpose, owner, successor, expiresAt, expectVersion } = change
      if (expiresAt !== undefined) requireEnd(expiresAt, at)
      const owned = owner === undefined ? before.owner : owner
      const [answers, next] = await this.#responsible(owned, successor === undefined ? before.successor : successor)
      const isSame = next?.id === before.successor && answers.id === before.owner
      const account = await store.serviceAccounts.update(
        {
          ...before,
          ...member('purpose', purpose),
          ...member('expiresAt', expiresAt),
          owner: answers.id,
          successor: next?.id,
          changedAt: at,
          // Another owner or successor is another agreement.
          successorAcceptedAt: isSame ? before.successorAcceptedAt : undefined,
        },
        { expectVersion },
      )
      const isTransferred = account.owner !== before.owner
      await this.#record(
        isTransferred ? 'service-account-transferred' : 'service-account-changed',
        { before, after: account },
        by,
        {
          ...(isTransferred ? { from: before.owner, to: account.owner } : {}),
          changed: CHANGEABLE.filter((one) => change[one] !== undefined).join(', '),
        },
      )
      return account
    })
  }

  async accept(id: string, by: Principal): Promise<ServiceAccount> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const before = await this.#active(id, at)
      const { successor } = before
      if (successor === undefined) throw conflict(`the service account ${id} has no successor: name one first`)
      if ((await store.humans.get(successor))?.status !== 'active')
        throw conflict(`the successor ${successor} is deactivated`)
      const isThemself = by.kind === 'administrator' && (await store.humans.named(by.name))?.id === successor
      if (!isThemself && by.role !== 'administrator') {
        throw new SuretyError('NOT_PERMITTED', 'the successor accepts it, or an administrator for them')
      }
      const account = await store.serviceAccounts.update({ ...before, successorAcceptedAt: at, changedAt: at })
      const details = { successor, onBehalf: !isThemself }
      await this.#record('service-account-succession-accepted', { before, after: account }, by, details)
      return account
    })
  }

  async end(id: string, reason: string, by: Person): Promise<ServiceAccount> {
    const { store, clock } = this.#components
    return store.transaction(async () => this.#end(await this.#active(id, clock.now()), reason, by))
  }

  async depart(owner: string, { reason, by }: { readonly reason: string; readonly by: Person }) {
    const { store, clock } = this.#components
    const at = clock.now()
    await store.serviceAccounts.voidAcceptances(owner, at)
    const departed: { readonly account: ServiceAccount; readonly to?: string }[] = []
    for (const account of await store.serviceAccounts.ownedBy(owner)) {
      const { successor, successorAcceptedAt } = account
      const accepted = successor !== undefined && successorAcceptedAt !== undefined
      const isActive =
        accepted && (await store.humans.get(successor))?.status === 'active' && statusAt(account, at) === 'active'
      if (!isActive) {
        departed.push({ account: await this.#end(account, reason, by) })
        continue
      }
      const moved = await store.serviceAccounts.update({
        ...account,
        owner: successor,
        successor: undefined,
        successorAcceptedAt: undefined,
        changedAt: at,
      })
      const details = { from: owner, to: successor, reason }
      await this.#record('service-account-transferred', { before: account, after: moved }, by, details)
      departed.push({ account: moved, to: successor })
    }
    return departed
  }

  async endExpired(): Promise<boolean> {
    const { store, clock } = this.#components
    const expired = () => store.serviceAccounts.expired(clock.now(), ENDED_AT_ONCE)
    // Without work there is no transaction.
    if ((await expired()).length === 0) return false
    return store.transaction(async () => {
      const all = await expired()
      for (const account of all) await this.#end(account, 'its end has come', DIRECTORY)
      return all.length === ENDED_AT_ONCE
    })
  }

  async #end(account: ServiceAccount, reason: string, by: Person): Promise<ServiceAccount> {
    const { store, clock } = this.#components
    const ended = await store.serviceAccounts.update({ ...account, status: 'ended', changedAt: clock.now() })
    await this.#record('service-account-ended', { before: account, after: ended }, by, { reason })
    return ended
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #responsible(
    owner: string,
    successor: string | null | undefined,
  ): Promise<readonly [Human, Human | undefined]> {
    const { humans } = this.#components.store
    const answers = await activeHuman(humans, owner, 'owner')
    if (successor === undefined || successor === null) return [answers, undefined]
    const next = await activeHuman(humans, successor, 'successor')
    if (next.id === answers.id) throw conflict('the owner cannot be the successor')
    return [answers, next]
  }

  /** One past its end gives its name free. @throws `CONFLICT`. */
  async #requireFree(name: string, at: number): Promise<void> {
    const named = await this.#components.store.serviceAccounts.byName(name)
    if (named === undefined) return
    if (statusAt(named, at) === 'active') {
      throw conflict(`there is already a service account ${JSON.stringify(named.name)}: ${named.id}`)
    }
    await this.#end(named, 'its end has come', DIRECTORY)
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #active(id: string, at: number): Promise<ServiceAccount> {
    const account = await storedServiceAccount(this.#components.store.serviceAccounts, id)
    if (statusAt(account, at) === 'active') return account
    throw conflict(`the service account ${id} has ended: add another one`)
  }

  async #record(
    act: (typeof SERVICE_ACCOUNT_ACTS)[number],
    changed: { readonly before?: ServiceAccount; readonly after: ServiceAccount },
    by: Person,
    details: AuditEntry['details'],
  ): Promise<void> {
    const { audit } = this.#components.store
    const { id, name, changedAt } = changed.after
    await audit.add({
      at: changedAt,
      actor: by.id,
      act,
      subject: id,
      details: { serviceAccount: id, name, ...details },
      ...changed,
    })
  }
}

const CHANGEABLE = ['purpose', 'owner', 'successor', 'expiresAt'] as const

/** @throws `NOT_FOUND`. */
export async function storedServiceAccount(
  store: Pick<ServiceAccountStore, 'get'>,
  id: string,
): Promise<ServiceAccount> {
  const account = await store.get(id)
  if (account === undefined) throw new SuretyError('NOT_FOUND', `there is no service account ${id}`)
  return account
}

function requireEnd(expiresAt: number, at: number): void {
  if (expiresAt <= at) throw new SuretyError('INPUT_MALFORMED', 'the end of the service account has passed')
  if (expiresAt <= at + MAX_SERVICE_ACCOUNT_MS) return
  throw new SuretyError('INPUT_MALFORMED', 'a service account ends within 366 days: name an earlier end, and renew it')
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
