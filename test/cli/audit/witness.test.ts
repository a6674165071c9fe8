import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Witness } from '../../../src/cli/audit/witness.ts'
import { startWitnessServer, type WitnessServer } from '../../../src/cli/audit/witness-server.ts'
import { openWitnessState, originHash, type WitnessState } from '../../../src/cli/audit/witness-state.ts'
import { checkpointText, openCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { parseNote, signNote } from '../../../src/tlog/notes.ts'
import { consistencyProof } from '../../../src/tlog/proofs.ts'
import { EMPTY_ROOT } from '../../../src/tlog/tree-hash.ts'
import { formatAddCheckpoint } from '../../../src/tlog/witness-request.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'

/** `surety audit witness`: what it cosigns, what it answers, and what it keeps. */

const NAME = 'witness.example.org/w1'
const TIME = 1_796_274_000_000
const scope = temporaryFolder({ inMemory: true })
afterAll(() => scope[Symbol.dispose]())
const log = new MadeLog('directory.example.org/record')
const twin = new MadeLog(log.origin, log.key)

beforeAll(async () => {
  await log.growTo(100)
  for (let size = 1; size <= 100; size++) log.keepTilesOf(size)
  await twin.growTo(100, ' changed')
  for (const size of [7, 50, 60]) twin.keepTilesOf(size)
})

let made = 0
const newFolder = () => join(scope.path, `witness-${made++}`)
const openState = (folder: string, name: string | undefined = NAME) =>
  openWitnessState({ folder, name, now: () => TIME })

interface Opened extends AsyncDisposable {
  readonly witness: Witness
  readonly state: WitnessState
}

async function open(folder = newFolder(), save?: WitnessState['save']): Promise<Opened> {
  const state = await openState(folder)
  const witness = await Witness.open({ state: save === undefined ? state : { ...state, save }, logKeys: [log.key.key] })
  return { witness, state, [Symbol.asyncDispose]: async () => state[Symbol.dispose]() }
}

async function bodyFor(oldSize: number, size: number, { of = log, ...changes }: { of?: MadeLog; proof?: [] } = {}) {
  const proof = oldSize > size ? [] : await consistencyProof(oldSize, size, of.subtrees())
  return formatAddCheckpoint({ oldSize, proof, checkpoint: await of.checkpoint(size), ...changes })
}

const ask = async ({ witness }: Opened, body: string) => witness.addCheckpoint(Buffer.from(body))

test('cosigns a log from its first checkpoint on, and keeps the last one on disk', async () => {
  const folder = newFolder()
  {
    await using opened = await open(folder)
    for (const [oldSize, size] of [
      [0, 0],
      [0, 7],
      [7, 7],
      [7, 64],
      [64, 100],
    ] as const) {
      const { status, body } = await ask(opened, await bodyFor(oldSize, size))
      expect([size, status]).toEqual([size, 200])
      const note = (await log.checkpoint(size)) + body
      const trust = { origin: log.origin, logKeys: [log.key.key], witnessKeys: [opened.state.key] }
      expect(await openCheckpoint(note, trust)).toMatchObject({ cosignatures: [{ time: TIME / 1000 }] })
    }
  }
  // Another process.
  await using later = await open(folder)
  expect(later.witness.checkpointOf(log.origin)).toMatchObject({ size: 100, root: await log.root() })
  expect(await ask(later, await bodyFor(64, 100))).toMatchObject({ status: 409, body: '100\n' })
  expect(await ask(later, await bodyFor(0, 7, { of: twin }))).toMatchObject({ status: 409 })
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o077).toBe(0)
})

test('keeps only signatures that it verified', async () => {
  await using opened = await open()
  const { text } = parseNote(await log.checkpoint(5))
  const foreign = (await signNote(text, madeKey('stranger').signer)).slice(text.length + 1)
  await ask(opened, (await bodyFor(0, 5)) + foreign)
  const { note = '' } = opened.witness.checkpointOf(log.origin) ?? {}
  expect(parseNote(note).signatures.map(({ name }) => name)).toEqual([log.origin, NAME])
})

describe('refuses', () => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
    await ask(opened, await bodyFor(0, 50))
  })
  afterAll(() => opened[Symbol.asyncDispose]())
  // Whatever is refused changes nothing.
  afterEach(() => expect(opened.witness.checkpointOf(log.origin)?.size).toBe(50))

  const stranger = new MadeLog('stranger.example.org')
  const forger = new MadeLog(log.origin)
  const emptyWithRoot = () => checkpointText({ origin: log.origin, size: 0, root: Buffer.alloc(32, 1) })

  test.each<readonly [string, number, () => Promise<string>]>([
    ['nothing', 400, async () => ''],
    ['no old size', 400, async () => (await bodyFor(50, 60)).replace(/^old 50\n/, '')],
    ['an old size with a zero', 400, async () => (await bodyFor(50, 60)).replace('old 50', 'old 050')],
    ['a line that is no hash', 400, async () => (await bodyFor(50, 60)).replace('\n', '\nabc\n')],
    ['no checkpoint', 400, async () => 'old 50\n\n'],
    ['a checkpoint that is no note', 400, async () => 'old 50\n\ntext\n'],
    ['a text that is not UTF-8', 400, async () => `old 50\n\n\ud800`],
    ['an old size larger than the new one', 400, async () => bodyFor(60, 50)],
    ['another log', 404, async () => bodyFor(0, 0, { of: stranger })],
    ['a log of this name by another key', 403, async () => bodyFor(0, 0, { of: forger })],
    ['a changed checkpoint', 403, async () => (await bodyFor(50, 60)).replace('\n60\n', '\n61\n')],
    ['an old size that it does not have', 409, async () => bodyFor(40, 60)],
    ['a first checkpoint again', 409, async () => bodyFor(0, 50)],
    ['a split view', 422, async () => bodyFor(50, 60, { of: twin })],
    ['a split view of the same size', 422, async () => bodyFor(50, 50, { of: twin })],
    ['no proof', 422, async () => bodyFor(50, 60, { proof: [] })],
    ['a hash too many', 422, async () => (await bodyFor(50, 60)).replace('\n', `\n${'A'.repeat(43)}=\n`)],
    ['64 hashes', 400, async () => (await bodyFor(50, 60)).replace('\n', `\n${`${'A'.repeat(43)}=\n`.repeat(64)}`)],
  ])('%s: %d', async (_, status, body) => {
    const answer = await ask(opened, await body())
    expect(answer.status).toBe(status)
    if (status === 409) expect(answer).toMatchObject({ body: '50\n', contentType: 'text/x.tlog.size' })
  })

  test('an empty log with a root, and a first checkpoint with a proof: 422', async () => {
    await using empty = await open()
    const checkpoint = await signNote(emptyWithRoot(), log.key.signer)
    expect(await ask(empty, formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint }))).toMatchObject({ status: 422 })
    const withProof = formatAddCheckpoint({ oldSize: 0, proof: [EMPTY_ROOT], checkpoint: await log.checkpoint(5) })
    expect(await ask(empty, withProof)).toMatchObject({ status: 422 })
    expect(empty.witness.checkpointOf(log.origin)).toBeUndefined()
  })
})

test('of two checkpoints at once, one is cosigned and the other is stale', async () => {
  await using opened = await open()
  await ask(opened, await bodyFor(0, 10))
  const bodies = await Promise.all([bodyFor(10, 20), bodyFor(10, 30), bodyFor(10, 40)])
  const answers = await Promise.all(bodies.map((body) => ask(opened, body)))
  expect(answers.map(({ status }) => status)).toEqual([200, 409, 409])
  expect(opened.witness.checkpointOf(log.origin)?.size).toBe(20)
})

test('cosigns nothing that it could not write', async () => {
  let isFull = true
  const folder = newFolder()
  const state = await openState(folder)
  using _ = state
  const save: WitnessState['save'] = (origin, note) => {
    if (isFull) throw new Error('no space')
    return state.save(origin, note)
  }
  const witness = await Witness.open({ state: { ...state, save }, logKeys: [log.key.key] })
  const body = Buffer.from(await bodyFor(0, 10))
  await expect(witness.addCheckpoint(body)).rejects.toThrow('no space')
  expect(witness.checkpointOf(log.origin)).toBeUndefined()
  isFull = false
  expect(await witness.addCheckpoint(body)).toMatchObject({ status: 200 })
})

describe('what it keeps', () => {
  async function used(): Promise<string> {
    const folder = newFolder()
    await using opened = await open(folder)
    await ask(opened, await bodyFor(0, 10))
    return folder
  }
  const checkpointFile = (folder: string) => join(folder, `${originHash(log.origin)}.checkpoint`)

  test.each([
    [
      'the checkpoint was changed',
      (folder: string) => change(checkpointFile(folder), '\n10\n', '\n11\n'),
      'STORE_CORRUPT',
    ],
    ['the checkpoint is empty', (folder: string) => writeFileSync(checkpointFile(folder), ''), 'STORE_CORRUPT'],
    ['the key is gone', (folder: string) => rmSync(join(folder, 'witness.key.pem')), 'STORE_CORRUPT'],
    ['the public key is of another', (folder: string) => writeVkey(folder), 'STORE_CORRUPT'],
    ['the key is no key', (folder: string) => writeFileSync(join(folder, 'witness.key.pem'), 'text'), 'KEY_MALFORMED'],
  ])('%s', async (_, spoil, code) => {
    const folder = await used()
    spoil(folder)
    expect(await codeThrown(() => open(folder))).toBe(code)
  })

  test('belongs to one process, keeps its name, and needs one first', async () => {
    const folder = await used()
    await using _ = await open(folder)
    expect(await codeThrown(() => openState(folder))).toBe('CONFLICT')
    const other = await used()
    expect(await codeThrown(() => openState(other, 'another'))).toBe('USAGE_INVALID')
    expect(await codeThrown(() => openWitnessState({ folder: newFolder(), name: undefined, now: Date.now }))).toBe(
      'USAGE_INVALID',
    )
    expect(await codeThrown(() => openState(newFolder(), 'with space'))).toBe('INPUT_MALFORMED')
  })
})

describe('over HTTP', () => {
  let opened: Opened
  let server: WitnessServer
  const statuses: number[] = []
  const failures: unknown[] = []
  beforeAll(async () => {
    opened = await open()
    server = await startWitnessServer({
      witness: opened.witness,
      host: '127.0.0.1',
      port: 0,
      onAnswer: (status) => statuses.push(status),
      onFailure: (error) => failures.push(error),
    })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await opened[Symbol.asyncDispose]()
  })
  const url = (path: string) => `http://127.0.0.1:${server.port}${path}`
  const post = (body: string) => fetch(url('/add-checkpoint'), { method: 'POST', body })

  test('answers, and serves the last checkpoint to monitors', async () => {
    const path = `/${originHash(log.origin)}/checkpoint`
    expect((await fetch(url(path))).status).toBe(404)
    const answer = await post(await bodyFor(0, 10))
    expect(answer.status).toBe(200)
    expect(await answer.text()).toMatch(/^— witness\.example\.org\/w1 \S+\n$/)
    const stale = await post(await bodyFor(0, 20))
    expect([stale.status, stale.headers.get('content-type'), await stale.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '10\n',
    ])
    const served = await (await fetch(url(path))).text()
    const trust = { origin: log.origin, logKeys: [log.key.key], witnessKeys: [opened.state.key] }
    expect(await openCheckpoint(served, trust)).toMatchObject({ size: 10, cosignatures: [{ key: opened.state.key }] })
    expect(statuses).toEqual([200, 409])
  })

  test.each([
    ['GET', '/add-checkpoint', 405],
    ['GET', '/', 404],
    ['GET', `/${'0'.repeat(64)}/checkpoint`, 404],
    ['POST', `/${originHash(log.origin)}/checkpoint`, 405],
    ['GET', '/../witness.key.pem', 404],
  ])('%s %s: %d', async (method, path, status) => {
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, path, method, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(answered).toBe(status)
  })

  test('bounds a request, and survives one that is cut', async () => {
    const answer = await post('a'.repeat(400_000))
    expect(answer.status).toBe(413)
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nold 1')
        socket.destroy()
      })
      socket.once('close', () => resolve())
    })
    expect((await post(await bodyFor(10, 20))).status).toBe(200)
  })

  test('refuses an address that is taken', async () => {
    const init = { witness: opened.witness, host: '127.0.0.1', onAnswer: () => undefined, onFailure: () => undefined }
    expect(await codeThrown(() => startWitnessServer({ ...init, port: server.port }))).toBe('SOCKET_IN_USE')
  })
})

function change(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
}

function writeVkey(folder: string): void {
  writeFileSync(join(folder, 'witness.vkey'), `${formatNoteKey(madeKey(NAME, 'cosignature').key)}\n`)
}
