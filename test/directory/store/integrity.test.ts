import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { migratedStore } from '../../support/directory/migrated-store.ts'

const PAGE = resolve(import.meta.dirname, '../../../docs/reference/integrity.md')
const GUARDS = `SELECT name FROM sqlite_schema
  WHERE type = 'trigger' OR (type = 'index' AND sql LIKE 'CREATE UNIQUE INDEX % WHERE %') ORDER BY name`
const NAME = /`([a-z_]+)`/g

/** The names in the first cell of each row. */
function namesIn(page: string): readonly string[] {
  const cells = page.split('\n').map((line) => /^\| ((?:`[a-z_]+`(?:, )?)+) \|/.exec(line)?.[1] ?? '')
  return cells.flatMap((cell) => [...cell.matchAll(NAME)].map(([, name = '']) => name)).sort()
}

test('integrity.md names each trigger and partial unique index once, and nothing else', () => {
  using database = migratedStore()
  const guards = database.prepare(GUARDS).all()
  expect(guards.length).toBeGreaterThan(100)
  expect(namesIn(readFileSync(PAGE, 'utf8'))).toEqual(guards.map(({ name }) => name))
})

test('a name that is said of another trigger does not count', () => {
  expect(namesIn('| `a_kept`, `b_kept` | state | as `c_kept` |\n`d_kept` is in no table')).toEqual(['a_kept', 'b_kept'])
})
