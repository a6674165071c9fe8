import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromUtf8, utf8 } from '../../../src/base/bytes.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import { parseNote, signNote } from '../../../src/tlog/notes.ts'
import { formatExportHeader, formatProof } from '../../../src/tlog/proof-files.ts'
import { inclusionProof } from '../../../src/tlog/proofs.ts'
import { rangeProof } from '../../../src/tlog/ranges.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { writeLogFolder } from '../../support/tlog/log-folder.ts'
import { MadeLog, madeKey } from '../../support/tlog/made-log.ts'
import { run as runSurety } from '../surety-runs.ts'

/** `surety audit verify` on files and folders, and `surety verify` where it meets a file of the record. */

const folder = temporaryFolder({ inMemory: true })
afterAll(() => folder[Symbol.dispose]())
const at = (name: string) => join(folder.path, name)
const log = new MadeLog('directory.example.org/record')
const KEY = formatNoteKey(log.key.key)
const witness = madeKey('witness.example.org/w1', 'cosignature', () => 1_796_274_000_000)
const WITNESS = formatNoteKey(witness.key)
let checkpoint = ''
let cosigned = ''

beforeAll(async () => {
  await log.growTo(300)
  checkpoint = await log.checkpoint()
  cosigned = await cosign(checkpoint)
  await writeLogFolder(log, at('log'))
  writeFileSync(at('entry.tlog-proof'), await proofOf(17))
  writeFileSync(at('range.jsonl'), await exportOf(100, 280))
})

async function cosign(note: string): Promise<string> {
  const { text } = parseNote(note)
  return note + (await signNote(text, witness.signer)).slice(text.length + 1)
}

async function proofOf(index: number, changes: object = {}): Promise<string> {
  const proof = await inclusionProof(index, 300, log.subtrees(300))
  return formatProof({ index, proof, checkpoint: cosigned, extra: log.entries[index], ...changes })
}

async function exportOf(from: number, to: number, change = (lines: string[]) => lines): Promise<string> {
  const proof = await rangeProof({ from, to, size: 300 }, log.subtrees(300))
  const entries = change(log.entries.slice(from, to).map((entry) => fromUtf8(entry)))
  return [formatExportHeader({ from, to, proof, checkpoint: cosigned }), ...entries, ''].join('\n')
}

async function run(...argv: readonly string[]) {
  const { exitCode, out, err } = await runSurety(argv)
  return { exitCode, out, err }
}

/** The report of a target that is there. */
async function verify(target: string, ...options: readonly string[]) {
  const { exitCode, out, err } = await run('audit', 'verify', at(target), '--key', KEY, '--json', ...options)
  expect(err).toBe('')
  const report = JSON.parse(out)
  expect([report.ok, exitCode]).toEqual(report.problem === undefined ? [true, 0] : [false, 7])
  return report
}

describe('an entry with its proof', () => {
  test('verifies, and is printed, with the witness that cosigned it', async () => {
    const report = await verify('entry.tlog-proof', '--witness', WITNESS)
    expect(report).toMatchObject({
      kind: 'entry',
      origin: log.origin,
      checkpoint: { size: 300 },
      entry: 'entry 17',
      entries: { from: 17, to: 18 },
      witnesses: [{ name: 'witness.example.org/w1', time: 1_796_274_000_000 }],
    })
    const words = await run('audit', 'verify', at('entry.tlog-proof'), '--key', KEY)
    expect(words.out).toMatch(/^VERIFIED: the entry is in the log[\s\S]*entry 17[\s\S]*no witness was asked for/)
  })

  test('takes the entry from a file, which an editor may have ended with a newline', async () => {
    writeFileSync(at('bare'), await proofOf(17, { extra: undefined }))
    writeFileSync(at('entry'), 'entry 17\n')
    expect(await verify('bare', '--entry', at('entry'))).toMatchObject({ entry: 'entry 17' })
    expect((await verify('bare')).problem).toMatchObject({ code: 'INPUT_MALFORMED' })
  })

  test.each([
    ['a changed entry', { extra: utf8('entry 18') }, 'PROOF_INVALID'],
    ['another index', { index: 18 }, 'PROOF_INVALID'],
    ['an index beyond the log', { index: 300 }, 'PROOF_INVALID'],
    ['no hashes', { proof: [] }, 'PROOF_INVALID'],
    ['an entry that is not UTF-8', { extra: Uint8Array.of(0xff) }, 'PROOF_INVALID'],
    ['no checkpoint', { checkpoint: '' }, 'INPUT_MALFORMED'],
  ])('does not verify with %s', async (_, changes, code) => {
    writeFileSync(at('changed'), await proofOf(17, changes))
    const report = await verify('changed')
    expect(report.problem.code).toBe(code)
    expect(report.entry).toBeUndefined()
  })

  test('does not verify by a key of another log, or another key of this log', async () => {
    for (const [key, code] of [
      [madeKey('other.example.org').key, 'LOG_UNKNOWN'],
      [madeKey(log.origin).key, 'SIGNATURE_INVALID'],
    ] as const) {
      const { exitCode, out } = await run(
        'audit',
        'verify',
        at('entry.tlog-proof'),
        '--key',
        formatNoteKey(key),
        '--json',
      )
      expect([exitCode, JSON.parse(out).problem.code]).toEqual([7, code])
    }
  })

  test('asks for as many cosignatures as witnesses are given, or for the quorum', async () => {
    const other = formatNoteKey(madeKey('witness.example.org/w2', 'cosignature').key)
    const both = ['--witness', WITNESS, '--witness', other]
    const report = await verify('entry.tlog-proof', ...both)
    expect(report.problem).toMatchObject({ code: 'COSIGNATURES_MISSING', message: expect.stringMatching(/w2$/) })
    expect(await verify('entry.tlog-proof', ...both, '--quorum', '1')).toMatchObject({
      ok: true,
      witnesses: [{ name: 'witness.example.org/w1', time: 1_796_274_000_000 }, { name: 'witness.example.org/w2' }],
    })
  })
})

describe('an export', () => {
  test('verifies', async () => {
    expect(await verify('range.jsonl', '--witness', WITNESS)).toMatchObject({
      kind: 'export',
      entries: { from: 100, to: 280 },
      checkpoint: { size: 300 },
    })
  })

  test.each<readonly [string, (lines: string[]) => string[]]>([
    ['a changed entry', (lines) => lines.with(5, 'entry 999')],
    ['an entry left out', (lines) => lines.toSpliced(5, 1)],
    ['an entry added', (lines) => lines.toSpliced(5, 0, 'entry 999')],
    ['an entry behind the last', (lines) => [...lines, 'entry 280']],
    ['two entries exchanged', (lines) => lines.with(5, lines[6] ?? '').with(6, lines[5] ?? '')],
    ['no entries', () => []],
  ])('does not verify with %s', async (_, change) => {
    writeFileSync(at('changed'), await exportOf(100, 280, change))
    expect((await verify('changed')).problem.code).toBe('PROOF_INVALID')
  })

  test.each([
    ['cut in a line', (text: string) => text.slice(0, -3), 'INPUT_MALFORMED'],
    ['with a header that says less', (text: string) => text.replace('"to":280', '"to":279'), 'PROOF_INVALID'],
    ['with an impossible range', (text: string) => text.replace('"from":100', '"from":280'), 'PROOF_INVALID'],
    ['with a range beyond the log', (text: string) => text.replace('"to":280', '"to":301'), 'PROOF_INVALID'],
    ['with a fraction in its header', (text: string) => text.replace('"to":280', '"to":280.5'), 'INPUT_MALFORMED'],
    ['with more in its header', (text: string) => text.replace('"from"', '"more":1,"from"'), 'INPUT_MALFORMED'],
    ['of another kind', (text: string) => text.replace('record-export@1', 'record-export@2'), 'INPUT_MALFORMED'],
    ['with a header that is not JSON', (text: string) => text.replace('"to"', 'to'), 'INPUT_MALFORMED'],
    ['whose checkpoint was changed', (text: string) => text.replace('\\n300\\n', '\\n301\\n'), 'SIGNATURE_INVALID'],
    ['with a line without end', (text: string) => `${text}${'a'.repeat(3_000_000)}\n`, 'INPUT_TOO_LARGE'],
  ])('does not verify %s', async (_, change, code) => {
    const text = readFileSync(at('range.jsonl'), 'utf8')
    expect(change(text)).not.toBe(text)
    writeFileSync(at('changed'), change(text))
    expect((await verify('changed')).problem.code).toBe(code)
  })
})

describe('a folder with a log', () => {
  test('verifies every entry and hash', async () => {
    expect(await verify('log')).toMatchObject({
      kind: 'log',
      entries: { from: 0, to: 300 },
      hashes: { from: 0, to: 300 },
    })
  })

  test.each([
    ['an entry is changed', 'tile/entries/000', (bytes: Buffer) => bytes.with(8, 88), 'PROOF_INVALID'],
    ['a bundle is cut', 'tile/entries/001.p/44', (bytes: Buffer) => bytes.subarray(0, -1), 'INPUT_MALFORMED'],
    [
      'a bundle has too few entries',
      'tile/entries/001.p/44',
      (bytes: Buffer) => bytes.subarray(0, -11),
      'INPUT_MALFORMED',
    ],
    ['a bundle is gone', 'tile/entries/001.p/44', () => undefined, 'NOT_FOUND'],
    ['a hash is changed', 'tile/0/001.p/44', (bytes: Buffer) => bytes.with(9, 88), 'PROOF_INVALID'],
    ['a tile is cut', 'tile/0/000', (bytes: Buffer) => bytes.subarray(32), 'INPUT_MALFORMED'],
    ['a tile is gone', 'tile/0/000', () => undefined, 'NOT_FOUND'],
    ['the checkpoint is gone', 'checkpoint', () => undefined, 'NOT_FOUND'],
    ['the checkpoint is of no log', 'checkpoint', () => Buffer.from('text\n'), 'INPUT_MALFORMED'],
    ['the checkpoint has no end', 'checkpoint', () => Buffer.alloc(200_000, 97), 'FILE_TOO_LARGE'],
  ])('does not verify when %s', async (_, path, change, code) => {
    cpSync(at('log'), at('spoilt'), { recursive: true })
    const changed = change(readFileSync(join(at('spoilt'), path)))
    rmSync(join(at('spoilt'), path))
    if (changed !== undefined) writeFileSync(join(at('spoilt'), path), changed)
    const { exitCode, out, err } = await run('audit', 'verify', at('spoilt'), '--key', KEY)
    rmSync(at('spoilt'), { recursive: true })
    expect(exitCode).toBe(code === 'FILE_TOO_LARGE' ? 1 : 7)
    expect(out + err).toMatch(`[${code}]`)
  })

  test('says when there are no entries to verify', async () => {
    cpSync(at('log'), at('hashes'), { recursive: true })
    rmSync(join(at('hashes'), 'tile', 'entries'), { recursive: true })
    const { out, exitCode } = await run('audit', 'verify', at('hashes'), '--key', KEY)
    expect(exitCode).toBe(0)
    expect(out).toMatch(/Entries {4}not verified/)
  })

  test('asks for no entries whose time is over, and for all hashes', async () => {
    cpSync(at('log'), at('old'), { recursive: true })
    rmSync(join(at('old'), 'tile/entries/000'))
    expect((await verify('old')).problem.code).toBe('NOT_FOUND')
    expect((await verify('old', '--entries-from', '0')).problem.code).toBe('NOT_FOUND')
    expect(await verify('old', '--entries-from', '7')).toMatchObject({
      entries: { from: 256, to: 300 },
      hashes: { from: 0, to: 300 },
    })
    expect((await verify('old', '--entries-from', '5000')).entries).toBeUndefined()
    rmSync(join(at('old'), 'tile/0/000'))
    expect((await verify('old', '--entries-from', '7')).problem.code).toBe('NOT_FOUND')
  })

  test('reads the wider tile where the partial one is gone', async () => {
    cpSync(at('log'), at('wider'), { recursive: true })
    const full = new MadeLog(log.origin, log.key)
    await full.growTo(512)
    await writeLogFolder(full, at('full'))
    for (const [partial, wider] of [
      ['tile/0/001.p/44', 'tile/0/001'],
      ['tile/entries/001.p/44', 'tile/entries/001'],
    ]) {
      rmSync(join(at('wider'), `${partial}`))
      rmSync(dirname(join(at('wider'), `${partial}`)), { recursive: true })
      cpSync(join(at('full'), `${wider}`), join(at('wider'), `${wider}`))
    }
    expect(await verify('wider')).toMatchObject({ ok: true, hashes: { to: 300 } })
  })
})

describe('a log that was seen before', () => {
  const grown = new MadeLog(log.origin, log.key)
  const save = (name: string) => ['--since', at(name), '--save', at(name)]
  beforeAll(async () => {
    await grown.growTo(70)
    writeFileSync(at('seen'), await grown.checkpoint())
    await grown.growTo(600)
    await writeLogFolder(grown, at('grown'))
  })

  test('verifies what was added, and keeps the new checkpoint', async () => {
    cpSync(at('seen'), at('kept'))
    const report = await verify('grown', ...save('kept'))
    expect(report).toMatchObject({ since: { size: 70 }, hashes: { from: 70, to: 600 }, entries: { from: 70, to: 600 } })
    expect(readFileSync(at('kept'), 'utf8')).toBe(readFileSync(join(at('grown'), 'checkpoint'), 'utf8'))
    expect(await verify('grown', ...save('kept'))).toMatchObject({ ok: true, hashes: { from: 600, to: 600 } })
  })

  test.each([
    ['went back', 50, ''],
    ['has other entries of the same number', 70, ' changed'],
    ['grew from other entries', 600, ' changed'],
  ])('does not verify when it %s, and the earlier checkpoint stays', async (_, size, salt) => {
    const other = new MadeLog(log.origin, log.key)
    await other.growTo(size, salt)
    rmSync(at('other'), { recursive: true, force: true })
    await writeLogFolder(other, at('other'))
    cpSync(at('seen'), at('kept'))
    const report = await verify('other', ...save('kept'))
    expect(report.problem.code).toBe('LOG_INCONSISTENT')
    expect(readFileSync(at('kept'), 'utf8')).toBe(readFileSync(at('seen'), 'utf8'))
  })

  test('does not verify by a checkpoint of another log or key', async () => {
    const other = new MadeLog('other.example.org')
    writeFileSync(at('foreign'), await other.checkpoint())
    expect((await verify('grown', '--since', at('foreign'))).problem.code).toBe('LOG_UNKNOWN')
    writeFileSync(at('forged'), await new MadeLog(log.origin).checkpoint())
    expect((await verify('grown', '--since', at('forged'))).problem.code).toBe('SIGNATURE_INVALID')
  })
})

describe('wrong command lines', () => {
  test.each([
    ['without a key', [], 2, /give --key KEY.*USAGE_INVALID/],
    ['with a key that is none', ['--key', 'abc'], 2, /not a public key of the form NAME\+ID\+KEY/],
    ['with the key of a witness', ['--key', WITNESS], 2, /is not of a log/],
    ['with the key of a log as a witness', ['--key', KEY, '--witness', KEY], 2, /is not of a witness/],
    ['with a quorum that cannot be', ['--key', KEY, '--quorum', '1'], 2, /needs as many keys of witnesses/],
    ['with keys of two logs', ['--key', KEY, '--key', formatNoteKey(madeKey('b').key)], 2, /keys of two logs/],
    ['with what is for logs', ['--key', KEY, '--since', 'x'], 2, /--since has no use for a file/],
    ['with entries from', ['--key', KEY, '--entries-from', '0'], 2, /--entries-from has no use for a file/],
    ['with an index that is none', ['--key', KEY, '--entries-from', '-1'], 2, /the index of an entry/],
    ['with a profile', ['--key', KEY, '--profile', 'x'], 2, /--profile has no use for a file/],
  ])('%s', async (_, options, exitCode, message) => {
    const answer = await run('audit', 'verify', at('entry.tlog-proof'), ...options)
    expect(answer).toMatchObject({ exitCode, out: '' })
    expect(answer.err).toMatch(message)
  })

  test.each([
    ['nothing', 'FILE_ABSENT', 'no-such-file'],
    ['a file of something else', 'INPUT_MALFORMED', 'other-file'],
    ['the zip of a report', 'INPUT_MALFORMED', 'report.zip'],
    ['an address where nobody answers', 'DIRECTORY_UNREACHABLE', 'http://127.0.0.1:1/'],
  ])('%s is no finding: it ends with 1', async (_, code, target) => {
    writeFileSync(at('other-file'), 'text\n')
    writeFileSync(at('report.zip'), 'PK\x03\x04')
    const path = target.startsWith('http') ? target : at(target)
    const { exitCode, err } = await run('audit', 'verify', path, '--key', KEY)
    expect([exitCode, err]).toEqual([1, expect.stringContaining(`[${code}]`)])
  })

  test('sends the token of a profile nowhere else', async () => {
    const token = `surety_adm_${'a'.repeat(43)}`
    const profile = { url: 'https://directory.example.org', ca: 'PEM', token }
    writeFileSync(at('profile.json'), JSON.stringify(profile), { mode: 0o600 })
    for (const target of ['https://other.example.org/tlog', 'http://directory.example.org/tlog']) {
      const { exitCode, err } = await run('audit', 'verify', target, '--key', KEY, '--profile', at('profile.json'))
      expect([exitCode, err]).toEqual([2, expect.not.stringContaining(token)])
    }
  })
})

describe('surety verify', () => {
  test.each(['entry.tlog-proof', 'range.jsonl'])('recognises %s', async (name) => {
    const { exitCode, out } = await run('verify', at(name), '--key', KEY, '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ schema: 'surety/record-report@1', ok: true })
    expect(await run('verify', at(name))).toMatchObject({ exitCode: 2, err: expect.stringMatching(/give --key KEY/) })
  })

  test('has no use for the key of the record with evidence', async () => {
    mkdirSync(at('evidence'), { recursive: true })
    writeFileSync(at('evidence/file'), 'eyJ\n')
    const { exitCode, err } = await run('verify', at('evidence/file'), '--key', KEY)
    expect([exitCode, err]).toEqual([2, expect.stringMatching(/--key has no use for an evidence export/)])
  })
})
