import { equalBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { parseCertify, type TpmCounters } from './attest.ts'
import { requireAttestationKey } from './key-attributes.ts'
import { nameOf, parsePublic } from './public-area.ts'
import { parseSignature, verifyTpmSignature } from './signature.ts'

export interface CertifyToVerify {
  /** TPMS_ATTEST. */
  readonly attested: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
  /** TPMT_PUBLIC of a restricted key. */
  readonly attestationPublic: Uint8Array
  readonly binding: Uint8Array
  /** TPMT_PUBLIC of the certified key. The caller checks its attributes. */
  readonly subjectPublic: Uint8Array
}

/**
 * Verifies that the TPM of this attestation key holds the key `subjectPublic`, certified for this binding.
 *
 * @throws `ATTESTATION_CERTIFY_INVALID` (no certification, another key, or a bad signature),
 * `ATTESTATION_BINDING_MISMATCH`, `ATTESTATION_KEY_ATTRIBUTES`, `TPM_STRUCTURE_MALFORMED`, `KEY_UNSUPPORTED`, `KEY_MALFORMED`.
 */
export function verifyCertify(certification: CertifyToVerify): TpmCounters {
  const attestationKey = parsePublic(certification.attestationPublic)
  requireAttestationKey(attestationKey)
  if (!verifyTpmSignature(attestationKey, certification.attested, parseSignature(certification.signature))) {
    throw new SuretyError('ATTESTATION_CERTIFY_INVALID', 'the certification is not signed by the attestation key')
  }
  const attest = parseCertify(certification.attested)
  if (!equalBytes(attest.extraData, certification.binding)) {
    throw new SuretyError('ATTESTATION_BINDING_MISMATCH', 'the certification was made for another challenge')
  }
  if (!equalBytes(attest.name, nameOf(certification.subjectPublic))) {
    throw new SuretyError('ATTESTATION_CERTIFY_INVALID', 'another key was certified')
  }
  return attest.counters
}
