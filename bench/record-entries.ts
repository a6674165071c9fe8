import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Happening } from '../src/directory/record/entry.ts'
import { sqliteDatabase } from '../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const ENTRIES = sizeOf(100_000, { small: 1_000 })
const GROUP = 1_000
const PER_SECOND = 30_000
const DEVICES = 1_000

export const recordEntries: Benchmark = {
  name: 'record-entries',
  about: `${ENTRIES} durable entries in transactions of ${GROUP}, then their index and tiles, beside a bare table of SQLite`,
  unit: 'per second of processor time',
  limit: `${PER_SECOND} entries a second`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const store = directoryStore(sqliteDatabase(database))
    const bare = bareEntries(join(folder.path, 'bare.sqlite'))
    const added = await perCpuSecond(() => addEntries(store))
    const indexed = await perCpuSecond(async () => {
      while ((await store.record.grow(GROUP)) > 0);
    })
    report({
      name: 'record-entries',
      value: rounded(added),
      unit: '/s of cpu',
      ratio: rounded(added / PER_SECOND),
      against: `at least ${PER_SECOND}; ${rounded(bare)} rows of the same bytes in a table of SQLite without an index`,
    })
    report({
      name: 'record-index',
      value: rounded(indexed),
      unit: '/s of cpu',
      ratio: rounded(indexed / PER_SECOND),
      against: `at least ${PER_SECOND}; index and tiles, in groups of ${GROUP}`,
    })
  },
}

async function addEntries(store: DirectoryStore): Promise<void> {
  for (let from = 0; from < ENTRIES; from += GROUP)
    await store.transaction(async () => {
      for (let at = from; at < from + GROUP; at++) await store.record.add(changedVerdict(at))
    })
}

function changedVerdict(at: number): Happening {
  const device = `dev_${String(at % DEVICES).padStart(22, 'A')}`
  return {
    at: 1_780_000_000_000 + at,
    act: 'verdict-changed',
    actor: 'directory',
    subject: device,
    device,
    details: { from: 'compliant', to: 'not-compliant', policy: 3, failed: 'disk.encryption,os.updates' },
  }
}

/** @returns rows per second of processor time. */
function bareEntries(path: string): number {
  const database = new DatabaseSync(path)
  try {
    database.exec(
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE entries (number INTEGER PRIMARY KEY, bytes BLOB)',
    )
    const insert = database.prepare('INSERT INTO entries (bytes) VALUES (?)')
    const bytes = new Uint8Array(400)
    const before = process.cpuUsage()
    for (let from = 0; from < ENTRIES; from += GROUP) {
      database.exec('BEGIN')
      for (let at = 0; at < GROUP; at++) insert.run(bytes)
      database.exec('COMMIT')
    }
    return ENTRIES / secondsSince(before)
  } finally {
    database.close()
  }
}

async function perCpuSecond(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return ENTRIES / secondsSince(before)
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000_000
}
