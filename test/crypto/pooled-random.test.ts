import { toBase64Url } from '../../src/base/bytes.ts'
import { pooledRandom } from '../../src/crypto/pooled-random.ts'

test('gives each byte once, over the ends of pools', () => {
  const given = Array.from({ length: 5_000 }, () => pooledRandom(12))
  expect(given.every(({ length }) => length === 12)).toBe(true)
  expect(new Set(given.map(toBase64Url)).size).toBe(given.length)
  const places = given.map(({ buffer, byteOffset }) => ({ buffer, byteOffset }))
  expect(new Set(places.map(({ buffer }) => buffer)).size).toBeGreaterThan(10)
})

test('what was given stays as it was when a new pool is drawn', () => {
  const first = pooledRandom(16)
  const copy = Uint8Array.from(first)
  for (let count = 0; count < 1_000; count++) pooledRandom(16)
  expect(Uint8Array.from(first)).toEqual(copy)
})

test('gives more than a pool has', () => {
  expect(pooledRandom(10_000)).toHaveLength(10_000)
})
