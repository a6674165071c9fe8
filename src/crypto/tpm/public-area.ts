import { createPublicKey, hash, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import { type Bytes, concatBytes, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import {
  ALG,
  CURVE_BYTES,
  CURVE_ID,
  type CurveName,
  curveNameOf,
  HASH_BYTES,
  type HashName,
  hashNameOf,
} from './algorithms.ts'
import { sized, TpmReader, u16, u32 } from './structures.ts'

/** TPMT_PUBLIC (TPM 2.0 part 2, 12.2.4) of RSA and elliptic-curve keys. */
export interface PublicArea {
  readonly nameAlg: HashName
  /** TPMA_OBJECT; see `ATTRIBUTE`. */
  readonly attributes: number
  readonly authPolicy: Bytes
  /** Key bits of AES-CFB. Set for storage keys and endorsement keys. */
  readonly symmetricBits: number | undefined
  readonly scheme: Scheme | undefined
  readonly key: RsaPublic | EccPublic
}

interface Scheme {
  readonly kind: 'rsassa' | 'rsapss' | 'rsaes' | 'oaep' | 'ecdsa' | 'ecdh'
  /** Absent for `rsaes`. */
  readonly hash: HashName | undefined
}

interface RsaPublic {
  readonly type: 'rsa'
  readonly bits: number
  /** Empty in a template. */
  readonly modulus: Bytes
}

export interface EccPublic {
  readonly type: 'ecc'
  readonly curve: CurveName
  /** Big-endian. Empty in a template. */
  readonly x: Bytes
  readonly y: Bytes
}

/** TPMA_OBJECT (part 2, 8.3). */
export const ATTRIBUTE = {
  fixedTpm: 1 << 1,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  adminWithPolicy: 1 << 7,
  noDictionaryAttack: 1 << 10,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
} as const

const RSA_BITS = [2048, 3072, 4096]
const DEFAULT_EXPONENT = 65_537
const SCHEMES: Readonly<Record<number, Scheme['kind']>> = {
  [ALG.rsassa]: 'rsassa',
  [ALG.rsapss]: 'rsapss',
  [ALG.rsaes]: 'rsaes',
  [ALG.oaep]: 'oaep',
  [ALG.ecdsa]: 'ecdsa',
  [ALG.ecdh]: 'ecdh',
}

/**
 * Reads a bare TPMT_PUBLIC.
 *
 * @throws `TPM_STRUCTURE_MALFORMED`, `KEY_UNSUPPORTED` for other algorithms, sizes and curves.
 */
export function parsePublic(bytes: Uint8Array): PublicArea {
  const reader = new TpmReader('TPMT_PUBLIC', bytes)
  const type = reader.u16()
  if (type !== ALG.rsa && type !== ALG.ecc) throw unsupported(`key type ${hex(type)}`)
  const nameAlg = readHash(reader)
  const attributes = reader.u32()
  const authPolicy = reader.sized(64)
  if (authPolicy.length !== 0 && authPolicy.length !== HASH_BYTES[nameAlg]) reader.refuse('policy of the wrong size')
  const symmetricBits = readSymmetric(reader)
  const scheme = readScheme(reader)
  const key = type === ALG.rsa ? readRsa(reader) : readEcc(reader)
  reader.end()
  return { nameAlg, attributes, authPolicy, symmetricBits, scheme, key }
}

function readHash(reader: TpmReader): HashName {
  const algorithm = reader.u16()
  const name = hashNameOf(algorithm)
  if (name === undefined) throw unsupported(`hash ${hex(algorithm)}`)
  return name
}

function readSymmetric(reader: TpmReader): number | undefined {
  const algorithm = reader.u16()
  if (algorithm === ALG.none) return undefined
  if (algorithm !== ALG.aes) throw unsupported(`symmetric cipher ${hex(algorithm)}`)
  const bits = reader.u16()
  if (bits !== 128 && bits !== 192 && bits !== 256) throw unsupported(`AES with ${bits} bits`)
  const mode = reader.u16()
  if (mode !== ALG.cfb) throw unsupported(`cipher mode ${hex(mode)}`)
  return bits
}

function readScheme(reader: TpmReader): Scheme | undefined {
  const algorithm = reader.u16()
  if (algorithm === ALG.none) return undefined
  const kind = SCHEMES[algorithm]
  if (kind === undefined) throw unsupported(`scheme ${hex(algorithm)}`)
  return { kind, hash: kind === 'rsaes' ? undefined : readHash(reader) }
}

function readRsa(reader: TpmReader): RsaPublic {
  const bits = reader.u16()
  if (!RSA_BITS.includes(bits)) throw unsupported(`RSA with ${bits} bits`)
  const exponent = reader.u32()
  if (exponent !== 0 && exponent !== DEFAULT_EXPONENT) throw unsupported(`RSA exponent ${exponent}`)
  const modulus = reader.sized(512)
  if (modulus.length !== bits / 8) reader.refuse(`modulus of ${modulus.length} bytes for ${bits} bits`)
  return { type: 'rsa', bits, modulus }
}

function readEcc(reader: TpmReader): EccPublic {
  const id = reader.u16()
  const curve = curveNameOf(id)
  if (curve === undefined) throw unsupported(`curve ${hex(id)}`)
  const kdf = reader.u16()
  if (kdf !== ALG.none) throw unsupported(`key derivation ${hex(kdf)}`)
  const [x, y] = [reader.sized(CURVE_BYTES[curve]), reader.sized(CURVE_BYTES[curve])]
  if (x.length === 0 || y.length === 0) reader.refuse('no point')
  return { type: 'ecc', curve, x, y }
}

/** The bytes of a TPMT_PUBLIC, or of a template, whose `modulus` or `x` and `y` may be empty. */
export function marshalPublic(area: PublicArea): Bytes {
  const { key, scheme } = area
  const symmetric =
    area.symmetricBits === undefined ? u16(ALG.none) : concatBytes(u16(ALG.aes), u16(area.symmetricBits), u16(ALG.cfb))
  const schemeHash = scheme?.hash === undefined ? new Uint8Array() : u16(ALG[scheme.hash])
  return concatBytes(
    u16(key.type === 'rsa' ? ALG.rsa : ALG.ecc),
    u16(ALG[area.nameAlg]),
    u32(area.attributes >>> 0),
    sized(area.authPolicy),
    symmetric,
    u16(scheme === undefined ? ALG.none : ALG[scheme.kind]),
    schemeHash,
    key.type === 'rsa'
      ? concatBytes(u16(key.bits), u32(0), sized(key.modulus))
      : concatBytes(u16(CURVE_ID[key.curve]), u16(ALG.none), sized(key.x), sized(key.y)),
  )
}

/**
 * The name of an object (part 1, 16): its hash algorithm and the hash of its public area.
 *
 * @throws what `parsePublic` throws.
 */
export function nameOf(publicArea: Uint8Array): Bytes {
  const { nameAlg } = parsePublic(publicArea)
  return concatBytes(u16(ALG[nameAlg]), digest(nameAlg, publicArea))
}

export function digest(algorithm: HashName, ...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(hash(algorithm, concatBytes(...parts), 'buffer'))
}

/**
 * The key of a public area, for `node:crypto`. Keep it: importing costs as much as verifying.
 *
 * @throws `KEY_MALFORMED` when the point is not on its curve or the modulus is invalid.
 */
export function publicKeyOf(area: PublicArea): KeyObject {
  try {
    return createPublicKey({ key: jwkOf(area.key), format: 'jwk' })
  } catch (cause) {
    throw new SuretyError('KEY_MALFORMED', `a TPMT_PUBLIC without a valid ${area.key.type} key`, { cause })
  }
}

function jwkOf(key: RsaPublic | EccPublic): JsonWebKeyInput['key'] {
  if (key.type === 'rsa') return { kty: 'RSA', n: toBase64Url(key.modulus), e: 'AQAB' }
  const size = CURVE_BYTES[key.curve]
  return { kty: 'EC', crv: key.curve, x: toBase64Url(padLeft(key.x, size)), y: toBase64Url(padLeft(key.y, size)) }
}

/** SubjectPublicKeyInfo, DER. @throws what `parsePublic` and `publicKeyOf` throw. */
export function spkiOf(publicArea: Uint8Array): Bytes {
  return new Uint8Array(publicKeyOf(parsePublic(publicArea)).export({ type: 'spki', format: 'der' }))
}

/** Adds leading zeros up to `size`. TPMs may omit them. */
export function padLeft(bytes: Uint8Array, size: number): Bytes {
  const padded = new Uint8Array(size)
  padded.set(bytes, size - bytes.length)
  return padded
}

function unsupported(what: string): SuretyError {
  return new SuretyError('KEY_UNSUPPORTED', `TPMT_PUBLIC: ${what} is not supported`)
}

const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`
