import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { CHAIN_START } from '../../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../../src/daemon/spool/open-spool-files.ts'
import { openSpoolStore } from '../../../../src/daemon/spool/spool-store.ts'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { runningDaemon } from '../../../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../../../support/directory/running-directory.ts'
import { TEST_SEED } from '../../../support/jest/test-seed.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { seededRandom } from '../../power/seeded-random.ts'
import { copyFolder } from '../stage.ts'

/**
 * Every byte of the acknowledgement that a device keeps, changed while it was stopped: SQLite sees nothing of it, and a
 * hello that shows it would be refused for ever. `TEST_SEED=NUMBER` gives the same bits again.
 */

const random = seededRandom(TEST_SEED)
/** On disk; of what is in memory every bit. */
const FLIPS = Number(process.env.STORAGE_FLIPS ?? 3)
const PLACES = { floor: CHAIN_START, head: CHAIN_START, acknowledged: CHAIN_START }
const folder = temporaryFolder()
const [whole, one] = [join(folder.path, 'whole'), join(folder.path, 'one')]

let running: RunningDirectory
/** Where the acknowledgement lies in `spool.db`. */
let place: { readonly start: number; readonly length: number }

beforeAll(async () => {
  process.stdout.write(`damaged acknowledgements, seed ${TEST_SEED}\n`)
  running = await runningDirectory()
  mkdirSync(whole, { mode: 0o700 })
  await using daemon = runningDaemon({ stateFolder: whole, enrolment: await running.token() })
  await daemon.until('complete')
  await daemon.end()
  const { receipt } = opened(whole)
  if (receipt === undefined) throw new Error('nothing was acknowledged')
  place = { start: readFileSync(join(whole, 'spool.db')).lastIndexOf(receipt), length: receipt.length }
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function opened(stateFolder: string) {
  const told: string[] = []
  using spool = openSpoolFiles(
    {
      clock: systemClock,
      onAcknowledgementDamaged: () => void told.push('receipt damaged'),
      onSetAside: () => void told.push('set aside'),
    },
    { stateFolder, maxBytes: 1e8 },
  )
  return { told, receipt: spool.acknowledgement(), chain: spool.chain }
}

/** A state folder in which one bit of the acknowledgement is another. */
function damagedAt(offset: number): string {
  copyFolder(whole, one)
  const path = join(one, 'spool.db')
  const bytes = readFileSync(path)
  const at = place.start + offset
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  writeFileSync(path, bytes)
  return one
}

test('whichever bit is another: it is not what was signed', () => {
  const receipt = Buffer.from(opened(whole).receipt ?? '')
  using database = openDatabase(':memory:')
  const store = openSpoolStore(database, { check: true })
  store.writeChain({ device: 'dev_a', epoch: 1, posture: CHAIN_START.hash, ...PLACES })
  store.writeAcknowledgement(receipt.toString())
  expect([place.length > 100, store.readAcknowledgement()]).toEqual([
    true,
    { jws: receipt.toString(), isDamaged: false },
  ])
  const change = database.prepare('UPDATE chain SET acknowledgement = CAST(? AS TEXT)')
  for (let bit = 0; bit < receipt.length * 8; bit++) {
    const flipped = Buffer.from(receipt)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    change.run(flipped)
    expect([bit, store.readAcknowledgement()]).toEqual([bit, { jws: undefined, isDamaged: true }])
  }
})

test('on disk it is dropped and reported once, and nothing else is lost', () => {
  const { chain } = opened(whole)
  for (let count = 0; count < FLIPS; count++) {
    const offset = random.below(place.length)
    const state = damagedAt(offset)
    expect([offset, opened(state)]).toEqual([offset, { told: ['receipt damaged'], receipt: undefined, chain }])
    expect([offset, opened(state)]).toEqual([offset, { told: [], receipt: undefined, chain }])
  }
})

// Once: the directory goes on with what that device tells it then.
test('a device with a damaged acknowledgement connects, reports it, and keeps the next', async () => {
  const stateFolder = damagedAt(random.below(place.length))
  await using daemon = runningDaemon({ stateFolder })
  const { health } = await daemon.untilStatus(({ directory, spool }) => directory.connected && spool.waiting === 0)
  expect(health.map(({ code }) => code)).toEqual(['SPOOL_DAMAGED'])
  await daemon.until('complete')
  await daemon.end()
  expect(opened(stateFolder)).toMatchObject({ told: [], receipt: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) })
})
