import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { mixedScripts } from '../../base/text/confusable-names.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { HumanChange, HumanOrigin, HumanRequest } from '../../protocol/nouns/people/people.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AccountStore } from './account-store.ts'
import type { Human, HumanStore } from './human-store.ts'

export interface HumansComponents
  extends ActComponents<{
    readonly humans: HumanStore
    readonly accounts: Pick<AccountStore, 'propose'>
    readonly retention: { forget(person: string, names: readonly string[]): Promise<number> }
  }> {
  readonly random: Random
}

export interface NewHumanInit extends HumanRequest {
  readonly externalId?: string | undefined
  readonly origin?: HumanOrigin | undefined
  readonly scim?: object | undefined
}

/** What may change besides `HumanChange`. */
export interface HumanUpdate extends HumanChange {
  readonly externalId?: string | null | undefined
  readonly scim?: object | undefined
}

export interface HumanAndWarnings {
  readonly human: Human
  /** About names that look like another one. */
  readonly warnings: readonly string[]
}

/** What is done to humans, except that they leave: see `Departures`. Each method is one transaction, or part of the caller's. */
export interface Humans {
  /**
   * @throws `INPUT_MALFORMED` for a name with characters that cannot be seen; `CONFLICT` for a name or external id in use, or a
   * manager who is deactivated; `NOT_FOUND` for a manager.
   */
  add(init: NewHumanInit, by: Person): Promise<HumanAndWarnings>
  /** @throws as `add`; `NOT_FOUND`; `CONFLICT` for a cycle of managers; `VERSION_STALE`. */
  change(id: string, change: HumanUpdate, by: Person): Promise<HumanAndWarnings>
  /**
   * Name and address go, and the keys of what the record has of the human.
   *
   * @throws `NOT_FOUND`; `CONFLICT` if active or held.
   */
  forget(id: string, reason: string, by: Person): Promise<Human>
  /** The human is active again. Agents, groups and approvals of before do not come back. @throws `NOT_FOUND`, `CONFLICT`. */
  reactivate(id: string, reason: string, by: Person): Promise<Human>
}

/** More than a company has levels. */
const MOST_MANAGERS = 100

export function humans(components: HumansComponents): Humans {
  return new StoredHumans(components)
}

class StoredHumans implements Humans {
  readonly #components: HumansComponents

  constructor(components: HumansComponents) {
    this.#components = components
  }

  async add(init: NewHumanInit, by: Person): Promise<HumanAndWarnings> {
    const { store, clock, random } = this.#components
    const { userName, displayName = userName, email, externalId, manager, origin = 'hand', scim = {} } = init
    return store.transaction(async () => {
      const at = clock.now()
      await requireNames(store.humans, { userName, displayName, email, externalId })
      const human = await store.humans.put({
        id: newId('hum', random),
        userName,
        displayName,
        status: 'active',
        origin,
        createdAt: at,
        scim,
        ...member('email', email),
        ...member('externalId', externalId),
        ...member(
          'manager',
          manager === undefined ? undefined : (await activeHuman(store.humans, manager, 'manager')).id,
        ),
      })
      const details = { human: human.id, userName, origin, ...member('email', email) }
      await store.audit.add({ at, actor: by.id, act: 'human-added', subject: human.id, details, after: human })
      await proposeNamed(store, human)
      return { human, warnings: await warningsOf(store.humans, human) }
    })
  }

  async change(id: string, change: HumanUpdate, by: Person): Promise<HumanAndWarnings> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const before = await this.#stored(id)
      const after: Human = {
        ...changed(before, change),
        ...(await this.#manager(before, change.manager)),
        changedAt: at,
      }
      await requireNames(store.humans, after)
      const human = await store.humans.update(after, { expectVersion: change.expectVersion })
      const isRenamed = human.userName !== before.userName
      const details = {
        human: id,
        changed: CHANGEABLE.filter((name) => change[name] !== undefined).join(', '),
        ...(isRenamed ? { from: before.userName, to: human.userName } : {}),
      }
      await store.audit.add({ at, actor: by.id, act: 'human-changed', subject: id, details, before, after: human })
      if (isRenamed || human.email !== before.email) await proposeNamed(store, human, before)
      return { human, warnings: isRenamed ? await warningsOf(store.humans, human) : [] }
    })
  }

  async reactivate(id: string, reason: string, by: Person): Promise<Human> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const before = await this.#stored(id)
      if (before.status === 'active') throw conflict(`the person ${id} is active`)
      const human = await store.humans.update({ ...before, status: 'active', deactivatedAt: undefined, changedAt: at })
      const details = { human: id, userName: human.userName, reason }
      await store.audit.add({ at, actor: by.id, act: 'human-reactivated', subject: id, details, before, after: human })
      await proposeNamed(store, human)
      return human
    })
  }

  async forget(id: string, reason: string, by: Person): Promise<Human> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const before = await this.#stored(id)
      if (before.status === 'active') throw conflict(`the person ${id} is active: deactivate them first`)
      const { userName, displayName, email, externalId } = before
      const names = [userName, displayName, email, externalId].filter((name) => name !== undefined)
      const keys = await store.retention.forget(id, names)
      const name = `forgotten-${id.slice(4)}`
      const nameless = { userName: name, displayName: name, email: undefined, externalId: undefined, scim: {} }
      const human = await store.humans.update({ ...before, ...nameless, changedAt: at })
      await store.audit.add({
        at,
        actor: by.id,
        act: 'human-forgotten',
        subject: id,
        details: { human: id, keys, reason },
      })
      return human
    })
  }

  #stored(id: string): Promise<Human> {
    return storedHuman(this.#components.store.humans, id)
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #manager({ id }: Human, manager: string | null | undefined): Promise<Partial<Human>> {
    if (manager === undefined) return {}
    if (manager === null) return { manager: undefined }
    const { humans: store } = this.#components.store
    const named = await activeHuman(store, manager, 'manager')
    let above: Human | undefined = named
    for (let level = 0; above !== undefined; level++) {
      if (above.id === id) throw conflict(`a cycle of managers: ${JSON.stringify(named.userName)} is below the human`)
      if (level >= MOST_MANAGERS) throw conflict(`the manager has more than ${MOST_MANAGERS} levels above`)
      above = above.manager === undefined ? undefined : await store.get(above.manager)
    }
    return { manager: named.id }
  }
}

/** @throws `NOT_FOUND` also for one that the identity provider deleted. */
export async function storedHuman(store: Pick<HumanStore, 'get'>, id: string): Promise<Human> {
  const human = await store.get(id)
  if (human !== undefined && human.deletedAt === undefined) return human
  throw new SuretyError('NOT_FOUND', `there is no person ${id}`)
}

const CHANGEABLE = ['userName', 'displayName', 'email', 'manager', 'externalId', 'scim'] as const

function changed(before: Human, { userName, displayName, email, externalId, scim }: HumanUpdate): Human {
  return {
    ...before,
    ...member('userName', userName),
    ...member('displayName', displayName),
    ...member('scim', scim),
    ...(email === undefined ? {} : { email: email ?? undefined }),
    ...(externalId === undefined ? {} : { externalId: externalId ?? undefined }),
  }
}

type Names = Pick<Human, 'userName' | 'displayName' | 'email' | 'externalId'> & { readonly id?: string }

/** @throws `INPUT_MALFORMED`; `CONFLICT` for a name of another human. */
async function requireNames(store: HumanStore, { id, userName, displayName, email, externalId }: Names): Promise<void> {
  foldName(userName)
  if (email !== undefined) foldName(email)
  // Marks of writing direction would show the name as another one.
  foldName(displayName)
  const named = await store.byName(userName)
  if (named !== undefined && named.id !== id) {
    throw conflict(`there is already a person with the user name ${JSON.stringify(named.userName)}: ${named.id}`)
  }
  const external = externalId === undefined ? undefined : await store.byExternalId(externalId)
  if (external !== undefined && external.id !== id) {
    throw conflict(`there is already a person with this external id: ${external.id}`)
  }
}

async function warningsOf(store: HumanStore, { userName, email, id }: Human): Promise<readonly string[]> {
  const shown = JSON.stringify(userName)
  const scripts = mixedScripts(userName)
  const twin = email === undefined ? undefined : (await store.allNamed(email)).find((one) => one.id !== id)
  return [
    ...(scripts.length === 0 ? [] : [`${shown} mixes letters of ${scripts.join(' and ')}`]),
    ...(await store.lookingLike(userName)).map(
      (other) => `${shown} looks like ${JSON.stringify(other.userName)} (${other.id}): compare them`,
    ),
    ...(twin === undefined
      ? []
      : [`the e-mail address also names ${twin.id}: it proposes neither of them for accounts`]),
  ]
}

type ProposingStore = { readonly humans: HumanStore; readonly accounts: Pick<AccountStore, 'propose'> }

/** Names of a human have changed: accounts on devices whose owner is called so are proposed again. */
export async function proposeNamed(
  { humans: store, accounts }: ProposingStore,
  ...versions: readonly Human[]
): Promise<void> {
  const keys = versions.flatMap(({ id, userName, email }) => [
    ...[id, userName, ...(email === undefined ? [] : [email])].flatMap((name) => foldedName(name) ?? []),
  ])
  const byId = new Map(versions.map(({ id }) => [foldName(id), id]))
  await accounts.propose(keys, async (key) => {
    const human = await store.named(byId.get(key) ?? key)
    return human?.status === 'active' ? human.id : undefined
  })
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}

/** @param named an id, user name or e-mail address. @throws `NOT_FOUND` for none; `CONFLICT` for several. */
export async function knownHuman(humans: Pick<HumanStore, 'allNamed'>, named: string): Promise<Human> {
  const [only, ...others] = await humans.allNamed(named)
  const shown = JSON.stringify(named.slice(0, 64))
  if (only === undefined) throw new SuretyError('NOT_FOUND', `there is no person ${shown}`)
  if (others.length === 0) return only
  const ids = [only, ...others].map(({ id, userName }) => `${id} (${JSON.stringify(userName)})`)
  throw new SuretyError('CONFLICT', `${shown} names ${ids.join(', ')}: give an id`)
}

/** The id of the human that a filter names. A name that nobody has is returned as it is, and matches nothing. @throws `CONFLICT`. */
export async function humanMeant(humans: Pick<HumanStore, 'allNamed'>, named: string): Promise<string> {
  return (await humans.allNamed(named)).length === 0 ? named : (await knownHuman(humans, named)).id
}

/**
 * @param what the part that the human plays, for the message.
 * @throws as `knownHuman`; `CONFLICT` for one who is deactivated, `OWNER_REQUIRED` for an owner.
 */
export async function activeHuman(humans: Pick<HumanStore, 'allNamed'>, named: string, what: string): Promise<Human> {
  const human = await knownHuman(humans, named)
  if (human.status === 'active') return human
  const code = what === 'owner' ? 'OWNER_REQUIRED' : 'CONFLICT'
  throw new SuretyError(code, `the ${what} ${JSON.stringify(named)} is deactivated: name an active human`)
}
