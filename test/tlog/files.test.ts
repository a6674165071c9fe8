import { utf8 } from '../../src/base/bytes.ts'
import { decodeBundle, encodeBundle, MAX_ENTRY_BYTES } from '../../src/tlog/bundles.ts'
import { fromBase64, toBase64 } from '../../src/tlog/lines.ts'
import { formatProof, parseProof } from '../../src/tlog/proof-files.ts'
import { entriesPath, parseTilePath, tilePath } from '../../src/tlog/tile-paths.ts'
import { EMPTY_ROOT } from '../../src/tlog/tree-hash.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from '../../src/tlog/witness-request.ts'
import { codeOfCall } from '../support/code-of-call.ts'

const HASH = toBase64(EMPTY_ROOT)

describe('paths', () => {
  test.each([
    [tilePath(0, 1_234_067), 'tile/0/x001/x234/067'],
    [tilePath(2, 0, 12), 'tile/2/000.p/12'],
    [tilePath(63, 999), 'tile/63/999'],
    [entriesPath(1000, 255), 'tile/entries/x001/000.p/255'],
    [entriesPath(Number.MAX_SAFE_INTEGER), 'tile/entries/x009/x007/x199/x254/x740/991'],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected)
    const { level, index, width } = parseTilePath(path) ?? { level: -1, index: -1, width: -1 }
    expect(level === 'entries' ? entriesPath(index, width) : tilePath(level, index, width)).toBe(path)
  })

  test.each([
    ...['tile/0/0', 'tile/0/0000', 'tile/0/x000/001', 'tile/0/001/002', 'tile/0/x001', 'tile/00/001', 'tile/64/001'],
    ...['tile/0/001.p/0', 'tile/0/001.p/256', 'tile/0/001.p/01', 'tile/0/001.p', 'tile/-1/001', 'tile/0/../001'],
    ...['tile/0/x999/x999/x999/x999/x999/999', 'tile/data/001', '/tile/0/001', 'tile/0/001/', 'tile/entries', ''],
    ...[`tile/0/${'x001/'.repeat(10_000)}001`],
  ])('%.40s is none', (path) => {
    expect(parseTilePath(path)).toBeUndefined()
  })
})

describe('bundles', () => {
  test.each([
    ['none', []],
    ['an empty one', [utf8('')]],
    [
      '256, one of them as long as can be',
      [...Array.from({ length: 255 }, (_, i) => utf8(`${i}`)), new Uint8Array(65_535)],
    ],
  ])('come back: %s', (_, entries) => {
    expect(decodeBundle(encodeBundle(entries)).map(toBase64)).toEqual(entries.map(toBase64))
  })

  test('an entry has its length before it, big-endian', () => {
    expect(encodeBundle([new Uint8Array(258)]).slice(0, 3)).toEqual(Uint8Array.of(1, 2, 0))
  })

  test.each([
    ['an entry too long', () => encodeBundle([new Uint8Array(MAX_ENTRY_BYTES + 1)]), 'INPUT_TOO_LARGE'],
    ['an entry too many', () => encodeBundle(Array.from({ length: 257 }, () => utf8(''))), 'INPUT_TOO_LARGE'],
    ['an entry too many to read', () => decodeBundle(new Uint8Array(2 * 257)), 'INPUT_TOO_LARGE'],
    ['half of a length', () => decodeBundle(Uint8Array.of(0, 1, 7, 0)), 'INPUT_MALFORMED'],
    ['half of an entry', () => decodeBundle(Uint8Array.of(0, 3, 7, 7)), 'INPUT_MALFORMED'],
  ])('refuses %s', (_, work, code) => {
    expect(codeOfCall(work)).toBe(code)
  })
})

describe('proofs', () => {
  const checkpoint = `origin\n3\n${HASH}\n\n— origin AAAAAAA=\n`
  const proof = { index: 2, proof: [EMPTY_ROOT, EMPTY_ROOT], checkpoint }

  test.each([
    ['with extra data', { ...proof, extra: utf8('{"kind":"stop"}') }],
    ['without it', proof],
    ['without hashes', { ...proof, proof: [] }],
  ])('come back %s', (_, file) => {
    expect(parseProof(formatProof(file))).toEqual({ extra: undefined, ...file })
  })

  const right = formatProof(proof)
  test.each([
    ['another first line', right.replace('@v1', '@v2')],
    ['no index', right.replace('index 2\n', '')],
    ['an index with a zero', right.replace('index 2', 'index 02')],
    ['an index over 2^53', right.replace('index 2', 'index 9007199254740992')],
    ['extra data that is not base64', right.replace('index', 'extra ?\nindex')],
    ['extra data twice', right.replace('index', 'extra AA==\nextra AA==\nindex')],
    ['a hash that is cut', right.replace(HASH, HASH.slice(0, 40))],
    ['no empty line', right.replace('\n\n', '\n')],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(text).not.toBe(right)
    expect(['INPUT_MALFORMED', 'INPUT_TOO_LARGE']).toContain(codeOfCall(() => parseProof(text)))
  })

  test.each([
    ['more than 63 hashes', formatProof({ ...proof, proof: Array.from({ length: 70 }, () => EMPTY_ROOT) })],
    ['a text without end', right + 'a'.repeat(500_000)],
  ])('bounds %s', (_, text) => {
    expect(codeOfCall(() => parseProof(text))).toBe('INPUT_TOO_LARGE')
  })

  test('a request to a witness comes back, and is bounded', () => {
    const request = { oldSize: 2, proof: [EMPTY_ROOT], checkpoint }
    expect(formatAddCheckpoint(request)).toBe(`old 2\n${HASH}\n\n${checkpoint}`)
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request)
    const long = formatAddCheckpoint({ ...request, proof: Array.from({ length: 64 }, () => EMPTY_ROOT) })
    expect(codeOfCall(() => parseAddCheckpoint(long))).toBe('INPUT_TOO_LARGE')
  })

  test.each([
    '',
    'old\n\n',
    'old 01\n\n',
    'old -1\n\n',
    `${HASH}\n\n`,
    'old 1\n?\n\n',
    'old 1 \n\n',
    'old 1\r\n\n',
    'old 1\n',
  ])('refuses the request %j', (text) => {
    expect(codeOfCall(() => parseAddCheckpoint(text))).toBe('INPUT_MALFORMED')
  })
})

test.each(['A', 'AA', 'AA=', 'AA===', 'AAA', 'AB==', 'AAAA====', 'A-==', ' AA==', 'AA==\n', 'A=A='])(
  '%j is no base64',
  (text) => {
    expect(fromBase64(text)).toBeUndefined()
  },
)
