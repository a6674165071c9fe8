import { codeOf, SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AccountStore } from '../humans/account-store.ts'
import type { Departures } from '../humans/departures.ts'
import type { GroupStore } from '../humans/group-store.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import { type Humans, type HumanUpdate, type NewHumanInit, proposeNamed, storedHuman } from '../humans/humans.ts'
import { isObject, type Resource } from './attributes/attributes.ts'
import { type Held, locationOf, requireMatch, type Wanted } from './attributes/documents.ts'
import { applyChanges, readPatch } from './attributes/patch.ts'
import { isPrimary, readResource } from './attributes/values.ts'
import type { Guard } from './guard.ts'
import { asValueFault, candidatesOf, type Request, type Resources } from './resources.ts'
import { ENTERPRISE_SCHEMA, GROUP, USER } from './schemas.ts'
import type { ScimStore } from './scim-store.ts'

export interface UsersComponents
  extends ActComponents<{
    readonly humans: HumanStore
    readonly groups: Pick<GroupStore, 'get'>
    readonly accounts: Pick<AccountStore, 'propose'>
    readonly scim: Pick<ScimStore, 'humanBefore'>
  }> {
  readonly humans: Humans
  readonly departures: Departures
  readonly guard: Guard
}

const REASON = 'by the identity provider, through SCIM'

/** Humans as resources of the type User. */
export function users(components: UsersComponents): Resources {
  const { store } = components
  const held = (human: Human) => heldHuman(store, human)
  const some = (human: Human | undefined) => (human === undefined ? undefined : held(human))
  const stored = (id: string) => storedHuman(store.humans, id)
  /**
   * Reads, changes and stores in one transaction, so that the version cannot rise in between. A hold is recorded although the
   * deactivation is refused.
   */
  const changing = async <T>({ by }: Request, work: () => Promise<T>): Promise<T> => {
    try {
      return await store.transaction(work)
    } catch (error) {
      if (codeOf(error) === 'DEACTIVATIONS_HELD') await components.guard.hold(by)
      throw error
    }
  }
  const changeTo = (id: string, request: Request, afterOf: (before: Human) => Resource) =>
    changing(request, async () => {
      const before = await stored(id)
      requireMatch(request.ifMatch, before)
      const after = afterOf(before)
      if (before.status === 'active' && after.active === false) await components.guard.admit(id)
      return held(await asValueFault(() => changed(components, before, after, request.by)))
    })
  return {
    type: USER,
    isLarge: false,
    count: async () => {
      const { active, deactivated } = await store.humans.counts()
      return active + deactivated
    },
    numberBefore: (offset) => store.scim.humanBefore(offset),
    after: async (number, limit) => (await store.humans.page({ after: number, limit })).map(held),
    candidates: (filter) =>
      candidatesOf(filter, {
        id: async (id) => some(await liveHuman(store.humans, id)),
        username: async (name) => some(await store.humans.byName(name)),
        externalid: async (id) => some(await store.humans.byExternalId(id)),
      }),
    get: async (id) => held(await stored(id)),
    async create(body, { by }) {
      const resource = readResource(USER, body)
      return held(await store.transaction(() => asValueFault(() => created(components, resource, by))))
    },
    // PUT without `active` would otherwise bring back who was deactivated.
    replace: (id, body, request) =>
      changeTo(id, request, ({ status }) => ({ active: status === 'active', ...readResource(USER, body) })),
    patch: (id, body, request) =>
      changeTo(id, request, (before) => applyChanges(writable(before), readPatch(USER, body))),
    remove: (id, request) =>
      changing(request, async () => {
        const human = await stored(id)
        requireMatch(request.ifMatch, human)
        if (human.status === 'active') await components.guard.admit(id)
        await removed(components, human, request.by)
      }),
  }
}

async function liveHuman(humans: Pick<HumanStore, 'get'>, id: string): Promise<Human | undefined> {
  const human = await humans.get(id)
  return human?.deletedAt === undefined ? human : undefined
}

async function created({ store, humans, departures }: UsersComponents, resource: Resource, by: Person): Promise<Human> {
  const { externalId, ...names } = await columnsOf(store.humans, resource)
  const init: NewHumanInit = {
    userName: names.userName,
    displayName: names.displayName,
    origin: 'scim',
    ...member('email', names.email),
    ...member('manager', names.manager),
    ...member('externalId', externalId),
    scim: furtherOf(resource),
  }
  const { human } = await humans.add(init, by)
  if (resource.active !== false) return human
  // Nothing is theirs yet, so the guard is not asked.
  await departures.deactivate(human.id, by, { reason: REASON })
  return storedHuman(store.humans, human.id)
}

/** Stores what is different, and nothing if nothing is. */
async function changed(components: UsersComponents, before: Human, resource: Resource, by: Person): Promise<Human> {
  const { store, humans } = components
  const after = await columnsOf(store.humans, resource, before.id)
  const scim = furtherOf(resource)
  const different = <T>(value: T, old: T) => (value === old ? undefined : value)
  const update: HumanUpdate = {
    ...member('userName', different(after.userName, before.userName)),
    ...member('displayName', different(after.displayName, before.displayName)),
    ...member('email', different(after.email ?? null, before.email ?? null)),
    ...member('externalId', different(after.externalId ?? null, before.externalId ?? null)),
    ...member('manager', different(after.manager ?? null, before.manager ?? null)),
    ...(JSON.stringify(scim) === JSON.stringify(before.scim) ? {} : { scim }),
  }
  const human = Object.keys(update).length === 0 ? before : (await humans.change(before.id, update, by)).human
  if (before.status === 'active' && resource.active === false) return deactivated(components, human, by)
  if (before.status === 'deactivated' && resource.active === true) return humans.reactivate(human.id, REASON, by)
  return human
}

async function deactivated({ store, departures, guard }: UsersComponents, human: Human, by: Person): Promise<Human> {
  const { agents } = await departures.deactivate(human.id, by, { reason: REASON })
  await guard.record(human.id, agents.ended)
  return storedHuman(store.humans, human.id)
}

/** The human leaves and is hidden. Its names are free again, its id is not. */
async function removed(components: UsersComponents, human: Human, by: Person): Promise<void> {
  const { store, clock } = components
  const left = human.status === 'active' ? await deactivated(components, human, by) : human
  const at = clock.now()
  const gone = await store.humans.update({ ...left, changedAt: at, deletedAt: at })
  const details = { human: gone.id, userName: gone.userName }
  await store.audit.add({ at, actor: by.id, act: 'human-deleted', subject: gone.id, details, before: left })
  await proposeNamed(store, gone)
}

interface Columns {
  readonly userName: string
  readonly displayName: string
  readonly email?: string | undefined
  readonly externalId?: string | undefined
  /** Id of a human. */
  readonly manager?: string | undefined
}

async function columnsOf(humans: HumanStore, resource: Resource, self?: string): Promise<Columns> {
  const userName = textIn(resource, 'userName')
  if (userName === undefined) throw new SuretyError('SCIM_VALUE_INVALID', 'userName must be given')
  return {
    userName,
    displayName: textIn(resource, 'displayName') ?? derivedName(resource, userName),
    ...member('email', emailIn(resource)),
    ...member('externalId', textIn(resource, 'externalId')),
    ...member('manager', await managerIn(humans, resource, self)),
  }
}

/** What a human without a display name is called. */
function derivedName({ name }: Resource, userName: string): string {
  const parts = isObject(name) ? name : {}
  const joined = [parts.givenName, parts.familyName].filter((part) => typeof part === 'string').join(' ')
  return (textIn(parts, 'formatted') ?? joined) || userName
}

const ADDRESS = /^[^\s@]+@[^\s@]+$/

/** The primary address, or that for work, or the first. */
function emailIn({ emails }: Resource): string | undefined {
  const all = (Array.isArray(emails) ? emails : []).filter(isObject)
  const work = ({ type }: Resource) => typeof type === 'string' && type.toLowerCase() === 'work'
  const address = textIn(all.find(isPrimary) ?? all.find(work) ?? all[0] ?? {}, 'value')
  return address !== undefined && address.length <= 256 && ADDRESS.test(address) ? address : undefined
}

/** More than a company has levels. */
const LEVELS = 100

/** The human who is the manager, if it is an active one, and not the human or somebody below. Otherwise it stays a text. */
async function managerIn(
  humans: HumanStore,
  resource: Resource,
  self: string | undefined,
): Promise<string | undefined> {
  const enterprise = resource[ENTERPRISE_SCHEMA.id]
  const given = isObject(enterprise) && isObject(enterprise.manager) ? textIn(enterprise.manager, 'value') : undefined
  const manager = given === undefined ? undefined : await humans.named(given)
  if (manager?.status !== 'active') return undefined
  let above: Human | undefined = manager
  for (let level = 0; above !== undefined; level++) {
    if (above.id === self || level > LEVELS) return undefined
    above = above.manager === undefined ? undefined : await humans.get(above.manager)
  }
  return manager.id
}

/** Attributes without a column. */
function furtherOf(resource: Resource): Resource {
  const { userName: _name, displayName: _display, externalId: _external, active: _active, ...further } = resource
  return further
}

/** What a client may write, for PATCH. A display name that follows from the others is none. */
function writable(human: Human): Resource {
  const further = { ...human.scim } as Resource
  const emails = further.emails === undefined && human.email !== undefined ? [workAddress(human.email)] : undefined
  const resource: Resource = {
    userName: human.userName,
    ...member('externalId', human.externalId),
    active: human.status === 'active',
    ...further,
    ...member('emails', emails),
  }
  if (human.displayName === derivedName(resource, human.userName)) return resource
  return { ...resource, displayName: human.displayName }
}

function workAddress(value: string): Resource {
  return { value, type: 'work', primary: true }
}

function heldHuman({ humans, groups }: UsersComponents['store'], human: Human): Held {
  const { id, number, version, createdAt, changedAt, displayName } = human
  return {
    id,
    number,
    version,
    createdAt,
    changedAt,
    async attributes({ base, wants }: Wanted) {
      const own = { ...writable(human), displayName }
      if (!wants('groups')) return own
      const found = (
        await Promise.all((await humans.groupsOf(id)).map(async (group) => (await groups.get(group)) ?? []))
      ).flat()
      const shown = found.filter(({ deletedAt }) => deletedAt === undefined)
      if (shown.length === 0) return own
      const of = (group: string) => locationOf(GROUP, group, base)
      return { ...own, groups: shown.map((group) => ({ value: group.id, $ref: of(group.id), display: group.name })) }
    },
  }
}

function textIn(resource: Resource, name: string): string | undefined {
  const value = resource[name]
  return typeof value === 'string' ? value : undefined
}
