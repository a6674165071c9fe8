import { member } from '../../base/json-object.ts'
import { PREREGISTRATION_KINDS, type Preregistration } from '../../protocol/api/preregistrations.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { PreregistrationStore } from '../enrolment/preregistration-store.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'
import { beginsWith } from './device-query.ts'

export function preregistrationStore(database: Database): PreregistrationStore {
  const find = database.prepare('SELECT * FROM preregistrations WHERE kind = ? AND name_key = ?')
  const one = database.prepare('SELECT * FROM preregistrations WHERE id = ?')
  const insert = database.prepare(
    'INSERT INTO preregistrations (id, kind, name_key, name, owner, added_at, added_by) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const setOwner = database.prepare('UPDATE preregistrations SET owner = ? WHERE id = ?')
  const use = database.prepare('UPDATE preregistrations SET device = ?, enrolled_at = ? WHERE id = ?')
  const release = database.prepare('UPDATE preregistrations SET device = NULL, enrolled_at = NULL WHERE device = ?')
  const remove = database.prepare('DELETE FROM preregistrations WHERE id = ?')
  const list = database.prepare(
    `SELECT * FROM preregistrations WHERE id > ?1 AND (?2 IS NULL OR (device IS NOT NULL) = ?2)
       AND (?3 IS NULL OR name_key = lower(?3) OR name = ?3 OR owner = ?3 OR device = ?3 OR ${beginsWith('id', '?3')})
     ORDER BY id LIMIT ?4`,
  )
  return {
    find(kind, key) {
      const row = find.get(kind, key)
      return row && { ...viewOf(row), key }
    },
    view(id) {
      const row = one.get(id)
      return row && viewOf(row)
    },
    put({ id, kind, key, name, owner, addedAt, addedBy }) {
      insert.run(id, kind, key, name, owner, addedAt, addedBy)
    },
    setOwner(id, owner) {
      setOwner.run(owner, id)
    },
    use(id, device, at) {
      use.run(device, at, id)
    },
    release(device) {
      release.run(device)
    },
    remove(id) {
      remove.run(id)
    },
    list: ({ after, limit, used, named }) =>
      list.all(after ?? '', used === undefined ? null : Number(used), named ?? null, limit).map(viewOf),
  }
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
