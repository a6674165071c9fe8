import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { appendTo, OWNER, open } from './spool-fixture.ts'

/** The stored acknowledgement is part of each hello. The directory would refuse every hello with a damaged one. */

const ACKNOWLEDGEMENT = 'ack.of.two'

/** Makes a spool of two batches, one of them acknowledged, and then runs `sql` on it. */
async function makeSpool(folder: string, sql: string) {
  {
    using spool = open(folder)
    spool.begin(OWNER)
    await appendTo(spool, 'one', 'two')
    spool.acknowledge({ sequence: 1, hash: spool.read(1)?.hash ?? '' }, ACKNOWLEDGEMENT)
  }
  using database = openDatabase(join(folder, 'spool.db'))
  database.exec(sql)
}

function opened(folder: string) {
  const events: string[] = []
  using spool = openSpoolFiles(
    {
      clock: systemClock,
      onAcknowledgementDamaged: () => void events.push('acknowledgement damaged'),
      onSetAside: () => void events.push('set aside'),
    },
    { stateFolder: folder, maxBytes: 4_000 },
  )
  const batches = [1, 2].map((sequence) => spool.read(sequence)?.jws)
  return { events, acknowledgement: spool.acknowledgement(), batches }
}

const BATCHES = ['one', 'two']

test('returns an acknowledgement that is whole', async () => {
  using folder = temporaryFolder()
  await makeSpool(folder.path, 'SELECT 1')
  expect(opened(folder.path)).toEqual({ events: [], acknowledgement: ACKNOWLEDGEMENT, batches: BATCHES })
})

test.each([
  ['has another text', "UPDATE chain SET acknowledgement = 'ack.of.twp'"],
  ['is not text', "UPDATE chain SET acknowledgement = CAST(x'ff' AS TEXT)"],
  ['is missing beside its hash', 'UPDATE chain SET acknowledgement = NULL'],
  ['has another hash', "UPDATE chain SET acknowledgement_hash = 'A'"],
  ['has no hash', 'UPDATE chain SET acknowledgement_hash = NULL'],
])('removes an acknowledgement that %s, reports it once, and keeps the batches', async (_, sql) => {
  using folder = temporaryFolder()
  await makeSpool(folder.path, sql)
  const removed = { acknowledgement: undefined, batches: BATCHES }
  expect(opened(folder.path)).toEqual({ events: ['acknowledgement damaged'], ...removed })
  expect(opened(folder.path)).toEqual({ events: [], ...removed })
})

test('stores the next acknowledgement after it removed a damaged one', async () => {
  using folder = temporaryFolder()
  await makeSpool(folder.path, "UPDATE chain SET acknowledgement = 'x'")
  {
    using spool = open(folder.path)
    spool.acknowledge({ sequence: 2, hash: spool.read(2)?.hash ?? '' }, ACKNOWLEDGEMENT)
  }
  expect(opened(folder.path)).toEqual({ events: [], acknowledgement: ACKNOWLEDGEMENT, batches: BATCHES })
})

test('does not salvage a damaged acknowledgement from a damaged spool', async () => {
  using folder = temporaryFolder()
  await makeSpool(folder.path, "UPDATE chain SET acknowledgement = 'x'; DELETE FROM batch WHERE sequence = 1")
  const lost = { acknowledgement: undefined, batches: [undefined, undefined] }
  expect(opened(folder.path)).toEqual({ events: ['set aside'], ...lost })
})
