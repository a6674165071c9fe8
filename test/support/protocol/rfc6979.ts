import { createHmac, hash } from 'node:crypto'

/**
 * Deterministic ECDSA on P-256 with SHA-256 (RFC 6979), so that vectors can be made again bit for bit. For published
 * test keys only: it takes a different time for each key.
 */

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
}
const A = P - 3n

interface Point {
  readonly x: bigint
  readonly y: bigint
}

/** @returns r then s, 64 bytes. */
export function signDeterministic(privateKey: bigint, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return signDigest(privateKey, hash('sha256', message, 'buffer'))
}

/** @param digest SHA-256 of the message. */
export function signDigest(privateKey: bigint, digest: Uint8Array): Uint8Array<ArrayBuffer> {
  const z = toBigInt(digest) % N
  for (const k of candidates(privateKey, z)) {
    const r = (multiply(k, G)?.x ?? 0n) % N
    const s = mod(inverse(k, N) * (z + r * privateKey), N)
    if (r !== 0n && s !== 0n) return Uint8Array.from([...toBytes(r), ...toBytes(s)])
  }
  throw new Error('unreachable: candidates never end')
}

/** A private key in its range, from any 32 bytes. */
export function toPrivateKey(bytes: Uint8Array): bigint {
  return (toBigInt(bytes) % (N - 1n)) + 1n
}

export function toBytes(value: bigint): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'))
}

/** RFC 6979 section 3.2. */
function* candidates(privateKey: bigint, z: bigint): Generator<bigint> {
  const seed = Buffer.concat([toBytes(privateKey), toBytes(z)])
  const mac = (key: Uint8Array, ...parts: readonly Uint8Array[]) =>
    createHmac('sha256', key).update(Buffer.concat(parts)).digest()
  let value: Uint8Array = new Uint8Array(32).fill(1)
  let key: Uint8Array = new Uint8Array(32)
  for (const step of [0, 1]) {
    key = mac(key, value, Uint8Array.of(step), seed)
    value = mac(key, value)
  }
  for (;;) {
    value = mac(key, value)
    const k = toBigInt(value)
    if (k > 0n && k < N) yield k
    key = mac(key, value, Uint8Array.of(0))
    value = mac(key, value)
  }
}

function multiply(scalar: bigint, point: Point): Point | undefined {
  let sum: Point | undefined
  let power: Point | undefined = point
  for (let left = scalar; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, power)
    power = add(power, power)
  }
  return sum
}

/** Undefined is the point at infinity. */
function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (a.x === b.x && a.y !== b.y) return undefined
  const slope = a.x === b.x ? (3n * a.x * a.x + A) * inverse(2n * a.y, P) : (b.y - a.y) * inverse(mod(b.x - a.x, P), P)
  const x = mod(slope * slope - a.x - b.x, P)
  return { x, y: mod(slope * (a.x - x) - a.y, P) }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [mod(value, modulus), modulus, 1n, 0n]
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
  return mod(x, modulus)
}

const mod = (value: bigint, modulus: bigint) => ((value % modulus) + modulus) % modulus
const toBigInt = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
