import { constants, verify } from 'node:crypto'
import { type Bytes, concatBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { ALG, CURVE_BYTES, type HashName, hashNameOf } from './algorithms.ts'
import { type PublicArea, padLeft, publicKeyOf } from './public-area.ts'
import { TpmReader } from './structures.ts'

/** TPMT_SIGNATURE (TPM 2.0 part 2, 11.3.4), SHA-256 or better. */
export type TpmSignature =
  | { readonly kind: 'ecdsa'; readonly hash: HashName; readonly r: Bytes; readonly s: Bytes }
  | { readonly kind: 'rsassa' | 'rsapss'; readonly hash: HashName; readonly signature: Bytes }

const KINDS: Readonly<Record<number, TpmSignature['kind']>> = {
  [ALG.ecdsa]: 'ecdsa',
  [ALG.rsassa]: 'rsassa',
  [ALG.rsapss]: 'rsapss',
}

/** @throws `TPM_STRUCTURE_MALFORMED`; `KEY_UNSUPPORTED` for other schemes and for SHA-1. */
export function parseSignature(bytes: Uint8Array): TpmSignature {
  const reader = new TpmReader('TPMT_SIGNATURE', bytes)
  const kind = KINDS[reader.u16()]
  if (kind === undefined) throw new SuretyError('KEY_UNSUPPORTED', 'TPMT_SIGNATURE: unsupported scheme')
  const hash = hashNameOf(reader.u16())
  if (hash === undefined) throw new SuretyError('KEY_UNSUPPORTED', 'TPMT_SIGNATURE: unsupported hash')
  const signature: TpmSignature =
    kind === 'ecdsa'
      ? { kind, hash, r: reader.sized(66), s: reader.sized(66) }
      : { kind, hash, signature: reader.sized(512) }
  reader.end()
  return signature
}

/** Whether `signature` over `message` verifies with the key and scheme of `area`. */
export function verifyTpmSignature(area: PublicArea, message: Uint8Array, signature: TpmSignature): boolean {
  const { key, scheme } = area
  if (scheme !== undefined && (scheme.kind !== signature.kind || scheme.hash !== signature.hash)) return false
  if (signature.kind === 'ecdsa') {
    if (key.type !== 'ecc') return false
    const raw = rawEcdsa(signature, CURVE_BYTES[key.curve])
    const publicKey = { key: publicKeyOf(area), dsaEncoding: 'ieee-p1363' } as const
    return raw !== undefined && verify(signature.hash, message, publicKey, raw)
  }
  if (key.type !== 'rsa' || signature.signature.length !== key.bits / 8) return false
  const padding = signature.kind === 'rsassa' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING
  // The salt of a TPM is as long as the hash, or as long as possible.
  const options = { key: publicKeyOf(area), padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
  return verify(signature.hash, message, options, signature.signature)
}

/** r then s, each `size` bytes (IEEE P1363). Undefined when one is longer. */
export function rawEcdsa(signature: { readonly r: Bytes; readonly s: Bytes }, size: number): Bytes | undefined {
  const { r, s } = signature
  return r.length > size || s.length > size ? undefined : concatBytes(padLeft(r, size), padLeft(s, size))
}
