import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { fromUtf8 } from '../../../src/base/bytes.ts'
import { addressSource } from '../../../src/cli/audit/log-sources.ts'
import { keyPlace, openLogKey } from '../../../src/directory/record/log-key.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { parseCheckpoint } from '../../../src/tlog/checkpoints.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { parseNote } from '../../../src/tlog/notes.ts'
import { formatProof } from '../../../src/tlog/proof-files.ts'
import { consistencyProof, inclusionProof } from '../../../src/tlog/proofs.ts'
import { tilePath } from '../../../src/tlog/tile-paths.ts'
import { subtreesFromTiles } from '../../../src/tlog/tiles.ts'
import { formatAddCheckpoint } from '../../../src/tlog/witness-request.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { serveForAll } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The way of an auditor who trusts two public keys: that of the directory's record, and that of a witness. */

const SURETY = resolve(import.meta.dirname, '../../../src/main-cli.ts')
const ENVIRONMENT = { PATH: process.env.PATH }
const directory = serveForAll()
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (name: string) => join(folder.path, name)

let log = ''
let key = ''
let source: ReturnType<typeof addressSource>

beforeAll(async () => {
  const { ca, token } = profileOf(directory.path)
  log = `${directory.server.api}/tlog`
  source = addressSource({ url: log, ca, token })
  const { key: known } = await openLogKey(keyPlace(join(directory.path, 'keys')), { mayMake: false })
  key = formatNoteKey(known)
  writeFileSync(at('ca.pem'), ca)
})
afterAll(() => source[Symbol.dispose]())

const checkpoint = async () => fromUtf8(await source.read('checkpoint', { maxBytes: 100_000 }))
const sizeOf = (note: string) => parseCheckpoint(parseNote(note).text).size
const subtrees = (size: number) =>
  subtreesFromTiles(size, ({ level, index, width }) => source.read(tilePath(level, index, width), { maxBytes: 8192 }))

/** Does something that is recorded. @returns the checkpoint that has it. */
async function act(): Promise<string> {
  const before = sizeOf(await checkpoint())
  const request = { owner: 'ada@example.org', minimumTier: 'software' }
  await apiClient(profileOf(directory.path)).ask('POST', '/tokens', createdTokenReader, request)
  return waitFor('a checkpoint with the entry', checkpoint, { until: (note) => sizeOf(note) > before })
}

function surety(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SURETY, ...args], {
    encoding: 'utf8',
    cwd: folder.path,
    env: ENVIRONMENT,
  })
  return { status, stdout, stderr }
}

const profile = () => ['--profile', join(directory.path, 'administrator.json')]

test('an auditor verifies all entries, then only what was added', async () => {
  await act()
  const whole = surety('audit', 'verify', log, '--key', key, ...profile(), '--save', 'seen.note')
  expect(whole).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^VERIFIED: the whole log/) })
  const seen = sizeOf(readFileSync(at('seen.note'), 'utf8'))
  await act()
  const added = ['audit', 'verify', log, '--key', key, ...profile(), '--since', 'seen.note', '--json']
  const report = JSON.parse(surety(...added).stdout)
  expect(report).toMatchObject({ ok: true, since: { size: seen }, entries: { from: seen } })
  expect(report.entries.to).toBeGreaterThan(seen)
})

test('anybody verifies the hashes, without a token', () => {
  const { status, stdout } = surety('audit', 'verify', log, '--key', key, '--ca', 'ca.pem')
  expect(stdout).toMatch(/Entries {4}not verified/)
  expect(status).toBe(0)
  const stranger = surety('audit', 'verify', log, '--key', key)
  expect(stranger).toMatchObject({ status: 1, stderr: expect.stringMatching(/--ca FILE.*DIRECTORY_UNREACHABLE/) })
})

test('a witness cosigns the record as it grows, and its cosignature is in a proof', async () => {
  const options = [
    '--state',
    at('witness'),
    '--name',
    'witness.example.org/w1',
    '--log',
    key,
    '--listen',
    '127.0.0.1:0',
  ]
  const child = spawn(process.execPath, [SURETY, 'audit', 'witness', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: ENVIRONMENT,
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const word = async () => String((await lines.next()).value).split(/\s+/)[1] ?? ''
  const [witnessKey, address] = [await word(), await word()]
  const ask = async (oldSize: number, note: string) => {
    const size = sizeOf(note)
    const proof = await consistencyProof(oldSize, size, subtrees(size))
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint: note })
    const response = await fetch(address, { method: 'POST', body })
    return { status: response.status, text: await response.text() }
  }
  const first = await act()
  expect(await ask(0, first)).toMatchObject({ status: 200 })
  const second = await act()
  expect(await ask(0, second)).toEqual({ status: 409, text: `${sizeOf(first)}\n` })
  const { status, text } = await ask(sizeOf(first), second)
  expect(status).toBe(200)
  // What it cosigned no longer fits the log that it is shown.
  expect(await ask(sizeOf(first), first)).toMatchObject({ status: 409 })
  child.kill('SIGTERM')
  await once(child, 'close')

  const size = sizeOf(second)
  const bundle = await source.read(`tile/entries/000.p/${size}`, { maxBytes: 2 ** 24 })
  const extra = bundle.slice(2, 2 + new DataView(bundle.buffer, bundle.byteOffset).getUint16(0))
  const proof = await inclusionProof(0, size, subtrees(size))
  writeFileSync(at('first.tlog-proof'), formatProof({ index: 0, proof, checkpoint: second + text, extra }))
  const verified = surety('audit', 'verify', 'first.tlog-proof', '--key', key, '--witness', witnessKey, '--json')
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, witnesses: [{ name: 'witness.example.org/w1' }] })
  expect(JSON.parse(JSON.parse(verified.stdout).entry)).toMatchObject({ v: 1 })
  const alone = second + text.replace('w1', 'w2')
  writeFileSync(at('alone.tlog-proof'), formatProof({ index: 0, proof, checkpoint: alone, extra }))
  expect(surety('verify', 'alone.tlog-proof', '--key', key).status).toBe(0)
  const missing = surety('audit', 'verify', 'alone.tlog-proof', '--key', key, '--witness', witnessKey)
  expect(missing).toMatchObject({ status: 7, stdout: expect.stringMatching(/COSIGNATURES_MISSING/) })
})

test('an entry that was changed in the database no longer verifies, and is named', async () => {
  await act()
  changeEntry(1)
  const { status, stdout } = surety('audit', 'verify', log, '--key', key, ...profile())
  expect(stdout).toMatch(/^NOT VERIFIED: entry 1 is not what its hash is of \[PROOF_INVALID\]/)
  expect(status).toBe(7)
})

/** Changes the database file as an attacker does, who first drops the triggers that guard the record. */
function changeEntry(index: number): void {
  using database = new DatabaseSync(join(directory.path, 'directory.sqlite'))
  database.exec('DROP TRIGGER record_entries_no_update')
  database.prepare('UPDATE record_entries SET bytes = ? WHERE position = ?').run(Buffer.from('{}'), index)
}
