import { optionalTextOf } from './columns.ts'
import type { Database } from './database.ts'

/** What things are called today. */
export interface NameStore {
  /** Of those of the ids that have a name. A forgotten person has the one that was put in its place. */
  namesOf(ids: Iterable<string>): Promise<Readonly<Record<string, string>>>
}

/** By the kind of an id: the name of what has it. */
const NAMES: Readonly<Record<string, string>> = {
  hum: 'SELECT user_name AS name FROM humans WHERE id = ? AND deleted_at IS NULL',
  dev: "SELECT json_extract(label_json, '$.hostname') AS name FROM devices WHERE id = ?",
  agt: 'SELECT name FROM registrations WHERE id = ?',
  grp: 'SELECT name FROM people_groups WHERE id = ? AND deleted_at IS NULL',
  sac: 'SELECT name FROM service_accounts WHERE id = ?',
  adm: 'SELECT name FROM principals WHERE id = ?',
  svc: 'SELECT name FROM principals WHERE id = ?',
}

export function nameStore(database: Database): NameStore {
  const statements = new Map(Object.entries(NAMES).map(([kind, sql]) => [kind, database.prepare(sql)]))
  return {
    async namesOf(ids) {
      const found: [string, string][] = []
      for (const id of new Set(ids)) {
        const row = await statements.get(id.slice(0, id.indexOf('_')))?.get(id)
        const name = row && optionalTextOf(row, 'name')
        if (name !== undefined) found.push([id, name])
      }
      return Object.fromEntries(found)
    },
  }
}
