import { type Bytes, equalBytes, fromBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { type BindingPurpose, bindingOf } from '../../crypto/binding.ts'
import { type CompactJws, splitJws } from '../../crypto/jws.ts'
import { type Attestation, attestationReader } from '../../protocol/messages/frames.ts'

/** What an attestation must be bound to: one nonce on one connection to this directory. */
export interface LiveChallenge {
  readonly nonce: Bytes
  /** RFC 9266. Zeros if channel binding is off. */
  readonly exporter: Bytes
  /** SHA-256 of the CA's SubjectPublicKeyInfo. */
  readonly caPin: Bytes
  /** PCRs that the quote must cover. */
  readonly pcrs: readonly number[]
}

export interface ReadAttestation {
  readonly jws: CompactJws
  readonly attestation: Attestation
}

/**
 * Reads an attestation and compares its nonce with the challenge. These checks are cheap and come before any signature.
 *
 * @throws `SIGNATURE_HEADER_REFUSED`, `FRAME_MALFORMED`, `INPUT_*`, `NONCE_UNKNOWN`.
 */
export function readAttestation(frame: string, purpose: BindingPurpose, challenge: LiveChallenge): ReadAttestation {
  const jws = splitJws('attestation', frame)
  const attestation = attestationReader.readCanonicalJson(jws.payload)
  requireNonce(attestation.nonce, challenge)
  if (attestation.purpose !== purpose) {
    throw new SuretyError(
      'FRAME_MALFORMED',
      `the purpose of the attestation is ${attestation.purpose}, ${purpose} was expected`,
    )
  }
  return { jws, attestation }
}

/** @throws `NONCE_UNKNOWN`. */
export function requireNonce(nonce: string, challenge: LiveChallenge): void {
  const bytes = fromBase64Url(nonce)
  if (bytes === undefined || !equalBytes(bytes, challenge.nonce)) {
    throw new SuretyError('NONCE_UNKNOWN', 'not the nonce of this challenge')
  }
}

/** Computes the binding from the directory's own view. `subject` is a hash, see `crypto/binding.ts`. */
export function bindingFor(attestation: Attestation, challenge: LiveChallenge, subject: Bytes): Bytes {
  return bindingOf({
    purpose: attestation.purpose,
    nonce: challenge.nonce,
    exporter: challenge.exporter,
    directoryCa: challenge.caPin,
    subject,
    epoch: attestation.epoch,
    sequence: attestation.sequence,
    head: decode32(attestation.head),
    posture: decode32(attestation.posture),
  })
}

/** @throws `FRAME_MALFORMED` for bits after the last byte: the schema counts letters only. */
function decode32(text: string): Bytes {
  const bytes = fromBase64Url(text)
  if (bytes?.length !== 32) throw new SuretyError('FRAME_MALFORMED', 'a hash has bits set after its 32 bytes')
  return bytes
}
