import { randomBytes } from 'node:crypto'

const POOL_BYTES = 4_096

let pool = randomBytes(POOL_BYTES)
let used = 0

/** For many short random values: one call of the system fills a pool, of which each byte is given once. */
export function pooledRandom(bytes: number): Buffer<ArrayBuffer> {
  if (bytes > POOL_BYTES) return randomBytes(bytes)
  if (used + bytes > POOL_BYTES) {
    // A new pool: the old one is in the hands of others.
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  const result = pool.subarray(used, used + bytes)
  used += bytes
  return result
}
