import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Group, GroupStore } from '../humans/group-store.ts'
import { type Groups, storedGroup } from '../humans/groups.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { isObject, type Resource } from './attributes/attributes.ts'
import { type Held, locationOf, requireMatch, type Wanted } from './attributes/documents.ts'
import { valueMatches } from './attributes/matches.ts'
import { applyChanges, type Change, readPatch } from './attributes/patch.ts'
import { memberNamed, readResource } from './attributes/values.ts'
import { asValueFault, candidatesOf, type Request, type Resources } from './resources.ts'
import { GROUP, MEMBERS, USER } from './schemas.ts'
import type { ScimStore } from './scim-store.ts'

export interface ScimGroupsComponents {
  readonly store: {
    readonly groups: GroupStore
    readonly humans: Pick<HumanStore, 'get'>
    readonly scim: Pick<ScimStore, 'groupBefore' | 'groups'>
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly groups: Groups
}

/** Groups of humans as resources of the type Group. Members of a large group are read only where they are needed. */
export function scimGroups({ store, groups }: ScimGroupsComponents): Resources {
  const held = (group: Group) => heldGroup(store, group)
  const some = (group: Group | undefined) =>
    group?.deletedAt === undefined && group !== undefined ? held(group) : undefined
  const stored = (id: string) => storedGroup(store.groups, id)
  const living = (ids: Iterable<string>) => livingOf(store.humans, ids)
  /** In the caller's transaction. @throws `VERSION_STALE`. */
  const matching = async (id: string, { ifMatch }: Request) => {
    const group = await stored(id)
    requireMatch(ifMatch, group)
    return group
  }
  /** In the caller's transaction. */
  const changeTo = async (before: Group, after: Resource, members: MemberChange, { by }: Request) => {
    const { add, remove } = await differenceOf(store.groups, before.id, members, living)
    const name = textIn(after, 'displayName')
    const externalId = textIn(after, 'externalId') ?? null
    const change = {
      ...member('name', name === before.name ? undefined : name),
      ...member('externalId', externalId === (before.externalId ?? null) ? undefined : externalId),
      ...member('add', add.length === 0 ? undefined : add),
      ...member('remove', remove.length === 0 ? undefined : remove),
    }
    if (Object.keys(change).length === 0) return held(before)
    return held(await asValueFault(() => groups.change(before.id, change, by)))
  }
  return {
    type: GROUP,
    isLarge: true,
    count: () => store.scim.groups(),
    numberBefore: (offset) => store.scim.groupBefore(offset),
    after: async (number, limit) => (await store.groups.list({ cursor: `${number}`, limit })).items.map(held),
    candidates: (filter) =>
      candidatesOf(filter, {
        id: async (id) => some(await store.groups.get(id)),
        displayname: async (name) => some(await store.groups.byName(name)),
        externalid: async (id) => some(await store.groups.byExternalId(id)),
      }),
    get: async (id) => held(await stored(id)),
    async create(body, { by }) {
      const resource = readResource(GROUP, withoutMembers(body))
      const name = textIn(resource, 'displayName') ?? ''
      return store.transaction(() =>
        asValueFault(async () => {
          const add = await living(idsIn(membersIn(body)))
          const group = await groups.add(
            { name, origin: 'scim', ...member('externalId', textIn(resource, 'externalId')) },
            by,
          )
          return held(add.length === 0 ? group : await groups.change(group.id, { add }, by))
        }),
      )
    },
    replace: (id, body, request) =>
      store.transaction(async () => {
        const group = await matching(id, request)
        const resource = readResource(GROUP, withoutMembers(body))
        const all = new Set(idsIn(membersIn(body)))
        return changeTo(group, resource, { all, add: new Set(), remove: new Set() }, request)
      }),
    patch: (id, body, request) =>
      store.transaction(async () => {
        const group = await matching(id, request)
        const changes = readPatch(GROUP, body)
        const members = await memberChanges(changes.filter(isOfMembers), () => store.groups.membersOf(id))
        const after = applyChanges(
          writable(group),
          changes.filter((change) => !isOfMembers(change)),
        )
        return changeTo(group, after, members, request)
      }),
    remove: (id, request) =>
      store.transaction(async () => {
        await matching(id, request)
        await groups.remove(id, request.by)
      }),
  }
}

/** Members after a change: `all` of them if it is known, without those to remove, with those to add. */
interface MemberChange {
  readonly all?: ReadonlySet<string> | undefined
  readonly add: ReadonlySet<string>
  readonly remove: ReadonlySet<string>
}

function isOfMembers({ place }: Change): boolean {
  return place.attribute?.name === MEMBERS.name
}

/** @param current is asked only for a filter that does not name one member. */
async function memberChanges(
  changes: readonly Change[],
  current: () => Promise<readonly string[]>,
): Promise<MemberChange> {
  let all: Set<string> | undefined
  const add = new Set<string>()
  const remove = new Set<string>()
  const put = (ids: Iterable<string>) => {
    for (const id of ids) {
      add.add(id)
      remove.delete(id)
    }
  }
  const take = (ids: Iterable<string>) => {
    for (const id of ids) {
      remove.add(id)
      add.delete(id)
    }
  }
  const clear = () => {
    all = new Set()
    add.clear()
    remove.clear()
  }
  for (const { op, path, place, value } of changes) {
    if (place.sub !== undefined) throw new SuretyError('SCIM_MUTABILITY', 'a member is added or removed, not changed')
    if (path.filter !== undefined) {
      if (op !== 'remove') throw new SuretyError('SCIM_NO_TARGET', `${op} of members needs no filter`)
      const { filter } = path
      const only = filter.kind === 'compare' && filter.operator === 'eq' && filter.path.toLowerCase() === 'value'
      if (only) take([String(filter.value)])
      else
        take(
          [...(all ?? (await current())), ...add].filter((id) =>
            valueMatches(filter, { value: id, type: 'User' }, MEMBERS),
          ),
        )
      continue
    }
    if (op === 'remove' && (value === undefined || value === null)) {
      clear()
      continue
    }
    if (op === 'replace') clear()
    if (op === 'remove') take(idsIn(value))
    else put(idsIn(value))
  }
  return { all, add, remove }
}

async function differenceOf(
  store: GroupStore,
  group: string,
  { all, add, remove }: MemberChange,
  living: (ids: Iterable<string>) => Promise<string[]>,
): Promise<{ readonly add: string[]; readonly remove: string[] }> {
  if (all === undefined) {
    const had = new Set<string>()
    const wanted = await living(add)
    for (const id of [...wanted, ...remove]) if (await store.has(group, id)) had.add(id)
    return { add: wanted.filter((id) => !had.has(id)), remove: [...remove].filter((id) => had.has(id)) }
  }
  const before = new Set(await store.membersOf(group))
  const after = new Set(await living([...[...all].filter((id) => !remove.has(id)), ...add]))
  return { add: [...after.difference(before)], remove: [...before.difference(after)] }
}

/**
 * Humans who can be members. One who is deactivated is in no group, so it is left out.
 *
 * @throws `SCIM_VALUE_INVALID` for an id that is none of a human.
 */
async function livingOf(humans: Pick<HumanStore, 'get'>, ids: Iterable<string>): Promise<string[]> {
  const living: string[] = []
  for (const id of ids) {
    const human = await humans.get(id)
    if (human === undefined || human.deletedAt !== undefined) {
      throw new SuretyError('SCIM_VALUE_INVALID', `there is no user ${JSON.stringify(id.slice(0, 64))}`)
    }
    if (human.status === 'active') living.push(id)
  }
  return living
}

/** @throws `SCIM_VALUE_INVALID`. */
function idsIn(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => {
    const id = isObject(one) ? memberNamed(one, 'value') : one
    if (typeof id === 'string') return id
    throw new SuretyError('SCIM_VALUE_INVALID', 'a member must have the id of a user as value')
  })
}

function membersIn(body: unknown): unknown {
  return isObject(body) ? memberNamed(body, MEMBERS.name) : undefined
}

/** Members are read apart: there may be thousands. */
function withoutMembers(body: unknown): unknown {
  if (!isObject(body)) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => name.toLowerCase() !== MEMBERS.name))
}

function writable({ name, externalId }: Group): Resource {
  return { displayName: name, ...member('externalId', externalId) }
}

/** Members without their names: each name would be a question of its own, and a group may have thousands. */
function heldGroup({ groups }: Pick<ScimGroupsComponents['store'], 'groups'>, group: Group): Held {
  const { id, number, version, createdAt, changedAt } = group
  return {
    id,
    number,
    version,
    createdAt,
    changedAt,
    async attributes({ base, wants }: Wanted) {
      const members = wants(MEMBERS.name) ? await groups.membersOf(id) : []
      if (members.length === 0) return writable(group)
      const shown = members.map((human) => ({ value: human, $ref: locationOf(USER, human, base), type: 'User' }))
      return { ...writable(group), members: shown }
    },
  }
}

function textIn(resource: Resource, name: string): string | undefined {
  const value = resource[name]
  return typeof value === 'string' ? value : undefined
}
