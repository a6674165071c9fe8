import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { faultyDisk, type Rule, touchedAfterFailedSync } from './faulty-disk.ts'
import { prepareFaultyDisks } from './faulty-disks.ts'

/** A database is left alone from its first failed sync on, however the program goes on and ends. */

const CHILD = join(import.meta.dirname, 'database-child.ts')
const { folder, library, describeDisk } = prepareFaultyDisks()

const LOG_FAILS: Rule = ['sync', 'rows.db-wal', 'EIO']

/** Counts of calls belong to the place of a rule: behind this one they begin anew. */
const NO_FAULT: Rule = ['sync', 'nothing', 'EIO']

let places = 0

/** A program with a database on a disk of its own. */
function programWith(database: 'shared' | 'alone') {
  const own = join(folder, String(++places))
  const data = join(own, 'data')
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const path = join(data, 'rows.db')
  const disk = faultyDisk(library, own, '/data/')
  const child = spawn(process.execPath, [CHILD, path, ...(database === 'alone' ? ['alone'] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...disk.env },
  })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    disk,
    async does(...calls: readonly string[]): Promise<unknown> {
      let said = '"nothing"'
      for (const call of calls) {
        child.stdin.write(`${call}\n`)
        said = (await lines.next()).value ?? '"ended"'
      }
      return JSON.parse(said)
    },
    async end(): Promise<unknown> {
      child.stdin.end()
      return (await ended)[0]
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
    /** As a program finds them that opens the database after this one has ended. */
    found(): string {
      using database = openDatabase(path)
      const { integrity_check: integrity } = database.prepare('PRAGMA integrity_check').get() ?? {}
      return `${integrity}, ${database.prepare('SELECT count(*) AS rows FROM row').get()?.rows} rows`
    },
  }
}

describeDisk('a database with a failed sync', () => {
  describe.each(['shared', 'alone'] as const)('%s', (mode) => {
    test.each<[string, { before?: readonly Rule[]; calls: readonly string[] }]>([
      ['is closed', { calls: ['close'] }],
      ['is left open at the end of the program', { calls: [] }],
      ['is used and closed twice', { calls: ['write', 'count', 'close', 'close'] }],
      ['cannot be opened a second time', { before: [['look', 'rows.db', 'EIO']], calls: ['close', 'open'] }],
      ['cannot be read', { before: [['read', 'rows.db', 'EIO']], calls: ['close', 'open'] }],
    ])('that %s is not touched any more', async (_, { before = [], calls }) => {
      await using program = programWith(mode)
      expect(await program.does('open', 'write', 'write')).toEqual(expect.anything())
      program.disk.set(LOG_FAILS, ...before)
      expect(await program.does('write')).toBe('STORE_FAILED')
      program.disk.set(...before)
      await program.does(...calls)
      expect(await program.end()).toBe(7)
      expect(touchedAfterFailedSync(program.disk.calls())).toEqual([])
      // The one whose commit failed may be there: nobody was told that it is.
      expect(program.found()).toMatch(/^ok, [23] rows$/)
    })

    test('that was failing as its log was copied to its place is not touched any more', async () => {
      await using program = programWith(mode)
      await program.does('open', 'write')
      program.disk.set(['sync', 'rows.db', 'EIO', 3])
      expect(await program.does('fill')).toBe('STORE_FAILED')
      const [failed] = program.disk.calls().filter((call) => call.failed)
      expect(failed?.path).toMatch(/rows\.db$/)
      program.disk.set()
      await program.does('close')
      await program.end()
      expect(touchedAfterFailedSync(program.disk.calls())).toEqual([])
      expect(program.found()).toBe('ok, 1101 rows')
    })

    test('that is new is not touched after its first failed sync, and made again later', async () => {
      await using program = programWith(mode)
      program.disk.set(['sync', 'rows.db', 'EIO'])
      expect(await program.does('open')).toBe('STORE_FAILED')
      expect(touchedAfterFailedSync(program.disk.calls())).toEqual([])
      program.disk.set()
      expect(await program.does('open', 'write', 'close')).toBe('done')
      await program.end()
      expect(touchedAfterFailedSync(program.disk.calls())).toEqual([])
      expect(program.found()).toBe('ok, 1 rows')
    })

    test.each<[string, Rule]>([
      ['the log', LOG_FAILS],
      ['the database, which comes second', ['sync', 'rows.db', 'EIO', 2]],
    ])('that fails to open at a sync of %s is not touched again until it is reopened', async (_, rule) => {
      await using program = programWith(mode)
      await program.does('open', 'write', 'write')
      program.disk.set(LOG_FAILS)
      await program.does('write', 'close')
      program.disk.set(NO_FAULT, rule)
      expect(await program.does('open')).toBe('STORE_FAILED')
      expect(touchedAfterFailedSync(program.disk.calls())).toEqual([])
      program.disk.set()
      expect(await program.does('open', 'write', 'close')).toBe('done')
      await program.end()
      expect(touchedAfterFailedSync(program.disk.calls())).toEqual([])
      expect(program.found()).toMatch(/^ok, [34] rows$/)
    })
  })
})
