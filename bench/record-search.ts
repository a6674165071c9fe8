import { join } from 'node:path'
import { fromUtf8 } from '../src/base/bytes.ts'
import { bytesOf, textOf } from '../src/directory/sql/columns.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import type { Database } from '../src/system/sqlite/sqlite.ts'
import { type Benchmark, quantile, rounded, sizeOf, timesMs } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

/** `RECORD_SEARCH_ENTRIES=50000000` needs about 40 GB on the disk of temporary files. */
const ENTRIES = Number(process.env.RECORD_SEARCH_ENTRIES ?? sizeOf(2_000_000, { small: 2_000 }))
const DEVICES = sizeOf(100_000, { small: 100 })
const ADMINISTRATORS = 50
const LIMIT_MS = 100
const RUNS = sizeOf(100, { small: 4 })
/** Each entry is a second after the one before. */
const BEGUN = 1_700_000_000_000

type Query = Readonly<Record<string, string | number>>

/** Each is one request. `at` differs from run to run. */
const QUESTIONS: readonly (readonly [about: string, query: (at: number) => Query])[] = [
  ['newest', () => ({})],
  ['oldest', () => ({ sort: 'time', order: 'ascending' })],
  ['who: an administrator', (at) => ({ actor: administrator(at) })],
  ['who: the directory', () => ({ actor: 'directory' })],
  ['device', (at) => ({ device: device(at * 997) })],
  ['object: a device', (at) => ({ subject: device(at * 997) })],
  ['object: a stop', (at) => ({ subject: id('stp', at * 100 + 99) })],
  ['agent', (at) => ({ agent: id('agt', at * 100 + 97) })],
  ['kind: common', () => ({ act: 'verdict-changed' })],
  ['kind: rare', () => ({ act: 'zombie-warned' })],
  ['time: an hour', (at) => span(at, 3_600)],
  ['common kind by who did little of it', (at) => ({ act: 'verdict-changed', actor: administrator(at) })],
  ['rare kind by who does most', () => ({ act: 'zombie-warned', actor: 'directory' })],
  ['kind by an administrator', (at) => ({ act: 'stop-created', actor: administrator(at) })],
  ['kind about a device', (at) => ({ act: 'order-issued', device: device(at * 997) })],
  ['who about a device', (at) => ({ actor: administrator(at), device: device(at * 997) })],
  ['kind within an hour', (at) => ({ act: 'zombie-warned', ...span(at, 3_600) })],
  ['kind that never was within a year', (at) => ({ act: 'human-forgotten', ...span(at, 31_536_000) })],
  ['who within an hour', (at) => ({ actor: administrator(at), ...span(at, 3_600) })],
]

export const recordSearch: Benchmark = {
  name: 'record-search',
  about: `the first page of each search of ${ENTRIES} entries of the record`,
  unit: 'ms',
  limit: `p99 under ${LIMIT_MS} ms`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const store = directoryStore(sqliteDatabase(database))
    const startedAt = performance.now()
    await fill(database, store)
    console.error(`filled in ${Math.round((performance.now() - startedAt) / 1000)} s`)
    for (const [about, query] of QUESTIONS) {
      let at = 0
      const times = await timesMs(RUNS, () => store.record.list(query(at++)))
      const value = quantile(times, 0.99)
      report({
        name: `record-search ${about}`,
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / LIMIT_MS),
        against: `${LIMIT_MS} ms; median ${rounded(quantile(times, 0.5))} ms; ${ENTRIES} entries`,
      })
    }
  },
}

const id = (kind: string, number: number) => `${kind}_${String(number).padStart(21, '0')}A`
const device = (at: number) => id('dev', at % DEVICES)
const administrator = (at: number) => id('adm', at % ADMINISTRATORS)

function span(at: number, seconds: number): Query {
  const since = BEGUN + ((at * 7_919) % ENTRIES) * 1_000
  return { since, until: since + seconds * 1_000 }
}

/** Of a hundred entries 95 are changed verdicts, 2 are orders, and one each registers, stops and creates a token. */
async function fill(database: Database, store: DirectoryStore): Promise<void> {
  await store.record.add({ at: BEGUN, act: 'verdict-changed', actor: 'directory', subject: device(0), details: {} })
  const template = fromUtf8(bytesOf(database.prepare('SELECT bytes FROM record_entries').get() ?? {}, 'bytes'))
  const indexes = database
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'record_entries' AND type = 'index' AND sql NOT NULL",
    )
    .all()
  for (const row of indexes) database.exec(`DROP INDEX ${textOf(row, 'name')}`)
  const named = (kind: string, number: string) => `'${kind}_' || printf('%021d', ${number}) || 'A'`
  const insert = database.prepare(`
    WITH RECURSIVE n (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?2)
    INSERT INTO record_entries (id, at, act, actor, subject, device, agent, bytes, leaf, position)
    SELECT ${named('ent', 'n')}, ${BEGUN} + n * 1000, act, actor, subject, device, agent,
      CAST(replace(?3, 'verdict-changed', act) AS BLOB), randomblob(32), n FROM (
        SELECT n,
          CASE WHEN n % 10000 = 50 THEN 'zombie-warned' WHEN n % 100 < 95 THEN 'verdict-changed' WHEN n % 100 < 97 THEN 'order-issued'
            WHEN n % 100 = 97 THEN 'agent-registered' WHEN n % 100 = 98 THEN 'token-created' ELSE 'stop-created' END AS act,
          CASE WHEN n % 100 < 95 THEN 'directory' ELSE ${named('adm', `n / 100 % ${ADMINISTRATORS}`)} END AS actor,
          CASE WHEN n % 100 < 97 THEN ${named('dev', `n * 7919 % ${DEVICES}`)} WHEN n % 100 = 97 THEN ${named('agt', 'n')}
            WHEN n % 100 = 98 THEN ${named('tok', 'n')} ELSE ${named('stp', 'n')} END AS subject,
          CASE WHEN n % 100 < 97 THEN ${named('dev', `n * 7919 % ${DEVICES}`)} END AS device,
          CASE WHEN n % 100 = 97 THEN ${named('agt', 'n')} END AS agent FROM n)`)
  const step = 500_000
  for (let from = 1; from < ENTRIES; from += step) insert.run(from, Math.min(from + step, ENTRIES), template)
  for (const row of indexes) database.exec(textOf(row, 'sql'))
}
