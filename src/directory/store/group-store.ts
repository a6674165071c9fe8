import { member } from '../../base/json-object.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import { HUMAN_ORIGINS } from '../../protocol/nouns/people/people.ts'
import type { Group, GroupStore } from '../humans/group-store.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { listing, namedOrId, startsWith } from '../sql/listing.ts'
import { notUpdated } from './human-store.ts'
import { IN_FORCE } from './migrations/0001-stops.ts'

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
