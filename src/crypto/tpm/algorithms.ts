/** The supported algorithm identifiers (TCG algorithm registry; TPM 2.0 part 2, table 9). */
export const ALG = {
  rsa: 0x0001,
  aes: 0x0006,
  sha256: 0x000b,
  sha384: 0x000c,
  sha512: 0x000d,
  none: 0x0010,
  rsassa: 0x0014,
  rsaes: 0x0015,
  rsapss: 0x0016,
  oaep: 0x0017,
  ecdsa: 0x0018,
  ecdh: 0x0019,
  ecc: 0x0023,
  cfb: 0x0043,
} as const

/** SHA-1 is never accepted. */
export type HashName = 'sha256' | 'sha384' | 'sha512'

const HASHES: Readonly<Record<number, HashName>> = {
  [ALG.sha256]: 'sha256',
  [ALG.sha384]: 'sha384',
  [ALG.sha512]: 'sha512',
}

export function hashNameOf(algorithm: number): HashName | undefined {
  return HASHES[algorithm]
}

export const HASH_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 }

export type CurveName = 'P-256' | 'P-384'

const CURVES: Readonly<Record<number, CurveName>> = { 3: 'P-256', 4: 'P-384' }

export function curveNameOf(id: number): CurveName | undefined {
  return CURVES[id]
}

export const CURVE_ID: Readonly<Record<CurveName, number>> = { 'P-256': 0x0003, 'P-384': 0x0004 }

/** Bytes of one coordinate. */
export const CURVE_BYTES: Readonly<Record<CurveName, number>> = { 'P-256': 32, 'P-384': 48 }
