import { member } from '../../base/json-object.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import { HUMAN_ORIGINS, type HumanOrigin } from '../../protocol/nouns/people/people.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { listing, namedOrId, startsWith } from '../sql/listing.ts'
import { IN_FORCE } from '../store/migrations/0001-stops.ts'
import { notUpdated } from './human-store.ts'

/** A group of humans. Groups of the policy hold devices and are another thing. */
export interface Group {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly externalId?: string | undefined
  readonly origin: HumanOrigin
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
  readonly deletedAt?: number | undefined
}

export type NewGroup = Omit<Group, 'number' | 'version' | 'changedAt' | 'deletedAt'>

/** All questions except `get` leave deleted groups out. */
export interface GroupStore {
  get(id: string): Promise<Group | undefined>
  byName(name: string): Promise<Group | undefined>
  byExternalId(externalId: string): Promise<Group | undefined>
  /** @throws `CONFLICT`, `INPUT_MALFORMED`. */
  put(group: NewGroup): Promise<Group>
  /** Stores name, external id and end, and raises the version. @throws `CONFLICT`, `INPUT_MALFORMED`, `VERSION_STALE`, `NOT_FOUND`. */
  update(group: Group, options?: { readonly expectVersion?: number | undefined }): Promise<Group>
  /** Ids in order. */
  membersOf(
    group: string,
    page?: { readonly after?: string | undefined; readonly limit?: number | undefined },
  ): Promise<string[]>
  has(group: string, human: string): Promise<boolean>
  /** Whether a stop in force selects the group. */
  isStopped(group: string): Promise<boolean>
  /** Does not raise the version. @returns whether it was not a member. */
  addMember(group: string, human: string): Promise<boolean>
  /** @returns whether it was a member. */
  removeMember(group: string, human: string): Promise<boolean>
  list(request: ListRequest): Promise<Listed<Group>>
}

export function groupStore(database: Database): GroupStore {
  const byId = database.prepare('SELECT * FROM people_groups WHERE id = ?')
  const byName = database.prepare('SELECT * FROM people_groups WHERE name_key = ? AND deleted_at IS NULL')
  const byExternalId = database.prepare('SELECT * FROM people_groups WHERE external_id = ? AND deleted_at IS NULL')
  const insert = database.prepare(
    `INSERT INTO people_groups (id, name, name_key, external_id, origin, created_at, changed_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING *`,
  )
  const update = database.prepare(
    `UPDATE people_groups SET name = ?2, name_key = ?3, external_id = ?4, changed_at = ?5, deleted_at = ?6,
       version = version + 1
     WHERE id = ?1 AND (?7 IS NULL OR version = ?7) RETURNING *`,
  )
  const members = database.prepare(
    'SELECT human FROM group_members WHERE people_group = ? AND human > ? ORDER BY human LIMIT CAST(? AS INTEGER)',
  )
  const has = database.prepare('SELECT 1 FROM group_members WHERE people_group = ? AND human = ?')
  const stopped = database.prepare(
    `SELECT 1 FROM stops WHERE people_group IS NOT NULL AND people_group = ? AND ${IN_FORCE} LIMIT 1`,
  )
  const add = database.prepare('INSERT INTO group_members VALUES (?, ?) ON CONFLICT DO NOTHING')
  const remove = database.prepare('DELETE FROM group_members WHERE people_group = ? AND human = ?')
  const one = (row: Row | undefined) => row && groupOf(row)
  return {
    get: async (id) => one(await byId.get(id)),
    async byName(name) {
      const key = foldedName(name)
      return key === undefined ? undefined : one(await byName.get(key))
    },
    byExternalId: async (externalId) => one(await byExternalId.get(externalId)),
    put: async ({ id, name, externalId, origin, createdAt }) =>
      groupOf((await insert.get(id, name, foldName(name), externalId ?? null, origin, createdAt)) ?? {}),
    async update({ id, name, externalId, changedAt, deletedAt }, { expectVersion } = {}) {
      const row = await update.get(
        ...[id, name, foldName(name), externalId ?? null, changedAt, deletedAt ?? null, expectVersion ?? null],
      )
      if (row !== undefined) return groupOf(row)
      throw notUpdated('group', id, (await byId.get(id)) !== undefined)
    },
    membersOf: async (group, { after = '', limit = -1 } = {}) =>
      (await members.all(group, after, limit)).map((row) => textOf(row, 'human')),
    has: async (group, human) => (await has.get(group, human)) !== undefined,
    isStopped: async (group) => (await stopped.get(group)) !== undefined,
    addMember: async (group, human) => (await add.run(group, human)).changes > 0,
    removeMember: async (group, human) => (await remove.run(group, human)).changes > 0,
    list: listing(database, {
      from: 'people_groups',
      where: 'deleted_at IS NULL',
      key: 'number',
      read: groupOf,
      filters: {
        member: (human, value) => `id IN (SELECT people_group FROM group_members WHERE human = ${value(human)})`,
        named: namedOrId,
        search: (search, value) => startsWith('name_key', search, value),
      },
      sorts: { name: 'name_key', since: 'created_at' },
    }),
  }
}

function groupOf(row: Row): Group {
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    name: textOf(row, 'name'),
    ...member('externalId', optionalTextOf(row, 'external_id')),
    origin: wordOf(row, 'origin', HUMAN_ORIGINS),
    version: numberOf(row, 'version'),
    createdAt: numberOf(row, 'created_at'),
    changedAt: numberOf(row, 'changed_at'),
    ...member('deletedAt', optionalNumberOf(row, 'deleted_at')),
  }
}
