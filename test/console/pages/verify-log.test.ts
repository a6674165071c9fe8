import { utf8 } from '../../../src/base/bytes.ts'
import { canonicalJson } from '../../../src/base/text/canonical-json.ts'
import { type LogSource, readCosigned, verifyEntry, verifyLog } from '../../../src/console/pages/record/verify-log.ts'
import type { EntryView } from '../../../src/protocol/nouns/directory/record.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { parseNote, signatureLine } from '../../../src/tlog/notes.ts'
import { formatProof } from '../../../src/tlog/proof-files.ts'
import { inclusionProof } from '../../../src/tlog/proofs.ts'
import { tilePath } from '../../../src/tlog/tile-paths.ts'
import { growTiles } from '../../../src/tlog/tiles.ts'
import { leafHash } from '../../../src/tlog/tree-hash.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'

/** What the page of an entry believes, over logs in memory. */

const log = new MadeLog('directory.example.org/record')
const twin = new MadeLog(log.origin, log.key)
const KEY = formatNoteKey(log.key.key)
const AT = 300

const ENTRY = {
  v: 1,
  id: 'ent_AAAAAAAAAAAAAAAAAAAAAA',
  time: 1_796_000_000_000,
  act: 'stop-created',
  actor: { id: 'adm_AAAAAAAAAAAAAAAAAAAAAA', kind: 'administrator', name: { key: 'key_1', sealed: 'xx' } },
  from: { address: { key: 'key_1', sealed: 'yy' }, session: 'ses_1' },
  subject: 'stop_1',
  before: { state: 'waiting' },
  after: { state: 'in-force' },
  details: { kind: 'freeze', reason: { key: 'key_1', sealed: 'zz' }, scope: { b: 1, a: [2] } },
}
const VIEW: EntryView = {
  id: ENTRY.id,
  index: AT,
  time: ENTRY.time,
  act: ENTRY.act,
  actor: ENTRY.actor.id,
  actorKind: 'administrator',
  actorName: 'ada',
  address: '127.0.0.1',
  session: 'ses_1',
  subject: 'stop_1',
  before: ENTRY.before,
  after: ENTRY.after,
  details: { kind: 'freeze', reason: 'a test', scope: { a: [2], b: 1 } },
}
const BYTES = utf8(canonicalJson(ENTRY))

async function append(to: MadeLog, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (const { level, index, width, hashes } of await growTiles(to.size, [leafHash(bytes)], to.readTile)) {
    to.tiles.set(tilePath(level, index, width), hashes)
  }
  to.entries.push(bytes)
}

beforeAll(async () => {
  await log.growTo(AT)
  log.keepTilesOf(AT)
  await append(log, BYTES)
  await log.growTo(600)
  for (const size of [200, AT, 301, 400]) log.keepTilesOf(size)
  await twin.growTo(600, ' changed')
  twin.keepTilesOf(200)
})

const sourceOf = (checkpoint: string, kept?: LogSource['kept'], of = log): LogSource => ({
  key: KEY,
  kept,
  async read(path) {
    if (path === 'checkpoint') return utf8(checkpoint)
    const tile = of.tiles.get(path) ?? of.tiles.get(path.replace(/\.p\/\d+$/, ''))
    if (tile === undefined) throw new Error(`no ${path}`)
    return tile
  },
})
const keptAt = async (size: number, of = log) => ({ key: KEY, note: await of.checkpoint(size) })

async function proofAt(size: number, of = log): Promise<string> {
  const proof = await inclusionProof(AT, size, of.subtrees(size))
  return formatProof({ index: AT, proof, checkpoint: await of.checkpoint(size), extra: BYTES })
}

test('verifies an entry with an older proof, in a log that continues what was kept', async () => {
  const source = sourceOf(await log.checkpoint(600), await keptAt(200))
  const found = await verifyEntry({ ...VIEW, proof: await proofAt(400) }, source)
  expect(found).toMatchObject({ index: AT, keptSize: 200, checkpoint: { size: 400 }, newest: { size: 600 } })
})

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['another index', { index: AT + 1 }],
  ['another id', { id: 'ent_BBBBBBBBBBBBBBBBBBBBBA' }],
  ['another time', { time: ENTRY.time + 1 }],
  ['another act', { act: 'stop-released' }],
  ['another actor', { actor: 'adm_BBBBBBBBBBBBBBBBBBBBBA' }],
  ['another session', { session: 'ses_2' }],
  ['a token that the log does not have', { token: 'svc_1' }],
  ['an object that the log does not have', { device: 'dev_1' }],
  ['another value before', { before: { state: 'in-force' } }],
  ['a value after that was left out', { after: undefined }],
  ['another member in the details', { details: { ...VIEW.details, more: 1 } }],
  ['a detail that was left out', { details: { kind: 'freeze', reason: 'a test' } }],
])('refuses %s than the log has', async (_what, change) => {
  const source = sourceOf(await log.checkpoint(600))
  const view = { ...VIEW, proof: await proofAt(600), ...change } as EntryView // as an answer that nobody checked
  expect(await codeThrown(() => verifyEntry(view, source))).toBe('PROOF_INVALID')
})

test('refuses a proof for another log with the same key', async () => {
  const view = { ...VIEW, proof: await proofAt(600, twin) }
  expect(await codeThrown(async () => verifyEntry(view, sourceOf(await log.checkpoint(600))))).toBe('PROOF_INVALID')
})

test('refuses a proof without its entry', async () => {
  const proof = (await proofAt(600)).replace(/\nextra .*/, '')
  expect(await codeThrown(async () => verifyEntry({ ...VIEW, proof }, sourceOf(await log.checkpoint(600))))).toBe(
    'INPUT_MALFORMED',
  )
})

test.each<[string, string, () => Promise<LogSource>]>([
  ['a smaller log', 'LOG_INCONSISTENT', async () => sourceOf(await log.checkpoint(200), await keptAt(400))],
  ['other entries', 'LOG_INCONSISTENT', async () => sourceOf(await twin.checkpoint(600), await keptAt(200), twin)],
  [
    'other entries of the same size',
    'LOG_INCONSISTENT',
    async () => sourceOf(await twin.checkpoint(600), await keptAt(600), twin),
  ],
  [
    'tiles of another log',
    'LOG_INCONSISTENT',
    async () => sourceOf(await log.checkpoint(600), await keptAt(200), twin),
  ],
  [
    'another key',
    'LOG_UNKNOWN',
    async () => ({
      ...sourceOf(await log.checkpoint(600), await keptAt(200)),
      key: formatNoteKey(madeKey(log.origin).key),
    }),
  ],
  [
    'a signature by another key',
    'SIGNATURE_INVALID',
    async () => {
      const other = new MadeLog(log.origin)
      await other.growTo(10)
      return sourceOf(await other.checkpoint())
    },
  ],
  ['no checkpoint', 'INPUT_MALFORMED', async () => sourceOf('nothing')],
])('refuses %s', async (_what, code, source) => {
  expect(await codeThrown(async () => verifyLog(await source()))).toBe(code)
})

const witness = madeKey('witness.example.org/w1', 'cosignature', () => 1_796_000_000_000)
const cosignedBy = async (by = witness, note?: string) => {
  const checkpoint = note ?? (await log.checkpoint(600))
  const { name, keyId } = by.key
  return checkpoint + signatureLine({ name, keyId, signature: await by.signer.sign(parseNote(checkpoint).text) })
}

test('has the time of a cosignature only where it knows the key of the witness', async () => {
  const note = await cosignedBy()
  const name = witness.key.name
  await expect(readCosigned(note, KEY, [witness.key])).resolves.toEqual({
    size: 600,
    lines: [{ name, time: 1_796_000_000_000 }],
  })
  await expect(readCosigned(note, KEY, [])).resolves.toEqual({ size: 600, lines: [{ name }] })
  const other = madeKey(name, 'cosignature')
  await expect(readCosigned(note, KEY, [other.key])).resolves.toEqual({ size: 600, lines: [{ name }] })
})

test('refuses a cosignature of another checkpoint', async () => {
  const other = (await cosignedBy(witness, await twin.checkpoint(600))).split('\n').at(-2)
  const note = `${await log.checkpoint(600)}${other}\n`
  expect(await codeThrown(() => readCosigned(note, KEY, [witness.key]))).toBe('SIGNATURE_INVALID')
})
