import { SuretyError } from '../../base/errors.ts'
import { ATTRIBUTE, type PublicArea } from './public-area.ts'

/** The attributes that a TPM key must have before its signatures prove anything. */

type AttributeName = keyof typeof ATTRIBUTE

const CREATED_AND_KEPT_IN_TPM: readonly AttributeName[] = ['fixedTpm', 'fixedParent', 'sensitiveDataOrigin']

/**
 * An attestation key never leaves its TPM, and is restricted, so that it signs only data of the TPM itself.
 *
 * @throws `ATTESTATION_KEY_ATTRIBUTES` with the wrong attributes, `KEY_UNSUPPORTED` for a scheme that does not sign.
 */
export function requireAttestationKey(area: PublicArea): void {
  requireAttributes('attestation key', area, [...CREATED_AND_KEPT_IN_TPM, 'restricted', 'sign'], ['decrypt'])
  if (area.scheme === undefined || !['ecdsa', 'rsassa', 'rsapss'].includes(area.scheme.kind)) {
    throw new SuretyError('KEY_UNSUPPORTED', `attestation key: scheme ${area.scheme?.kind ?? 'none'}`)
  }
}

/**
 * An application key never leaves its TPM, and signs any data with P-256.
 *
 * @throws `ATTESTATION_KEY_ATTRIBUTES` with the wrong attributes, `KEY_UNSUPPORTED` for another curve or scheme.
 */
export function requireApplicationKey(area: PublicArea): void {
  requireAttributes('application key', area, [...CREATED_AND_KEPT_IN_TPM, 'sign'], ['restricted', 'decrypt'])
  if (area.key.type !== 'ecc' || area.key.curve !== 'P-256') {
    throw new SuretyError('KEY_UNSUPPORTED', 'application key: not on P-256')
  }
  const { scheme } = area
  if (scheme !== undefined && (scheme.kind !== 'ecdsa' || scheme.hash !== 'sha256')) {
    throw new SuretyError('KEY_UNSUPPORTED', `application key: scheme ${scheme.kind} ${scheme.hash ?? ''}`)
  }
}

/**
 * An endorsement key is a storage key that only decrypts. It answers TPM2_MakeCredential.
 *
 * @throws `ATTESTATION_KEY_ATTRIBUTES`, `KEY_UNSUPPORTED` without AES-CFB.
 */
export function requireEndorsementKey(area: PublicArea): void {
  requireAttributes('endorsement key', area, [...CREATED_AND_KEPT_IN_TPM, 'restricted', 'decrypt'], ['sign'])
  if (area.symmetricBits === undefined) throw new SuretyError('KEY_UNSUPPORTED', 'endorsement key: no symmetric cipher')
}

function requireAttributes(
  key: string,
  area: PublicArea,
  set: readonly AttributeName[],
  clear: readonly AttributeName[],
): void {
  const has = (name: AttributeName) => (area.attributes & ATTRIBUTE[name]) !== 0
  const wrong = [...set.filter((name) => !has(name)).map((name) => `not ${name}`), ...clear.filter(has)]
  if (wrong.length > 0) throw new SuretyError('ATTESTATION_KEY_ATTRIBUTES', `${key} is ${wrong.join(', ')}`)
}
