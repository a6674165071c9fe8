import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { codeOf } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Witness } from '../../../src/cli/audit/witness.ts'
import { startWitnessServer } from '../../../src/cli/audit/witness-server.ts'
import { openWitnessState } from '../../../src/cli/audit/witness-state.ts'
import { openLog } from '../../../src/directory/record/open-log.ts'
import { gatherCosignatures } from '../../../src/directory/record/witnesses/gather.ts'
import { lastSeenBy } from '../../../src/directory/record/witnesses/last-seen.ts'
import { type Witness as Configured, readWitness } from '../../../src/directory/record/witnesses/witness-client.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { openCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { madeKey } from '../../support/tlog/made-log.ts'

/** Cosignatures by programs that follow the record: `surety audit witness` is the witness, over HTTP. */

let directory: TestDirectory
let opened: AsyncDisposableStack
beforeEach(async () => {
  opened = new AsyncDisposableStack()
  directory = opened.use(await startTestDirectory())
})
afterEach(() => opened.disposeAsync())

const NAME = 'witness.example.org/w'

async function witnessAt(folder: string, name = NAME): Promise<{ configured: Configured; stop: () => Promise<void> }> {
  const state = await openWitnessState({ folder, name, now: Date.now })
  const witness = await Witness.open({ state, logKeys: [directory.logKey.key] })
  const init = { witness, host: '127.0.0.1', port: 0, onAnswer() {}, onFailure() {} }
  const server = await startWitnessServer(init)
  const stop = async () => {
    await server[Symbol.asyncDispose]()
    state[Symbol.dispose]()
  }
  return { configured: { key: state.key, url: `http://127.0.0.1:${server.port}` }, stop }
}

/** Answers every request alike. */
async function impostor(status: number, body: string | (() => string)): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : body())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function grow(): Promise<void> {
  await directory.services.tokens.create(
    { owner: 'ada@example.org', ttlMs: 3_600_000, minimumTier: 'software' },
    'adm_test',
  )
  while (await directory.sequence());
}

const gather = (...witnesses: readonly Configured[]) =>
  gatherCosignatures({ ...directory, log: silentLog }, witnesses, { signal: new AbortController().signal })
const states = () => directory.store.witnesses.all()

async function cosignersOf(...witnesses: readonly Configured[]): Promise<readonly string[]> {
  const { status, text } = await directory.ask('GET', '/tlog/cosigned-checkpoint', { token: null })
  if (status !== 200) return []
  const { key } = directory.logKey
  const trusted = { origin: key.name, logKeys: [key], witnessKeys: witnesses.map((one) => one.key) }
  return (await openCheckpoint(text, trusted)).cosignatures.map((one) => one.key.name)
}

test('each witness cosigns as the record grows, and after a restart', async () => {
  const folder = opened.use(temporaryFolder()).path
  const [first, second] = [await witnessAt(join(folder, '1')), await witnessAt(join(folder, '2'), `${NAME}2`)]
  opened.defer(first.stop)
  await grow()
  await gather(first.configured, second.configured)
  expect(await cosignersOf(first.configured, second.configured)).toEqual([NAME, `${NAME}2`])
  await second.stop()
  await grow()
  await gather(first.configured, second.configured)
  expect(await cosignersOf(first.configured, second.configured)).toEqual([NAME])
  expect(await states()).toMatchObject([
    { name: NAME, problem: undefined, failingSince: undefined },
    { name: `${NAME}2`, problem: expect.stringMatching('fetch failed'), failingSince: expect.any(Number) },
  ])
  const again = await witnessAt(join(folder, '2'), `${NAME}2`)
  opened.defer(again.stop)
  await grow()
  await gather(first.configured, again.configured)
  expect(await cosignersOf(first.configured, again.configured)).toEqual([NAME, `${NAME}2`])
  expect((await states()).map(({ problem }) => problem)).toEqual([undefined, undefined])
})

test('a witness that knows another size is asked from there', async () => {
  const { configured, stop } = await witnessAt(opened.use(temporaryFolder()).path)
  opened.defer(stop)
  await grow()
  await gather(configured)
  await directory.store.witnesses.put({
    name: NAME,
    size: 0,
    cosignedAt: undefined,
    problem: undefined,
    failingSince: undefined,
  })
  await grow()
  await gather(configured)
  expect((await states())[0]?.problem).toBeUndefined()
  expect(await cosignersOf(configured)).toEqual([NAME])
})

const OTHER = madeKey(NAME, 'cosignature')

describe('what is no cosignature is kept as a problem, and not shown', () => {
  test.each([
    ['another status', 500, '', 'status 500'],
    ['a log that it does not know', 404, '', 'does not know the origin'],
    ['a record that split', 422, '', 'does not continue'],
    ['the same size again', 409, '0\n', 'another checkpoint of this size'],
    ['more entries than there are', 409, '4000\n', 'it has seen 4000 entries: this record has lost'],
    ['an empty answer', 200, '', 'no line of its key'],
    ['a page', 200, '<html>\n', 'does not verify'],
    ['a line of another key', 200, '— another AAAAAAAAAA==\n', 'no line of its key'],
    ['a signature that does not verify', 200, `— ${NAME} ${Buffer.alloc(76, 1).toString('base64')}\n`, 'another key'],
    ['too much', 200, 'x'.repeat(20_000), 'more than 16384 bytes'],
    ['a redirect', 302, '', 'fetch failed'],
  ])('%s', async (_, status, body, problem) => {
    const configured = { key: OTHER.key, url: await impostor(status, body) }
    await grow()
    await gather(configured)
    expect((await states())[0]).toMatchObject({ size: 0, problem: expect.stringContaining(problem) })
    expect(await cosignersOf(configured)).toEqual([])
  })

  test('a signature of the right key over another checkpoint', async () => {
    await grow()
    const elsewhere = `${directory.logKey.key.name}\n1\n${Buffer.alloc(32).toString('base64')}\n`
    const signature = Buffer.concat([OTHER.key.keyId, await OTHER.signer.sign(elsewhere)]).toString('base64')
    const configured = { key: OTHER.key, url: await impostor(200, `— ${NAME} ${signature}\n`) }
    await gather(configured)
    expect((await states())[0]?.problem).toBe('its cosignature does not verify')
  })
})

describe('the setting', () => {
  const KEY = formatNoteKey(OTHER.key)

  test('has a key and an address', () => {
    expect(readWitness(`${KEY} https://w.example.org/log/`)).toEqual({
      key: OTHER.key,
      url: 'https://w.example.org/log',
    })
  })

  test.each([
    ['no address', KEY],
    ['no key', 'https://w.example.org'],
    ['another protocol', `${KEY} ftp://w.example.org`],
    ['more', `${KEY} https://w.example.org x`],
    ['a key that was changed', `${KEY.slice(0, -2)}AA https://w.example.org`],
    ['the key of a log', `${formatNoteKey(madeKey(NAME).key)} https://w.example.org`],
  ])('is refused with %s', (_, text) => {
    let code: string | undefined
    try {
      readWitness(text)
    } catch (error) {
      code = codeOf(error)
    }
    expect(code).toBe('CONFIG_INVALID')
  })
})

describe('a restored database begins another log', () => {
  /** @returns the entry that ends the old log, in a copy of the database from before the last three acts. */
  async function restored(...asked: readonly Configured[]) {
    const folder = opened.use(temporaryFolder()).path
    const witness = await witnessAt(join(folder, 'witness'))
    opened.defer(witness.stop)
    await grow()
    await gather(witness.configured)
    const { size: copied = 0 } = (await directory.store.record.checkpoint()) ?? {}
    const copy = join(folder, 'copy.sqlite')
    directory.database.exec(`VACUUM INTO '${copy}'`)
    for (let more = 0; more < 3; more++) await grow()
    await gather(witness.configured)
    const { size: signed = 0 } = (await directory.store.record.checkpoint()) ?? {}
    chmodSync(copy, 0o600)
    const database = opened.use(openDatabase(copy))
    database.exec("INSERT INTO backup_mark VALUES (1, 'bak_1', 1)")
    const store = directoryStore(sqliteDatabase(database))
    const lastSeen = (checkpoint: string) =>
      lastSeenBy([witness.configured, ...asked], checkpoint, new AbortController().signal)
    const { key } = await openLog(
      { store, clock: directory.clock, lastSeen },
      { dataFolder: directory.folder, mayFound: false },
    )
    expect(key.name).not.toBe(directory.logKey.key.name)
    const { items } = await store.record.list({ act: 'record-continued' })
    return { details: items[0]?.details, copied, signed, store }
  }

  test('an entry says how many entries of the old log are missing', async () => {
    const { details, copied, signed, store } = await restored()
    expect(signed - copied).toBe(3)
    expect(details).toMatchObject({ backup: 'bak_1', size: copied, witnessed: signed, missing: 3 })
    expect([await store.witnesses.all(), await store.witnesses.cosigned()]).toEqual([[], undefined])
  })

  test.each([
    ['is away', async () => 'http://127.0.0.1:9'],
    ['does not know the log', () => impostor(404, '')],
    ['answers nonsense', () => impostor(409, 'many')],
  ])('an entry says which witness %s', async (_, address) => {
    const silent = { key: madeKey('silent.example.org', 'cosignature').key, url: await address() }
    const { details, signed } = await restored(silent)
    expect(details).toMatchObject({ witnessed: signed, silent: expect.stringMatching(/^silent\.example\.org: /) })
  })

  test('an entry says that no witness is known', async () => {
    await grow()
    directory.database.exec("INSERT INTO backup_mark VALUES (1, 'bak_1', 1)")
    await openLog(directory, { dataFolder: directory.folder, mayFound: false })
    const { items } = await directory.store.record.list({ act: 'record-continued' })
    expect(items[0]?.details).toMatchObject({ witnessed: 'unknown' })
    expect(items[0]?.details).not.toHaveProperty('missing')
  })
})
