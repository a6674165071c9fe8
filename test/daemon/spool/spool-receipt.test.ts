import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { appendTo, LINE, open } from './spooled.ts'

/**
 * The acknowledgement that the spool keeps goes into each hello: one that is no longer what was signed would have every
 * hello refused.
 */

const ACK = 'ack.of.two'

/** A spool of two batches, one of them acknowledged with `ACK`, and what `sql` made of it. */
async function kept(folder: string, sql: string) {
  {
    using spool = open(folder)
    spool.begin(LINE)
    await appendTo(spool, 'one', 'two')
    spool.acknowledge({ sequence: 1, hash: spool.read(1)?.hash ?? '' }, ACK)
  }
  using database = openDatabase(join(folder, 'spool.db'))
  database.exec(sql)
}

function opened(folder: string) {
  const told: string[] = []
  using spool = openSpoolFiles(
    {
      clock: systemClock,
      onReceiptDamaged: () => void told.push('receipt damaged'),
      onSetAside: () => void told.push('set aside'),
    },
    { stateFolder: folder, maxBytes: 4_000 },
  )
  return { told, receipt: spool.receipt(), held: [1, 2].map((sequence) => spool.read(sequence)?.jws) }
}

const HELD = ['one', 'two']

test('one that is whole is shown', async () => {
  using folder = temporaryFolder()
  await kept(folder.path, 'SELECT 1')
  expect(opened(folder.path)).toEqual({ told: [], receipt: ACK, held: HELD })
})

test.each([
  ['is another text', "UPDATE chain SET receipt = 'ack.of.twp'"],
  ['is no text any more', "UPDATE chain SET receipt = CAST(x'ff' AS TEXT)"],
  ['is gone', 'UPDATE chain SET receipt = NULL'],
  ['has another hash', "UPDATE receipt_hash SET hash = 'A'"],
])('one that %s is gone, once and told, and nothing else is', async (_, sql) => {
  using folder = temporaryFolder()
  await kept(folder.path, sql)
  expect(opened(folder.path)).toEqual({ told: ['receipt damaged'], receipt: undefined, held: HELD })
  expect(opened(folder.path)).toEqual({ told: [], receipt: undefined, held: HELD })
})

test('one that an older program kept, without its hash, is not shown; the next one is', async () => {
  using folder = temporaryFolder()
  await kept(folder.path, 'DROP TABLE receipt_hash')
  expect(opened(folder.path)).toEqual({ told: [], receipt: undefined, held: HELD })
  {
    using spool = open(folder.path)
    spool.acknowledge({ sequence: 2, hash: spool.read(2)?.hash ?? '' }, ACK)
  }
  expect(opened(folder.path)).toEqual({ told: [], receipt: ACK, held: HELD })
})

test('one that is damaged beside a spool that is damaged too is not salvaged', async () => {
  using folder = temporaryFolder()
  await kept(folder.path, "UPDATE chain SET receipt = 'x'; DELETE FROM batch WHERE sequence = 1")
  expect(opened(folder.path)).toEqual({ told: ['set aside'], receipt: undefined, held: [undefined, undefined] })
})
