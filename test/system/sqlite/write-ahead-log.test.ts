import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { readDatabaseCopy } from '../../../src/system/sqlite/sqlite-copy.ts'
import { withLog } from '../../../src/system/sqlite/write-ahead-log.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { withBigEndianChecksums } from './big-endian-log.ts'

const SQL = 'SELECT id, text FROM t ORDER BY id'

interface Files {
  readonly database: Uint8Array
  readonly log: Uint8Array
}

/** What lies on the disk while a program has a database open that did `work`. */
function filesAfter(work: (database: DatabaseSync) => void, pageBytes: number): Files {
  using folder = temporaryFolder()
  const path = join(folder.path, 'db')
  using database = new DatabaseSync(path)
  database.exec(
    `PRAGMA page_size=${pageBytes}; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=4; PRAGMA synchronous=OFF`,
  )
  work(database)
  return { database: new Uint8Array(readFileSync(path)), log: new Uint8Array(readFileSync(`${path}-wal`)) }
}

const CREATE = 'CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)'

function insert(database: DatabaseSync, from: number, count: number, length = 200): void {
  const statement = database.prepare('INSERT OR REPLACE INTO t(id, text) VALUES (?, ?)')
  for (let id = from; id < from + count; id++) statement.run(id, `${id} `.repeat(length).slice(0, length))
}

/** What SQLite makes of the same two files; undefined where it finds nothing to ask. */
function askSqlite({ database, log }: Files): unknown {
  using folder = temporaryFolder()
  const path = join(folder.path, 'db')
  writeFileSync(path, database)
  writeFileSync(`${path}-wal`, log)
  try {
    using opened = new DatabaseSync(path)
    return opened.prepare(SQL).all()
  } catch {
    return undefined
  }
}

function askUs({ database, log }: Files): unknown {
  try {
    return readDatabaseCopy(withLog(database, log), SQL)
  } catch {
    return undefined
  }
}

const MOVED = 'PRAGMA wal_checkpoint(RESTART)'

test.each<[string, number, (database: DatabaseSync) => void]>([
  [
    'everything lies in the log',
    4096,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 20)
    },
  ],
  [
    'the log changes what lies in the database',
    4096,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 50)
      database.exec(`${MOVED}; DELETE FROM t WHERE id % 2 = 0; UPDATE t SET text = 'new' WHERE id > 40`)
    },
  ],
  [
    'a log was begun anew over a longer one',
    4096,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 400)
      database.exec(MOVED)
      insert(database, 500, 1)
    },
  ],
  [
    'a transaction is not ended, though some of it lies in the log',
    4096,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 200)
      database.exec(`${MOVED}; INSERT INTO t VALUES (900, 'x'); BEGIN; UPDATE t SET text = 'not yet'`)
    },
  ],
  [
    'the database became smaller',
    4096,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 400)
      database.exec(`${MOVED}; DELETE FROM t WHERE id > 3; VACUUM`)
    },
  ],
  [
    'pages are small',
    512,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 60)
    },
  ],
  [
    'pages are as large as can be',
    65_536,
    (database) => {
      database.exec(CREATE)
      insert(database, 1, 30)
      database.exec(MOVED)
      insert(database, 10, 30)
    },
  ],
])('a database is read with its log as SQLite reads it: %s', (_, pageBytes, work) => {
  const files = filesAfter(work, pageBytes)
  const rows = askUs(files)
  expect(rows).toEqual(askSqlite(files))
  expect(rows).not.toEqual([])
})

const FILES = filesAfter((database) => {
  database.exec(CREATE)
  insert(database, 1, 40)
  database.exec(MOVED)
  for (let id = 20; id < 60; id += 10) insert(database, id, 10)
}, 1024)

test('a log of a big-endian machine is read likewise', () => {
  const files = { ...FILES, log: withBigEndianChecksums(FILES.log) }
  expect(askUs(files)).toEqual(askSqlite(FILES))
  expect(askSqlite(files)).toEqual(askSqlite(FILES))
})

test('wherever a log is cut, as much of it counts as for SQLite', () => {
  fc.assert(
    fc.property(fc.nat(FILES.log.length), (length) => {
      const files = { ...FILES, log: FILES.log.subarray(0, length) }
      expect(askUs(files)).toEqual(askSqlite(files))
    }),
    { numRuns: 60 },
  )
})

test('counts as much of any changed log as SQLite does', () => {
  const at = fc.oneof(fc.nat(FILES.log.length - 1), fc.nat(63))
  fc.assert(
    fc.property(at, fc.integer({ min: 1, max: 255 }), (place, change) => {
      const log = Uint8Array.from(FILES.log)
      log[place] = (log[place] ?? 0) ^ change
      expect(askUs({ ...FILES, log })).toEqual(askSqlite({ ...FILES, log }))
    }),
    { numRuns: 100 },
  )
})

test('a log that claims more pages than there are is refused, and costs no memory', () => {
  const log = Uint8Array.from(FILES.log)
  const view = new DataView(log.buffer)
  const frame = 24 + view.getUint32(8)
  for (let at = 32; at < log.length; at += frame) view.setUint32(at + 4, 0xffffffff)
  expect(() => withLog(FILES.database, withBigEndianChecksums(log))).toThrow('pages that are nowhere')
})

test('a log of another database, or anything at all in its place, changes nothing', () => {
  const other = filesAfter((database) => database.exec(CREATE), 2048)
  expect(withLog(FILES.database, other.log)).toBe(FILES.database)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (log) => withLog(FILES.database, log) === FILES.database))
})
