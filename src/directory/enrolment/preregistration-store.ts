import { member } from '../../base/json-object.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import {
  PREREGISTRATION_KINDS,
  type Preregistration,
  type PreregistrationKind,
} from '../../protocol/nouns/enrolment/preregistrations.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing, startsWith } from '../sql/listing.ts'
import { ofOwner } from '../sql/person.ts'

export interface StoredPreregistration extends Preregistration {
  /** What devices are compared with: unique among those of a kind. */
  readonly key: string
}

export interface PreregistrationStore {
  find(kind: PreregistrationKind, key: string): Promise<StoredPreregistration | undefined>
  view(id: string): Promise<Preregistration | undefined>
  put(preregistration: StoredPreregistration): Promise<void>
  setOwner(id: string, owner: string): Promise<void>
  /** Marks it as used. */
  use(id: string, device: string, at: number): Promise<void>
  /** Marks what the device used as unused: the device was refused. */
  release(device: string): Promise<void>
  remove(id: string): Promise<void>
  list(request: ListRequest): Promise<Listed<Preregistration>>
}

export function preregistrationStore(database: Database): PreregistrationStore {
  const find = database.prepare('SELECT * FROM preregistrations WHERE kind = ? AND name_key = ?')
  const one = database.prepare('SELECT * FROM preregistrations WHERE id = ?')
  const insert = database.prepare(
    'INSERT INTO preregistrations (id, kind, name_key, name, owner, owner_key, added_at, added_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const setOwner = database.prepare('UPDATE preregistrations SET owner = ?, owner_key = ? WHERE id = ?')
  const use = database.prepare('UPDATE preregistrations SET device = ?, enrolled_at = ? WHERE id = ?')
  const release = database.prepare('UPDATE preregistrations SET device = NULL, enrolled_at = NULL WHERE device = ?')
  const remove = database.prepare('DELETE FROM preregistrations WHERE id = ?')
  const list = listing(database, {
    from: 'preregistrations',
    key: 'id',
    read: viewOf,
    filters: {
      used: (used) => `(device IS NOT NULL) = ${used === 'yes' ? 1 : 0}`,
      owner: (owner, value) => `id IN (${ofOwner('preregistrations', owner, value)})`,
      named(named, value) {
        const text = value(named)
        return `(name_key = lower(${text}) OR name = ${text} OR owner = ${text} OR device = ${text} OR ${beginsWith('id', text)})`
      },
      search: (search, value) =>
        `(${startsWith('name_key', search, value)} OR ${startsWith('owner_key', search, value)})`,
    },
    sorts: { name: 'name_key', owner: 'owner_key', added: 'added_at' },
  })
  return {
    async find(kind, key) {
      const row = await find.get(kind, key)
      return row && { ...viewOf(row), key }
    },
    async view(id) {
      const row = await one.get(id)
      return row && viewOf(row)
    },
    async put({ id, kind, key, name, owner, addedAt, addedBy }) {
      await insert.run(id, kind, key, name, owner, keyOf(owner), addedAt, addedBy)
    },
    async setOwner(id, owner) {
      await setOwner.run(owner, keyOf(owner), id)
    },
    async use(id, device, at) {
      await use.run(device, at, id)
    },
    async release(device) {
      await release.run(device)
    },
    async remove(id) {
      await remove.run(id)
    },
    list,
  }
}

/** An owner is any text. */
function keyOf(owner: string): string {
  return foldedName(owner) ?? ''
}

function viewOf(row: Row): Preregistration {
  return {
    id: textOf(row, 'id'),
    kind: wordOf(row, 'kind', PREREGISTRATION_KINDS),
    name: textOf(row, 'name'),
    owner: textOf(row, 'owner'),
    addedAt: numberOf(row, 'added_at'),
    addedBy: textOf(row, 'added_by'),
    ...member('device', optionalTextOf(row, 'device')),
    ...member('enrolledAt', optionalNumberOf(row, 'enrolled_at')),
  }
}
