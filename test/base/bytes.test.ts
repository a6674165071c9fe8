import fc from 'fast-check'
import {
  concatBytes,
  equalBytes,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64Url,
  toHex,
  u64,
  utf8,
} from '../../src/base/bytes.ts'

const bytes = fc.uint8Array({ maxLength: 100 })

test('encodes and decodes base64url and hex like Node', () => {
  fc.assert(
    fc.property(bytes, (given) => {
      const [base64, hex] = [Buffer.from(given).toString('base64url'), Buffer.from(given).toString('hex')]
      expect([toBase64Url(given), toHex(given)]).toEqual([base64, hex])
      expect([fromBase64Url(base64), fromHex(hex), fromHex(hex.toUpperCase())]).toEqual([given, given, given])
    }),
  )
})

test('accepts one base64url spelling of any bytes', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]{0,8}$/), fc.base64String())
  fc.assert(
    fc.property(text, (each) => {
      const decoded = fromBase64Url(each)
      return decoded === undefined || toBase64Url(decoded) === each
    }),
    { numRuns: 1000 },
  )
})

test.each(['A', 'AB', 'AAB', 'AAAAA', 'AA==', 'AA=', 'A+', 'A/', 'AA AA', 'AA\n', 'ä', 'AAA\u0000', '////', '😀😀'])(
  '%j is not base64url',
  (text) => expect(fromBase64Url(text)).toBeUndefined(),
)

test.each(['0', '0g', ' 00', '00 ', '0x00', 'ä0', '00\n'])('%j is not hex', (text) => {
  expect(fromHex(text)).toBeUndefined()
})

test('converts text to UTF-8 and back, with a byte order mark', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fromUtf8(utf8(text)) === text))
  expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa')
})

test.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]], [[0xe2, 0x82]]])(
  '%j is not UTF-8',
  (given) => expect(() => fromUtf8(Uint8Array.from(given))).toThrow(expect.objectContaining({ name: 'TypeError' })),
)

test('joins parts in order into new bytes', () => {
  const part = Uint8Array.of(1, 2)
  const joined = concatBytes(part, new Uint8Array(), Uint8Array.of(3))
  part[0] = 9
  expect(joined).toEqual(Uint8Array.of(1, 2, 3))
  expect(concatBytes()).toEqual(new Uint8Array())
})

test('compares all bytes and the length', () => {
  fc.assert(fc.property(bytes, bytes, (a, b) => equalBytes(a, b) === (toHex(a) === toHex(b))))
  expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
})

test.each<[number | bigint, string]>([
  [0, '0000000000000000'],
  [1, '0000000000000001'],
  [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  [2n ** 64n - 1n, 'ffffffffffffffff'],
])('writes %s big-endian', (value, hex) => expect(toHex(u64(value))).toBe(hex))

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 64n, -1n])('refuses %s, which would wrap', (value) => {
  expect(() => u64(value)).toThrow(RangeError)
})
