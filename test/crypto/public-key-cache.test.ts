import { toBase64Url } from '../../src/base/bytes.ts'
import { publicKeyCache } from '../../src/crypto/public-key-cache.ts'
import { testKey } from '../support/protocol/test-keys.ts'

const [a, b, c] = ['a', 'b', 'c'].map((name) => toBase64Url(testKey(`public keys ${name}`).spki)) as [
  string,
  string,
  string,
]

test('returns the key of its text', () => {
  const key = publicKeyCache({ capacity: 2 })(a)
  expect(toBase64Url(new Uint8Array(key.export({ type: 'spki', format: 'der' })))).toBe(a)
})

test('keeps the most recently used keys up to its capacity', () => {
  const keys = publicKeyCache({ capacity: 2 })
  const [firstA, firstB] = [keys(a), keys(b)]
  expect(keys(a)).toBe(firstA)
  keys(c) // replaces b, the least recently used
  expect(keys(a)).toBe(firstA)
  expect(keys(b)).not.toBe(firstB)
})

test.each([
  ['nothing', '', 'KEY_MALFORMED'],
  ['text that is no base64url', '!', 'KEY_MALFORMED'],
  ['a point off the curve', toBase64Url(Buffer.from(a, 'base64url').fill(1, 60)), 'KEY_MALFORMED'],
])('refuses %s every time', (_, text, code) => {
  const keys = publicKeyCache({ capacity: 2 })
  for (let time = 0; time < 2; time++) expect(() => keys(text)).toThrow(expect.objectContaining({ code }))
})
