import { type Bytes, u64 } from '../../base/bytes.ts'
import type { VerifyEd25519 } from '../primitives.ts'

/** `primitives.ts` for a browser. WebCrypto hashes only asynchronously, and a proof has thousands of small hashes: so SHA-256 is here. */

/** FIPS 180-4, section 4.2.2: of the cube roots of the first 64 primes, the first 32 bits of the fraction. */
const ROUND_CONSTANTS = Uint32Array.from(firstPrimes(64), (prime) => fractionBits(Math.cbrt(prime)))
/** Section 5.3.3: of the square roots of the first eight. */
const INITIAL = Uint32Array.from(firstPrimes(8), (prime) => fractionBits(Math.sqrt(prime)))
const BLOCK_BYTES = 64

/** @returns 32 bytes. */
export function sha256(message: Uint8Array): Bytes {
  const state = INITIAL.slice()
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(message)
  padded[message.length] = 0x80
  padded.set(u64(message.length * 8), padded.length - 8)
  const view = new DataView(padded.buffer)
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) compress(state, scheduleOf(view, at))
  const digest = new DataView(new ArrayBuffer(32))
  state.forEach((word, at) => {
    digest.setUint32(4 * at, word)
  })
  return new Uint8Array(digest.buffer)
}

/** In a secure context: HTTPS, or the machine itself. @throws TypeError where the browser has no Ed25519. */
export const verifyEd25519: VerifyEd25519 = async (publicKey, message, signature) => {
  const { subtle } = globalThis.crypto
  const key = await subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify'])
  return subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message))
}

/** Section 6.2.2, step 1. */
function scheduleOf(view: DataView, at: number): Uint32Array {
  const schedule = new Uint32Array(64)
  for (let round = 0; round < 16; round++) schedule[round] = view.getUint32(at + 4 * round)
  for (let round = 16; round < 64; round++) {
    const [early, late] = [wordAt(schedule, round - 15), wordAt(schedule, round - 2)]
    const first = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
    const second = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
    schedule[round] = wordAt(schedule, round - 16) + first + wordAt(schedule, round - 7) + second
  }
  return schedule
}

/** Steps 2 to 4. */
function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < 64; round++) {
    const sums = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const choice = (e & f) ^ (~e & g)
    const first = (h + sums + choice + wordAt(ROUND_CONSTANTS, round) + wordAt(schedule, round)) | 0
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0
    ;[a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g]
  }
  for (const [place, word] of [a, b, c, d, e, f, g, h].entries()) state[place] = wordAt(state, place) + word
}

function wordAt(words: Uint32Array, place: number): number {
  return words[place] ?? 0
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = []
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  }
  return primes
}

function fractionBits(root: number): number {
  return Math.floor((root % 1) * 2 ** 32)
}
