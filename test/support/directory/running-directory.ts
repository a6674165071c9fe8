import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { describeError } from '../../../src/base/errors.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { type Directory, startDirectory } from '../../../src/directory/directory.ts'
import type { DirectoryInit } from '../../../src/directory/directory-init.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import { type Database, openDatabase, type Row } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'
import { ScriptedDevice } from './scripted-device.ts'

type TokenInit = Partial<Parameters<Directory['services']['tokens']['create']>[0]>

export interface RunningDirectory extends AsyncDisposable {
  readonly directory: Directory
  device(): ScriptedDevice
  /** An enrolment string. */
  token(init?: TokenInit): Promise<string>
  tokenWithId(init?: TokenInit): Promise<{ id: string; enrolment: string }>
  /** Reads from the database file, over a connection of its own. */
  rows(sql: string, ...values: readonly string[]): readonly Row[]
  /** Runs SQL on the database file, over a connection of its own. */
  /** By another connection, once no transaction of the directory is open. */
  exec(sql: string): Promise<void>
  result(device: string): Promise<AttestationResult>
  /** Stops it and starts another on the same data folder. */
  restart(): Promise<void>
}

export async function runningDirectory(
  init: Partial<DirectoryInit> = {},
  components: { clock?: Clock; log?: Log; random?: (bytes: number) => Uint8Array<ArrayBuffer> } = {},
): Promise<RunningDirectory> {
  const folder = temporaryFolder({ inMemory: true })
  const start = () =>
    startDirectory(
      { clock: systemClock, log: silentLog, ...components },
      {
        dataFolder: `${folder.path}/data`,
        devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
        names: ['localhost', '127.0.0.1'],
        attestEveryMs: 3_600_000,
        ...init,
        // A test fails from one address as often as it likes.
        limits: { unprovenPerSecond: 1_000_000, ...init.limits },
      },
      { signal: new AbortController().signal },
    )
  const withDatabase = <T>(work: (database: Database) => T): T => {
    using database = openDatabase(`${folder.path}/data/directory.sqlite`)
    return work(database)
  }
  let directory = await start()
  const tokenWithId: RunningDirectory['tokenWithId'] = async (own = {}) =>
    directory.services.tokens.create(
      { owner: 'ada@example.org', ttlMs: 3_600_000, minimumTier: 'simulated', ...own },
      'test',
    )
  return {
    get directory() {
      return directory
    },
    device: () => new ScriptedDevice({ url: directory.devicesUrl, ca: directory.caCertificate, pins: directory.pins }),
    tokenWithId,
    token: async (own = {}) => (await tokenWithId(own)).enrolment,
    rows: (sql, ...values) => withDatabase((database) => database.prepare(sql).all(...values)),
    async exec(sql) {
      using database = openDatabase(`${folder.path}/data/directory.sqlite`, { busyTimeoutMs: 0 })
      await waitFor('the directory to end its transaction', () => {
        try {
          database.exec(sql)
          return true
        } catch (error) {
          if (describeError(error).includes('is locked')) return false
          throw error
        }
      })
    },
    async result(device) {
      const result = await directory.store.results.get(device)
      if (result === undefined) throw new Error('the device has no result')
      return result
    },
    async restart() {
      await directory[Symbol.asyncDispose]()
      directory = await start()
    },
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}
