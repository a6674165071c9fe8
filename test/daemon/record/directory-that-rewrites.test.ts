import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { parseNote } from '../../../src/tlog/notes.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A device as a witness: it notices entries that were rewritten and signed again with the keys of the directory. */

let running: RunningDirectory
let enrolment: string
beforeEach(async () => {
  running = await runningDirectory()
  enrolment = await running.token()
  await waitFor('the first entry', async () => (await sizeNow()) > 0)
})
afterEach(() => running[Symbol.asyncDispose]())

const deviceOf = (folder: string): string => JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8')).device
const disputes = async (device: string) =>
  (await running.directory.store.events.list({ limit: 10, device, kind: 'record-disputed' })).map(({ facts }) => facts)
const sizeNow = async () => {
  const note = (await running.directory.store.record.checkpoint())?.note
  return note === undefined ? 0 : parseCheckpoint(parseNote(note).text).size
}

const GUARDS = [
  'record_entries_no_update',
  'record_entries_no_delete',
  'record_tiles_no_update',
  'record_tiles_no_delete',
]
const UNGUARDED = GUARDS.map((guard) => `DROP TRIGGER ${guard};`).join('')
/** Makes the directory number its entries, make tiles and sign once more, from the first entry on. */
const SIGN_AGAIN = `
  UPDATE record_entries SET position = NULL;
  DELETE FROM record_tiles;
  DELETE FROM record_checkpoint;
`

test.each([
  [
    'an entry that was changed',
    `${UNGUARDED} UPDATE record_entries SET leaf = zeroblob(32) WHERE position = 0; ${SIGN_AGAIN}`,
  ],
  ['an entry that was deleted', `${UNGUARDED} DELETE FROM record_entries WHERE position = 0; ${SIGN_AGAIN}`],
])('%s shows in the evidence of a device', async (_, attack) => {
  using folder = temporaryFolder()
  const first = runningDaemon({ stateFolder: folder.path, enrolment })
  await first.until('complete')
  const { directory } = await first.untilStatus((status) => status.directory.record !== undefined)
  await first.end()
  const seen = directory.record?.size ?? 0
  expect(seen).toBeGreaterThan(0)
  // The log grows beyond what the device saw, so that it does not just look smaller.
  for (let each = 0; each < 3; each++) await running.token()
  await running.exec(attack)
  await waitFor('the record to be signed again', async () => (await sizeNow()) > seen)
  const device = deviceOf(folder.path)
  expect(await disputes(device)).toEqual([])
  await using second = runningDaemon({ stateFolder: folder.path })
  const status = await second.untilStatus(({ health }) => health.some(({ code }) => code === 'LOG_INCONSISTENT'))
  expect(status.directory.record?.size).toBe(seen)
  await waitFor('the dispute', async () => (await disputes(device)).length > 0)
  expect(await disputes(device)).toMatchObject([{ what: 'split', kept: expect.stringContaining(` ${seen} `) }])
})

test('a record that grows is witnessed again and again, without a dispute', async () => {
  using folder = temporaryFolder()
  let seen = 0
  for (let run = 0; run < 3; run++) {
    const daemon = runningDaemon({ stateFolder: folder.path, ...(run === 0 ? { enrolment } : {}) })
    await daemon.untilStatus(({ directory: { record } }) => (record?.size ?? 0) > seen)
    seen = (await daemon.status()).directory.record?.size ?? 0
    expect((await daemon.status()).health).toEqual([])
    await daemon.end()
    await running.token()
    await waitFor('the record to grow', async () => (await sizeNow()) > seen)
  }
  expect(await disputes(deviceOf(folder.path))).toEqual([])
})
