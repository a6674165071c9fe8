import { numberOf, optionalNumberOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import type { TextVersion, VersionStore } from '../versions/version-store.ts'

const ABOUT = 'version, hash, set_at, set_by, forced, restores'

/** @param table whose columns are those of `TextVersion`. */
export function versionStore(database: Database, table: 'policies' | 'rule_sets'): VersionStore {
  const newest = database.prepare(`SELECT ${ABOUT}, text FROM ${table} ORDER BY version DESC LIMIT 1`)
  const get = database.prepare(`SELECT ${ABOUT}, text FROM ${table} WHERE version = ?`)
  const list = database.prepare(`SELECT ${ABOUT} FROM ${table} WHERE version < ? ORDER BY version DESC LIMIT ?`)
  const add = database.prepare(`INSERT INTO ${table} (${ABOUT}, text) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const whole = (row: Row | undefined) => row && { ...aboutOf(row), text: textOf(row, 'text') }
  return {
    newest: async () => whole(await newest.get()),
    get: async (version) => whole(await get.get(version)),
    list: async ({ before = Number.MAX_SAFE_INTEGER, limit }) => (await list.all(before, limit)).map(aboutOf),
    async add({ version, hash, setAt, setBy, forced, restores, text }) {
      await add.run(version, hash, setAt, setBy, forced ? 1 : 0, restores ?? null, text)
    },
  }
}

function aboutOf(row: Row): Omit<TextVersion, 'text'> {
  return {
    version: numberOf(row, 'version'),
    hash: textOf(row, 'hash'),
    setAt: numberOf(row, 'set_at'),
    setBy: textOf(row, 'set_by'),
    forced: numberOf(row, 'forced') === 1,
    restores: optionalNumberOf(row, 'restores'),
  }
}
