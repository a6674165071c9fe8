import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { foldName } from '../../base/text/fold-name.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { GroupChange, HumanOrigin } from '../../protocol/nouns/people/people.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Changed } from '../audit/audit.ts'
import type { Group, GroupStore } from './group-store.ts'
import type { HumanStore } from './human-store.ts'
import { activeHuman, knownHuman } from './humans.ts'

export interface GroupsComponents
  extends ActComponents<{
    readonly groups: GroupStore
    readonly humans: Pick<HumanStore, 'allNamed'>
  }> {
  readonly random: Random
}

/** What is done to groups of humans. Each method is one transaction, or part of the caller's. */
export interface Groups {
  /** @throws `INPUT_MALFORMED`; `CONFLICT` for a name or external id in use. */
  add(
    init: { readonly name: string; readonly externalId?: string | undefined; readonly origin?: HumanOrigin },
    by: Person,
  ): Promise<Group>
  /**
   * Renames it, adds and removes members, all or nothing.
   *
   * @throws as `add`; `NOT_FOUND` for the group or a human; `CONFLICT` for a new member who is deactivated; `VERSION_STALE`.
   */
  change(
    id: string,
    change: GroupChange & { readonly externalId?: string | null | undefined },
    by: Person,
  ): Promise<Group>
  /** Its members stay. The name is free again. @throws `NOT_FOUND`. */
  remove(id: string, by: Person): Promise<Group>
}

export function groups({ store, clock, random }: GroupsComponents): Groups {
  const record = async (
    act: 'group-added' | 'group-changed' | 'group-removed',
    { id, name }: Group,
    by: Person,
    changed: Changed,
    details: Readonly<Record<string, string | number>> = {},
  ) => {
    const about = { group: id, name, ...details }
    await store.audit.add({ at: clock.now(), actor: by.id, act, subject: id, details: about, ...changed })
  }
  return {
    add: ({ name, externalId, origin = 'hand' }, by) =>
      store.transaction(async () => {
        await requireFree(store.groups, { name, externalId })
        const init = { id: newId('grp', random), name, origin, createdAt: clock.now() }
        const group = await store.groups.put({ ...init, ...member('externalId', externalId) })
        await record('group-added', group, by, { after: group })
        return group
      }),
    change: (id, { name, externalId, add = [], remove = [], expectVersion }, by) =>
      store.transaction(async () => {
        const before = await storedGroup(store.groups, id)
        const given = externalId === undefined ? {} : { externalId: externalId ?? undefined }
        const after = { ...before, ...member('name', name), ...given, changedAt: clock.now() }
        await requireFree(store.groups, after)
        const group = await store.groups.update(after, { expectVersion })
        const joining = new Set<string>()
        for (const one of add) joining.add((await activeHuman(store.humans, one, 'new member')).id)
        const leaving = new Set<string>()
        for (const one of remove) leaving.add((await knownHuman(store.humans, one)).id)
        const both = [...joining].find((human) => leaving.has(human))
        if (both !== undefined) throw new SuretyError('INPUT_MALFORMED', `the person ${both} is both added and removed`)
        const added: string[] = []
        for (const human of joining) if (await store.groups.addMember(id, human)) added.push(human)
        const removed: string[] = []
        for (const human of leaving) if (await store.groups.removeMember(id, human)) removed.push(human)
        const changed = { before: { ...before, members: removed }, after: { ...group, members: added } }
        await record('group-changed', group, by, changed, {
          ...(before.name === group.name ? {} : { from: before.name }),
          ...(added.length === 0 ? {} : { added: added.length, humansAdded: listed(added) }),
          ...(removed.length === 0 ? {} : { removed: removed.length, humansRemoved: listed(removed) }),
        })
        return group
      }),
    remove: (id, by) =>
      store.transaction(async () => {
        const at = clock.now()
        const before = await storedGroup(store.groups, id)
        const group = await store.groups.update({ ...before, changedAt: at, deletedAt: at })
        await record('group-removed', group, by, { before })
        return group
      }),
  }
}

const MOST_LISTED = 20

function listed(humans: readonly string[]): string {
  const rest = humans.length - MOST_LISTED
  return `${humans.slice(0, MOST_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

/** @throws `NOT_FOUND`. */
export async function storedGroup(store: Pick<GroupStore, 'get'>, id: string): Promise<Group> {
  const group = await store.get(id)
  if (group !== undefined && group.deletedAt === undefined) return group
  throw new SuretyError('NOT_FOUND', `there is no group ${id}`)
}

async function requireFree(
  store: GroupStore,
  { id, name, externalId }: Pick<Group, 'name' | 'externalId'> & { readonly id?: string },
): Promise<void> {
  foldName(name)
  const named = await store.byName(name)
  if (named !== undefined && named.id !== id) {
    throw new SuretyError('CONFLICT', `there is already a group ${JSON.stringify(named.name)}: ${named.id}`)
  }
  const external = externalId === undefined ? undefined : await store.byExternalId(externalId)
  if (external !== undefined && external.id !== id) {
    throw new SuretyError('CONFLICT', `there is already a group with this external id: ${external.id}`)
  }
}
