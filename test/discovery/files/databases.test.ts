import { execFileSync } from 'node:child_process'
import { readdirSync, renameSync, truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { codeOf } from '../../../src/base/errors.ts'
import { openDatabases } from '../../../src/discovery/files/databases.ts'
import { openFolders } from '../../../src/discovery/files/folders.ts'
import type { FileReader } from '../../../src/system/files/files.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'

const SQL = 'SELECT text FROM t ORDER BY text'

/** A database that a program has open: `a` lies in it, `b` in its log. */
function opened(home: FixtureHome, name = 'db'): DatabaseSync {
  const database = new DatabaseSync(home.at(name))
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=OFF; CREATE TABLE t(text TEXT)',
  )
  database.exec("INSERT INTO t VALUES ('a'); PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES ('b')")
  return database
}

/** @param change wraps the reader of files. */
function looking(home: FixtureHome, change: (files: FileReader) => Partial<FileReader> = () => ({})) {
  const real = openFiles()
  const files = { ...real, ...change(real) }
  const faults: string[] = []
  const onFault = (path: string, error: unknown) => faults.push(`${path.replace(home.path, '~')} ${codeOf(error)}`)
  const databases = openDatabases({ folders: openFolders({ files, onFault }, { home: home.path }), files, onFault })
  return {
    faults,
    ask: async (name = 'db', wholeUpTo?: number) => {
      const rows = await databases.ask(home.at(name), SQL, wholeUpTo === undefined ? {} : { wholeUpTo })
      return rows.map(({ text }) => text).join('')
    },
    [Symbol.dispose]: () => real[Symbol.dispose](),
  }
}

test.each([undefined, 1024 * 1024])(
  'sees rows in the log of an open database, and makes no file (whole up to %s)',
  async (wholeUpTo) => {
    using home = fixtureHome()
    using _ = opened(home)
    const before = readdirSync(home.path)
    using looked = looking(home)
    expect([await looked.ask('db', wholeUpTo), looked.faults]).toEqual(['ab', []])
    expect(readdirSync(home.path)).toEqual(before)
  },
)

test.each<[string, (home: FixtureHome, database: DatabaseSync) => void, string]>([
  ['was moved into the database', (_, database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'), 'ab'],
  ['is empty', (home) => truncateSync(home.at('db-wal'), 0), 'a'],
  ['is a header alone', (home) => truncateSync(home.at('db-wal'), 32), 'a'],
  ['is cut in the middle', (home) => truncateSync(home.at('db-wal'), 1_000), 'a'],
  ['is anything at all', (home) => home.write('db-wal', 'x'.repeat(5_000)), 'a'],
])('a log that %s is no fault', async (_, change, rows) => {
  using home = fixtureHome()
  using database = opened(home)
  change(home, database)
  using looked = looking(home)
  expect([await looked.ask(), looked.faults]).toEqual([rows, []])
})

test.each<[string, (home: FixtureHome) => void, string]>([
  ['a link', (home) => home.link('db-wal', home.at('elsewhere')), 'FILE_IS_LINK'],
  ['a FIFO', (home) => void execFileSync('/usr/bin/mkfifo', [home.at('db-wal')]), 'FILE_NOT_REGULAR'],
  ['a folder', (home) => home.folder('db-wal'), 'FILE_NOT_REGULAR'],
  [
    'of a terabyte',
    (home) => {
      home.write('db-wal', '')
      truncateSync(home.at('db-wal'), 2 ** 40)
    },
    'FILE_TOO_LARGE',
  ],
])('reports a log that is %s and reads only the database', async (_, plant, code) => {
  using home = fixtureHome()
  using _database = opened(home)
  renameSync(home.at('db-wal'), home.at('elsewhere'))
  plant(home)
  using looked = looking(home)
  expect([await looked.ask(), looked.faults]).toEqual(['a', [`~/db-wal ${code}`]])
})

test('all logs of one look have a bound together', async () => {
  using home = fixtureHome()
  using running = new DisposableStack()
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) {
    running.use(opened(home, name))
    truncateSync(home.at(`${name}-wal`), 60 * 1024 * 1024)
  }
  using looked = looking(home)
  const rows: string[] = []
  for (const name of names) rows.push(await looked.ask(name))
  expect([rows, looked.faults]).toEqual([['ab', 'ab', 'ab', 'ab', 'a'], ['~/e-wal FILE_TOO_LARGE']])
})

test('misses nothing when a log moves into the database and restarts meanwhile', async () => {
  using home = fixtureHome()
  using database = opened(home)
  let reads = 0
  using looked = looking(home, (files) => ({
    read: async (path, options) => {
      const bytes = await files.read(path, options)
      // Behind the first look at the database: what lay in its log lies in it now, and other things in the log.
      if (path.endsWith('db') && reads++ === 0) {
        database.exec("PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES ('c')")
      }
      return bytes
    },
  }))
  expect([await looked.ask(), looked.faults, reads]).toEqual(['abc', [], 2])
})

test('reports a log that restarts all the time as unread', async () => {
  using home = fixtureHome()
  using database = opened(home)
  using looked = looking(home, (files) => ({
    read: async (path, options) => {
      const bytes = await files.read(path, options)
      if (path.endsWith('db')) database.exec("PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES ('c')")
      return bytes
    },
  }))
  expect([await looked.ask(), looked.faults]).toEqual(['abcc', ['~/db-wal FILE_UNREADABLE']])
})
