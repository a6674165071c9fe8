import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Bytes, concatBytes, fromBase64Url, u64 } from '../../../src/base/bytes.ts'
import { ATTRIBUTE, marshalPublic, type PublicArea } from '../../../src/crypto/tpm/public-area.ts'
import { sized, u8, u16, u32 } from '../../../src/crypto/tpm/structures.ts'

/** A TPM in software that signs whatever a test wants. */

const { fixedTpm, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign: signs } = ATTRIBUTE
export const AK_ATTRIBUTES = fixedTpm | fixedParent | sensitiveDataOrigin | userWithAuth | restricted | signs
export const APPLICATION_ATTRIBUTES = AK_ATTRIBUTES & ~restricted

export interface ForgedKey {
  readonly publicArea: Bytes
  readonly privateKey: KeyObject
}

/** A P-256 key with a public area changed by `change`. */
export function forgeKey(change: Partial<PublicArea> = {}): ForgedKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const point = (text: string) => fromBase64Url(text) ?? new Uint8Array()
  const area: PublicArea = {
    nameAlg: 'sha256',
    attributes: AK_ATTRIBUTES,
    authPolicy: new Uint8Array(),
    symmetricBits: undefined,
    scheme: { kind: 'ecdsa', hash: 'sha256' },
    key: { type: 'ecc', curve: 'P-256', x: point(x), y: point(y) },
    ...change,
  }
  return { publicArea: marshalPublic(area), privateKey }
}

/** An RSA-2048 key that is bound to `scheme`. */
export function forgeRsaKey(scheme: PublicArea['scheme']): ForgedKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const modulus = fromBase64Url(publicKey.export({ format: 'jwk' }).n ?? '') ?? new Uint8Array()
  return { ...forgeKey({ scheme, key: { type: 'rsa', bits: 2048, modulus } }), privateKey }
}

export interface AttestFields {
  readonly magic: number
  readonly type: number
  readonly extraData: Uint8Array
  readonly safe: number
  readonly clock: bigint
  readonly body: Uint8Array
}

export function forgeAttest(fields: AttestFields): Bytes {
  return concatBytes(
    u32(fields.magic),
    u16(fields.type),
    sized(u16(0x000b), new Uint8Array(32)),
    sized(fields.extraData),
    u64(fields.clock),
    u32(3),
    u32(1),
    u8(fields.safe),
    u64(0x2019102300163636n),
    fields.body,
  )
}

/** A TPMT_SIGNATURE: ECDSA with SHA-256. */
export function forgeSignature(key: ForgedKey, message: Uint8Array): Bytes {
  const raw = sign('sha256', message, { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return concatBytes(u16(0x0018), u16(0x000b), sized(raw.subarray(0, 32)), sized(raw.subarray(32)))
}

/** A TPML_PCR_SELECTION of one bank. */
export function forgeSelection(bank: number, indices: readonly number[]): Bytes {
  const bits = new Uint8Array(3)
  for (const index of indices) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
  return concatBytes(u32(1), u16(bank), u8(3), bits)
}
