import fc from 'fast-check'
import { toHex, utf8 } from '../../src/base/bytes.ts'
import { equalSecrets, sha256, ZERO_HASH } from '../../src/crypto/hash.ts'

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
])('hashes %j as FIPS 180-2 says', (text, hex) => expect(toHex(sha256(text))).toBe(hex))

test('agrees with WebCrypto, and hashes text as UTF-8', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', utf8(text)))
      expect(sha256(text)).toEqual(digest)
      expect(sha256(utf8(text))).toEqual(digest)
    }),
  )
})

test('has a zero hash of 32 zeros', () => expect(toHex(ZERO_HASH)).toBe('00'.repeat(32)))

test.each<[number[], number[], boolean]>([
  [[], [], true],
  [[1, 2], [1, 2], true],
  [[1, 2], [1, 3], false],
  [[1, 2], [1], false],
  [[], [0], false],
])('compares the secrets %j and %j: %s', (a, b, equal) => {
  expect(equalSecrets(Uint8Array.from(a), Uint8Array.from(b))).toBe(equal)
})
