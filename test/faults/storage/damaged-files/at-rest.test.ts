import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../../src/base/clock.ts'
import { codeOf, describeError } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { startDirectory } from '../../../../src/directory/directory.ts'
import { keepAdministratorFile } from '../../../../src/directory/principals/administrator-file.ts'
import { serveAlone } from '../../../../src/directory/store/serve-alone.ts'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { openDatabase } from '../../../../src/system/sqlite/sqlite.ts'
import { TEST_SEED } from '../../../support/jest/test-seed.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { seededRandom } from '../../power/seeded-random.ts'
import {
  copyFolder,
  enrol,
  filesBelow,
  HANDED_OUT,
  handOut,
  kill,
  type Stage,
  setStage,
  startDaemonIn,
  untilStatus,
} from '../stage.ts'
import { bitFlips, changedText, type Damage, truncations } from './damage.ts'
import { noted, type OpenedState, reopenedState } from './opened-state.ts'

/**
 * Every durable file of an enrolled device and its directory, as they really are on disk, is damaged: the program works
 * as before, sets it aside and says so, or refuses with a code that is the file's. `TEST_SEED=NUMBER` gives the same
 * bits again.
 */

const random = seededRandom(TEST_SEED)
/** Of each file; more of them take longer. */
const FLIPS = Number(process.env.STORAGE_FLIPS ?? 3)
const LOG_CHECKPOINT = 'log-checkpoint.json'
const folder = temporaryFolder()
const signal = new AbortController().signal

let stage: Stage
/** Folders as two ends left them: killed, with logs that are not copied back; and closed. */
const left = { killed: { data: '', state: '' }, closed: { data: '', state: '' } }
type End = keyof typeof left
const ENDS: readonly End[] = ['killed', 'closed']
const sequences = { killed: 0, closed: 0 }
const witnessed = { killed: 0, closed: 0 }
let identity = ''
let key = ''
let root = ''
let pins: unknown

beforeAll(async () => {
  process.stdout.write(`damage at rest, seed ${TEST_SEED}\n`)
  stage = await setStage(folder.path)
  await using directory = await stage.startDirectory()
  await enrol(stage)
  await handOut(stage)
  for (let end: End | undefined = 'killed'; end !== undefined; ) {
    await using daemon = startDaemonIn(stage.device)
    await untilStatus(
      stage.device,
      daemon,
      ({ spool, findings }) =>
        spool.sequence > sequences.killed &&
        spool.waiting === 0 &&
        findings.length > 0 &&
        existsSync(join(stage.device, 'state', 'catalogue.json')) &&
        existsSync(join(stage.device, 'state', 'gate-policy.json')) &&
        existsSync(join(stage.device, 'state', LOG_CHECKPOINT)),
    )
    if (end === 'killed') await kill(daemon)
    else {
      daemon.kill('SIGTERM')
      await daemon.exit
      directory.kill('SIGTERM')
      await directory.ended
    }
    left[end] = { data: join(folder.path, `data-${end}`), state: join(folder.path, `state-${end}`) }
    copyFolder(stage.data, left[end].data)
    copyFolder(join(stage.device, 'state'), left[end].state)
    const opened = await openedState(left[end].state)
    sequences[end] = opened.sequence
    witnessed[end] = opened.witnessed
    // Killed between a commit and the note beside it, the note says less: nothing of that batch was sent, and it is done again.
    if (noted(left[end].state) !== sequences[end]) continue
    end = end === 'killed' ? 'closed' : undefined
  }
  const closed = await openedState(left.closed.state)
  key = closed.key
  identity = closed.identity ?? ''
  root = JSON.parse(identity).pins.root
  pins = (await openedData(left.closed.data)).pins
})

afterAll(() => folder[Symbol.dispose]())

/** What a daemon makes of a state folder. The folder is a copy that may change. */
async function openedState(from: string, damage?: { file: string; damage: Damage }): Promise<OpenedState> {
  const state = join(folder.path, 'one-state')
  copyFolder(from, state)
  damage?.damage.apply(join(state, damage.file))
  return await reopenedState(state, root)
}

/** By file of the state folder: what damage to it may come to, beside nothing at all. */
const OF_DEVICE: Readonly<Record<string, (whole: OpenedState) => OpenedState>> = {
  'identity.json': (whole) => ({
    ...whole,
    identity: undefined,
    warnings: ['STATE_DAMAGED'],
    aside: ['identity.json'],
  }),
  'progress.json': (whole) => ({ ...whole, order: 0, warnings: ['STATE_DAMAGED'], aside: ['progress.json'] }),
  'software-key-device.pem': (whole) => ({ ...whole, key: 'STORE_CORRUPT' }),
  // The directory offers it again.
  'catalogue.json': (whole) => ({
    ...whole,
    catalogue: builtInCatalogue().version,
    warnings: ['STATE_DAMAGED'],
    aside: ['catalogue.json'],
  }),
  'gate-policy.json': (whole) => ({
    ...whole,
    gatePolicy: 0,
    warnings: ['STATE_DAMAGED'],
    aside: ['gate-policy.json'],
  }),
  // The next one that the directory sends is the first.
  [LOG_CHECKPOINT]: (whole) => ({
    ...whole,
    witnessed: 0,
    warnings: ['STATE_DAMAGED'],
    aside: [LOG_CHECKPOINT],
  }),
  'spool.db': (whole) => ({ ...whole, warnings: ['SPOOL_DAMAGED'], aside: ['spool.db'] }),
  'spool.db-wal': (whole) => ({ ...whole, warnings: ['SPOOL_DAMAGED'], aside: ['spool.db'] }),
  'spool.db-shm': (whole) => whole,
  // Alone it says nothing: the spool is whole.
  'spool.db-witness': (whole) => whole,
  // Of each person; a damaged one costs a whole look (`home-memory.test.ts`).
  'home-memories': (whole) => whole,
  // The directory is told of a lost record (`test/daemon/tamper/reported.test.ts`).
  'life.json': (whole) => whole,
  'installation.json': (whole) => whole,
}

const wholeState = (end: End): OpenedState => ({
  identity,
  order: 0,
  sequence: sequences[end],
  key,
  catalogue: HANDED_OUT,
  gatePolicy: 1,
  witnessed: witnessed[end],
  warnings: [],
  aside: [],
})
const damages = () => [...truncations(), ...bitFlips(random, FLIPS)]

test.each(ENDS)('a device whose files were damaged after it was %s knows itself, or what it lost', async (end) => {
  const whole: OpenedState = wholeState(end)
  expect(await openedState(left[end].state)).toEqual(whole)
  const wrong: unknown[] = []
  for (const file of filesBelow(left[end].state)) {
    // Of a file that was being written when the daemon was killed.
    if (file.endsWith('.tmp')) continue
    const damaged = OF_DEVICE[file.replace(/\/\d+$/, '')]
    if (damaged === undefined) throw new Error(`${file} is new: say in the table what its damage comes to`)
    for (const damage of damages()) {
      const found = await openedState(left[end].state, { file, damage })
      const again = await reopenedState(join(folder.path, 'one-state'), root)
      // A damaged acknowledgement is removed alone, and the spool stays.
      const fitting = [whole, damaged(whole), ...(file === 'spool.db' ? [{ ...damaged(whole), aside: [] }] : [])]
      const fits = fitting.some((one) => equal(one, found))
      // The second start finds nothing new, and goes on from there.
      const settled = equal({ ...found, warnings: [] }, again)
      if (!fits || !settled) wrong.push({ end, file, damage: damage.name, found, again })
    }
  }
  expect(wrong).toEqual([])
})

interface OpenedData {
  readonly pins?: unknown
  readonly devices?: number
  readonly sequence?: number
  readonly code?: string | undefined
}

/** What a directory makes of a data folder. */
async function openedData(from: string, damage?: { file: string; damage: Damage }): Promise<OpenedData> {
  const data = join(folder.path, 'one-data')
  copyFolder(from, data)
  damage?.damage.apply(join(data, damage.file))
  return await reopenedData(data)
}

let refusal = ''

async function reopenedData(data: string): Promise<OpenedData> {
  try {
    using _alone = serveAlone(data, { pid: 1, host: 'test', since: 0 })
    await using directory = await startDirectory(
      { clock: systemClock, log: silentLog },
      {
        dataFolder: data,
        devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
        names: ['localhost'],
        attestEveryMs: 3_600_000,
      },
      { signal },
    )
    await keepAdministratorFile(
      { store: directory.store, clock: systemClock, log: silentLog, random: (size) => new Uint8Array(size) },
      { dataFolder: data, url: 'https://localhost:1', ca: directory.caCertificate },
    )
    const { items } = await directory.store.devices.list({ status: 'all', limit: 1_000 }, 0)
    const sequences = await Promise.all(
      items.map(async ({ id }) => (await directory.store.evidence.chain(id))?.sequence ?? 0),
    )
    return { pins: directory.pins, devices: items.length, sequence: Math.max(0, ...sequences) }
  } catch (error) {
    refusal = describeError(error)
    return { code: codeOf(error) ?? `no code: ${refusal}` }
  }
}

/** By file of the data folder: the codes with which a directory may refuse to go on with it. */
const OF_DIRECTORY: Readonly<Record<string, readonly string[]>> = {
  'administrator.json': [],
  'directory.sqlite': ['STORE_CORRUPT'],
  'directory.sqlite-shm': [],
  'directory.sqlite-wal': ['STORE_CORRUPT'],
  'directory.sqlite-witness': [],
  'keys/acknowledgements.key.pem': ['KEY_MALFORMED', 'KEY_UNSUPPORTED'],
  'keys/ca.cert.pem': [],
  'keys/ca.key.pem': ['KEY_MALFORMED', 'KEY_UNSUPPORTED', 'STORE_CORRUPT'],
  'keys/delegations.json': [],
  'keys/orders.key.pem': ['KEY_MALFORMED', 'KEY_UNSUPPORTED'],
  // A bit of an Ed25519 key makes another key.
  'keys/record.key.pem': ['KEY_MALFORMED', 'STORE_CORRUPT'],
  'keys/root.key.pem': ['KEY_MALFORMED', 'KEY_UNSUPPORTED', 'STORE_CORRUPT'],
  'keys/root.public.pem': [],
  'keys/webhooks.key': ['KEY_MALFORMED'],
  'record.checkpoint': ['STORE_CORRUPT'],
  'serving.sqlite': [],
  'serving.sqlite-shm': [],
  'serving.sqlite-wal': [],
}

test.each(ENDS)('a directory whose files were damaged after it was %s is whole, or refuses', async (end) => {
  const whole = await openedData(left[end].data)
  // What the device wrote last may not have come before the end.
  expect(whole).toEqual({ pins, devices: 1, sequence: expect.any(Number) })
  expect([whole.sequence !== 0, (whole.sequence ?? 0) <= sequences[end]]).toEqual([true, true])
  const wrong: unknown[] = []
  for (const file of filesBelow(left[end].data)) {
    if (file.endsWith('.tmp')) continue
    const codes = OF_DIRECTORY[file]
    if (codes === undefined) throw new Error(`${file} is new: say in the table what its damage comes to`)
    for (const damage of damages()) {
      const found = await openedData(left[end].data, { file, damage })
      const advice = /restore|remove|check the disk/.test(refusal)
      const fits = found.code === undefined ? equal(found, whole) : codes.includes(found.code) && advice
      const again = await reopenedData(join(folder.path, 'one-data'))
      if (!fits || !equal(found, again)) wrong.push({ end, file, damage: damage.name, found, again, refusal })
    }
  }
  expect(wrong).toEqual([])
})

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

test.each([
  'UPDATE batch SET bytes = 999999 WHERE sequence = 1',
  'DELETE FROM batch WHERE sequence = 1',
  'UPDATE chain SET acknowledged_sequence = head_sequence + 5',
  "UPDATE chain SET acknowledged_hash = iif(acknowledged_hash GLOB 'B*', 'C', 'B') || substr(acknowledged_hash, 2)",
  "UPDATE chain SET posture = iif(posture GLOB 'B*', 'C', 'B') || substr(posture, 2)",
  'UPDATE chain SET head_sequence = head_sequence - 1',
  'UPDATE chain SET epoch = 2',
  'DELETE FROM chain',
])('sets aside a spool whose rows do not match, and continues its chain: %s', async (sql) => {
  const state = join(folder.path, 'one-state')
  copyFolder(left.closed.state, state)
  {
    using database = openDatabase(join(state, 'spool.db'))
    database.exec(sql)
  }
  const whole: OpenedState = wholeState('closed')
  expect(await reopenedState(state, root)).toEqual({ ...whole, warnings: ['SPOOL_DAMAGED'], aside: ['spool.db'] })
})

// To SQLite these are other tables, and whole: it says so when a statement names what is gone, or a row is refused.
test.each([
  ['acknowledged_hash TEXT', 'acknowledged_iash TEXT'],
  ['CHECK (id = 1)', 'CHECK (id = 3)'],
  ['TABLE batch', 'TABLE bauch'],
])('sets aside a spool with foreign tables, and continues its chain: %s -> %s', async (from, to) => {
  const damage = changedText(from, to)
  const whole: OpenedState = wholeState('closed')
  expect(await openedState(left.closed.state, { file: 'spool.db', damage })).toEqual({
    ...whole,
    warnings: ['SPOOL_DAMAGED'],
    aside: ['spool.db'],
  })
})

test.each([
  ['enrolled_at INTEGER', 'enrolmed_at INTEGER'],
  ["('active', 'retired')", "('actuve', 'retired')"],
  ['TABLE tokens', 'TABLE tokenr'],
])('a register whose tables are not its own is refused: %s -> %s', async (from, to) => {
  const damage = changedText(from, to)
  const file = filesBelow(left.killed.data).find((name) => readFileSync(join(left.killed.data, name)).includes(from))
  expect(await openedData(left.killed.data, { file: file ?? '', damage })).toEqual({ code: 'STORE_CORRUPT' })
  expect(refusal).toMatch(/restore/)
})

test('what lies aside is bounded, however often it happens', async () => {
  const state = join(folder.path, 'one-state')
  copyFolder(left.closed.state, state)
  for (let i = 0; i < 6; i++) {
    rmSync(join(state, 'spool.db-witness'), { force: true })
    truncations()[1]?.apply(join(state, 'spool.db'))
    await reopenedState(state, root)
  }
  expect(readdirSync(state).filter((name) => name.startsWith('spool.db.damaged-')).length).toBeLessThanOrEqual(3)
})
