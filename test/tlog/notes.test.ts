import { utf8 } from '../../src/base/bytes.ts'
import { checkpointText, openCheckpoint, originOf, parseCheckpoint } from '../../src/tlog/checkpoints.ts'
import { formatNoteKey, noteKey, parseNoteKey } from '../../src/tlog/note-keys.ts'
import { MAX_NOTE_LENGTH, openNote, parseNote, parseSignatures, signatureLine, signNote } from '../../src/tlog/notes.ts'
import { EMPTY_ROOT } from '../../src/tlog/tree-hash.ts'
import { codeOfCall } from '../support/code-of-call.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { MadeLog, madeKey } from '../support/tlog/made-log.ts'

/** From C2SP signed-note, "Example". */
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const EXAMPLE_LINE =
  '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM='
const EXAMPLE = `This is an example message.\n\n${EXAMPLE_LINE}\n`

const key = madeKey('log.example.org')
const other = madeKey('other.example.org')

test('verifies the note of the specification, and writes its key as it does', async () => {
  const known = parseNoteKey(EXAMPLE_KEY)
  const { text, verified } = await openNote(EXAMPLE, [known])
  expect(text).toBe('This is an example message.\n')
  expect(verified.map(({ key: by }) => by)).toEqual([known])
  expect(formatNoteKey(known)).toBe(EXAMPLE_KEY)
  expect(parseNote(EXAMPLE).signatures.map(signatureLine)).toEqual([`${EXAMPLE_LINE}\n`])
})

test('verifies what it signed, with empty lines in the text', async () => {
  const text = 'first\n\nthird\n'
  await expect(openNote(await signNote(text, key.signer), [key.key])).resolves.toMatchObject({ text })
})

test.each([
  ['no signature', 'text\n\n'],
  ['no empty line', `text\n${EXAMPLE_LINE}\n`],
  ['no text', `\n${EXAMPLE_LINE}\n`],
  ['no newline at the end', EXAMPLE.slice(0, -1)],
  ['a carriage return', EXAMPLE.replace('\n', '\r\n')],
  ['a NUL', `a\0${EXAMPLE}`],
  ['half of a surrogate pair', `\ud800${EXAMPLE}`],
  ['a hyphen for the dash', EXAMPLE.replace('—', '-')],
  ['two spaces', EXAMPLE.replace('— ', '—  ')],
  ['a name with a plus', EXAMPLE.replace('example.com/foo', 'example.com+foo')],
  ['a name with a no-break space', EXAMPLE.replace('example.com/foo', 'example.com\u00a0foo')],
  ['a fourth word', EXAMPLE.replace('aQM=', 'aQM= more')],
  ['base64 without its padding', EXAMPLE.replace('aQM=', 'aQM')],
  ['base64 with stray bits', EXAMPLE.replace('aQM=', 'aQN=')],
  ['base64 of URLs', EXAMPLE.replace('Uw2QOkn8', 'Uw2QO-_8')],
  ['a signature of four bytes', 'text\n\n— name AAAAAA==\n'],
  ['a line behind the signatures', `${EXAMPLE}text\n`],
  ['nothing', ''],
])('refuses a note with %s', (_, note) => {
  expect(codeOfCall(() => parseNote(note))).toBe('INPUT_MALFORMED')
})

test('refuses a note that is too long, and one with too many signatures', () => {
  const long = `${'a'.repeat(MAX_NOTE_LENGTH)}\n\n${EXAMPLE_LINE}\n`
  expect(codeOfCall(() => parseNote(long))).toBe('INPUT_TOO_LARGE')
  expect(parseSignatures('— name AAAAAAA=\n'.repeat(100))).toHaveLength(100)
  expect(codeOfCall(() => parseSignatures('— name AAAAAAA=\n'.repeat(101)))).toBe('INPUT_TOO_LARGE')
})

test('ignores unknown keys, and refuses a note when a known one does not verify', async () => {
  const note = await signNote('text\n', key.signer)
  const foreign = (await signNote('text\n', other.signer)).slice('text\n\n'.length)
  await expect(openNote(note + foreign, [key.key])).resolves.toMatchObject({ text: 'text\n' })
  const both = await openNote(note + foreign + foreign, [key.key, other.key])
  expect(both.verified.map(({ key: { name } }) => name)).toEqual(['log.example.org', 'other.example.org'])
  const ofOtherText = (await signNote('txet\n', other.signer)).slice('text\n\n'.length)
  expect(await codeThrown(() => openNote(note + ofOtherText, [key.key, other.key]))).toBe('SIGNATURE_INVALID')
  await expect(openNote(note + ofOtherText, [key.key])).resolves.toMatchObject({ text: 'text\n' })
})

test.each([
  ['signed by nobody known', [other.key]],
  ['by a key of the same name', [madeKey('log.example.org').key]],
  ['by the same key under another name', [noteKey('note', 'another', key.key.publicKey)]],
  ['by the same key as a witness', [noteKey('cosignature', 'log.example.org', key.key.publicKey)]],
  ['for which no key is known', []],
])('refuses a note %s', async (_, keys) => {
  expect(await codeThrown(async () => openNote(await signNote('text\n', key.signer), keys))).toBe('SIGNATURE_INVALID')
})

test('refuses a changed text, and a signature that is cut', async () => {
  const note = await signNote('text\n', key.signer)
  expect(await codeThrown(() => openNote(note.replace('text', 'next'), [key.key]))).toBe('SIGNATURE_INVALID')
  const [parsed] = parseNote(note).signatures
  if (parsed === undefined) throw new Error('no signature')
  const cut = signatureLine({ ...parsed, signature: parsed.signature.slice(0, 63) })
  expect(await codeThrown(() => openNote(`text\n\n${cut}`, [key.key]))).toBe('SIGNATURE_INVALID')
  expect(await codeThrown(() => signNote('no newline', key.signer))).toBe('INPUT_MALFORMED')
})

test.each([
  ['no key', 'example.com/foo'],
  ['another id', EXAMPLE_KEY.replace('530d903a', '530d903b')],
  ['an id of three bytes', EXAMPLE_KEY.replace('530d903a', '530d90')],
  ['another name', EXAMPLE_KEY.replace('foo', 'bar')],
  ['an unknown kind', 'example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
  ['a key that is cut', EXAMPLE_KEY.slice(0, -4)],
  ['a space in the name', EXAMPLE_KEY.replace('foo', 'f o')],
  ['no name', EXAMPLE_KEY.replace('example.com/foo', '')],
  ['a name without end', `${'a'.repeat(5000)}${EXAMPLE_KEY}`],
])('refuses a public key with %s', (_, text) => {
  expect(codeOfCall(() => parseNoteKey(text))).toBe('INPUT_MALFORMED')
})

describe('checkpoints', () => {
  const witness = madeKey('witness.example.org', 'cosignature', () => 1_796_274_000_999)
  const log = new MadeLog('example.org/log')
  const trusted = { origin: log.origin, logKeys: [log.key.key], witnessKeys: [witness.key] }
  beforeAll(() => log.growTo(5))

  async function cosignature(text: string): Promise<string> {
    return (await signNote(text, witness.signer)).slice(text.length + 1)
  }

  test('opens what the log signed, with the cosignature of a known witness', async () => {
    const note = await log.checkpoint()
    const cosigned = note + (await cosignature(parseNote(note).text))
    const opened = await openCheckpoint(cosigned, trusted)
    expect(opened).toMatchObject({ origin: log.origin, size: 5, root: await log.root() })
    expect(opened.cosignatures).toEqual([{ key: witness.key, time: 1_796_274_000 }])
    expect(checkpointText(opened)).toBe(opened.text)
    expect(originOf(note)).toBe(log.origin)
  })

  test('a witness counts only with its kind of signature, and for this text', async () => {
    const note = await log.checkpoint()
    const { text } = parseNote(note)
    const ofOther = await cosignature(text.replace('5', '6'))
    expect(await codeThrown(() => openCheckpoint(note + ofOther, trusted))).toBe('SIGNATURE_INVALID')
    const late = madeKey('witness.example.org', 'cosignature', () => 0)
    const zero = (await signNote(text, late.signer)).slice(text.length + 1)
    const withLate = { ...trusted, witnessKeys: [late.key] }
    expect(await codeThrown(() => openCheckpoint(note + zero, withLate))).toBe('SIGNATURE_INVALID')
  })

  test('refuses another log, another key, and a checkpoint that only a witness signed', async () => {
    const note = await log.checkpoint()
    const open = (changes: object) => codeThrown(() => openCheckpoint(note, { ...trusted, ...changes }))
    await expect(open({ origin: 'example.org/other' })).resolves.toBe('LOG_UNKNOWN')
    await expect(open({ logKeys: [key.key] })).resolves.toBe('SIGNATURE_INVALID')
    const { text } = parseNote(note)
    const byWitness = `${text}\n${await cosignature(text)}`
    expect(await codeThrown(() => openCheckpoint(byWitness, trusted))).toBe('SIGNATURE_INVALID')
  })

  const root = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  test.each([
    ['no root', 'a\n1\n'],
    ['no size', `a\n${root}\n`],
    ['no origin', `\n1\n${root}\n`],
    ['a leading zero', `a\n01\n${root}\n`],
    ['a sign', `a\n-1\n${root}\n`],
    ['an exponent', `a\n1e3\n${root}\n`],
    ['a size of 2^53', `a\n9007199254740992\n${root}\n`],
    ['a size without end', `a\n${'9'.repeat(100)}\n${root}\n`],
    ['a root that is cut', `a\n1\n${root.slice(4)}\n`],
    ['a root that is too long', `a\n1\n${'A'.repeat(48)}\n`],
    ['an empty line', `a\n1\n${root}\n\nextension\n`],
    ['no newline at the end', `a\n1\n${root}`],
  ])('refuses %s', (_, text) => {
    expect(codeOfCall(() => parseCheckpoint(text))).toBe('INPUT_MALFORMED')
  })

  test('ignores extension lines, and takes the largest size', () => {
    expect(parseCheckpoint(`a\n9007199254740991\n${root}\nmore\n`)).toMatchObject({ size: Number.MAX_SAFE_INTEGER })
  })

  test.each([
    ['a size that is no number of entries', { size: -1 }],
    ['an origin with a newline', { origin: 'a\nb' }],
    ['a root of 31 bytes', { root: utf8('a'.repeat(31)) }],
  ])('writes no checkpoint with %s', (_, change) => {
    const right = { origin: 'a', size: 0, root: EMPTY_ROOT }
    expect(codeOfCall(() => checkpointText({ ...right, ...change }))).toBe('INPUT_MALFORMED')
  })
})
