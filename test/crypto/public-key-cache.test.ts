import { toBase64Url } from '../../src/base/bytes.ts'
import { publicKeys } from '../../src/crypto/public-keys.ts'
import { testKey } from '../support/test-keys.ts'

const [a, b, c] = ['a', 'b', 'c'].map((name) => toBase64Url(testKey(`public keys ${name}`).spki)) as [
  string,
  string,
  string,
]

test('a key is the one that its text says', () => {
  const key = publicKeys({ capacity: 2 })(a)
  expect(toBase64Url(new Uint8Array(key.export({ type: 'spki', format: 'der' })))).toBe(a)
})

test('keeps as many as it may: those that were used last', () => {
  const keys = publicKeys({ capacity: 2 })
  const [firstA, firstB] = [keys(a), keys(b)]
  expect(keys(a)).toBe(firstA)
  keys(c) // in the place of b, which was used before a
  expect(keys(a)).toBe(firstA)
  expect(keys(b)).not.toBe(firstB)
})

test.each([
  ['nothing', '', 'KEY_MALFORMED'],
  ['what is no base64url', '!', 'KEY_MALFORMED'],
  ['a point off the curve', toBase64Url(Buffer.from(a, 'base64url').fill(1, 60)), 'KEY_MALFORMED'],
])('%s is refused, the second time too', (_, text, code) => {
  const keys = publicKeys({ capacity: 2 })
  for (let time = 0; time < 2; time++) expect(() => keys(text)).toThrow(expect.objectContaining({ code }))
})
