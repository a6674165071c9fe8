import { type Database, openDatabase } from './sqlite.ts'

/**
 * Are the tables, indexes and triggers of `database` those that `steps` make of an empty one? A changed bit in the text
 * of a schema is no damage to SQLite: it is another column, or another constraint.
 *
 * @throws as `Database`.
 */
export function isMadeBy(steps: readonly string[], database: Database): boolean {
  return schemaOf(database) === schemaMadeBy(steps)
}

/** By the steps: what they make of an empty database is the same every time. */
const MADE = new Map<string, string>()

function schemaMadeBy(steps: readonly string[]): string {
  const key = steps.join('\n')
  const known = MADE.get(key)
  if (known !== undefined) return known
  using made = openDatabase(':memory:')
  for (const step of steps) made.exec(step)
  const schema = schemaOf(made)
  MADE.set(key, schema)
  return schema
}

/** Without what SQLite keeps for itself. */
function schemaOf(database: Database): string {
  const own = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY type, name`
  return JSON.stringify(database.prepare(own).all())
}
