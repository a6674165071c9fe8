import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readDatabaseCopy } from '../../../../src/system/sqlite/sqlite-copy.ts'
import { withLog } from '../../../../src/system/sqlite/write-ahead-log.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { withBigEndianChecksums } from '../../../system/sqlite/big-endian-log.ts'
import { promise, refusing, type Target } from '../../target.ts'

/** What programs keep in SQLite. */

const INPUT = ['INPUT_MALFORMED', 'INPUT_TOO_LARGE'] as const

/** A database and the log beside it, with the length of the first before them; sums are made right, or nothing would be read. */
const databaseLog: Target = {
  name: 'database-log',
  kind: 'bytes',
  seeds: databasesWithLogs,
  async run(input) {
    if (input.length < 4) return
    const length = Math.min(new DataView(input.buffer, input.byteOffset).getUint32(0), input.length - 4)
    const database = input.subarray(4, 4 + length)
    const log = withBigEndianChecksums(input.subarray(4 + length))
    const whole = await refusing(INPUT, async () => withLog(database, log))
    promise((whole?.length ?? 0) <= database.length + log.length, 'what is made of two files is no larger than both')
    if (whole !== undefined)
      await refusing(INPUT, async () => readDatabaseCopy(whole, 'SELECT key, value FROM ItemTable'))
  },
}

/** As two editors leave them while they run: with nothing moved out of the log, and with something. */
function databasesWithLogs(): Uint8Array[] {
  return [false, true].map((moved) => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'db')
    using database = new DatabaseSync(path)
    database.exec('PRAGMA page_size=512; PRAGMA journal_mode=WAL; CREATE TABLE ItemTable (key TEXT, value BLOB)')
    if (moved) database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.exec("INSERT INTO ItemTable VALUES ('a', 'b'); INSERT INTO ItemTable VALUES ('c', zeroblob(600))")
    const bytes = readFileSync(path)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return new Uint8Array(Buffer.concat([length, bytes, readFileSync(`${path}-wal`)]))
  })
}

export const databaseTargets: readonly Target[] = [databaseLog]
