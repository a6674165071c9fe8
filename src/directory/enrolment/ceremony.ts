import type { KeyObject } from 'node:crypto'
import { type Bytes, fromBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { equalSecrets, sha256 } from '../../crypto/hash.ts'
import { importP256, splitJws, verifyJws } from '../../crypto/jws.ts'
import { makeCredential } from '../../crypto/tpm/make-credential.ts'
import type { TrustAnchors } from '../../crypto/x509/trust-anchors.ts'
import type { Random } from '../../protocol/ids.ts'
import {
  type Attestation,
  activationReader,
  type DeviceLabel,
  type EnrolmentClaim,
} from '../../protocol/messages/frames.ts'
import { requireBound } from '../appraisal/attestation.ts'
import { decodeField } from '../appraisal/decode-field.ts'
import { appraiseEnrolment, type EnrolmentAppraisal } from '../appraisal/enrolment.ts'
import { bindingFor, type LiveChallenge, readAttestation, requireNonce } from '../devices/live-challenge.ts'
import type { Token } from './token-store.ts'

/** A device whose keys are proven and not stored yet. */
export interface ProvenDevice {
  readonly appraisal: EnrolmentAppraisal
  readonly key: KeyObject
  readonly label: DeviceLabel
}

export interface CeremonyComponents {
  readonly anchors: TrustAnchors
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

/** One enrolment on one connection: an attestation, then for a TPM a credential that only this TPM can open. */
export interface Ceremony {
  /** What the device calls itself. Undefined before its attestation was read. It may not be proven. */
  readonly label: DeviceLabel | undefined
  /**
   * @returns the credential to send. Undefined if the key is in no TPM.
   * @throws `TOKEN_SERIAL_MISMATCH` before any signature; then as `appraiseEnrolment`.
   */
  attest(frame: string): { readonly credentialBlob: Bytes; readonly encryptedSecret: Bytes } | undefined
  /** @throws `ATTESTATION_CREDENTIAL_WRONG`; `SIGNATURE_*`, `FRAME_MALFORMED`, `NONCE_UNKNOWN`. */
  activate(frame: string): void
  /** @throws `FRAME_UNEXPECTED` if a step is missing. */
  proven(): ProvenDevice
}

export function ceremony(
  { anchors, clock, random }: CeremonyComponents,
  { token, challenge }: { readonly token: Token; readonly challenge: LiveChallenge },
): Ceremony {
  let proven: ProvenDevice | undefined
  let secret: Bytes | undefined
  let claimed: DeviceLabel | undefined
  return {
    get label() {
      return claimed
    },
    attest(frame) {
      const { jws, attestation } = readAttestation(frame, 'enrol', challenge)
      const { claim, label } = readClaim(attestation)
      claimed = label
      requireSerial(token, label)
      const key = readKey(claim.applicationKey)
      verifyJws(jws, key)
      const binding = bindingFor(attestation, challenge, subjectOf(claim))
      requireBound(attestation, binding)
      const { pcrs } = challenge
      const { minimumTier } = token
      const { quote } = attestation
      const appraisal = appraiseEnrolment({ claim, quote, binding, pcrs, anchors, minimumTier, now: clock.now() })
      proven = { appraisal, key, label }
      if (appraisal.endorsement === undefined) return undefined
      secret = random(32)
      const { endorsementPublic, attestationName: name } = appraisal.endorsement
      return makeCredential({ endorsementPublic, name, secret })
    },
    activate(frame) {
      if (proven === undefined || secret === undefined) throw unexpected()
      const jws = splitJws('activation', frame)
      const activation = activationReader.readCanonicalJson(jws.payload)
      requireNonce(activation.nonce, challenge)
      verifyJws(jws, proven.key)
      const sent = secret
      secret = undefined
      const given = fromBase64Url(activation.secret) ?? new Uint8Array()
      if (!equalSecrets(given, sent)) {
        proven = undefined
        throw new SuretyError('ATTESTATION_CREDENTIAL_WRONG', 'not the secret that was in the credential')
      }
    },
    proven() {
      if (proven === undefined || secret !== undefined) throw unexpected()
      return proven
    },
  }
}

/** @throws `FRAME_MALFORMED`. */
function readClaim(attestation: Attestation): { claim: EnrolmentClaim; label: DeviceLabel } {
  const { enrolment: claim, label, device, epoch, sequence } = attestation
  if (claim === undefined || label === undefined) {
    throw new SuretyError('FRAME_MALFORMED', 'an attestation to enrol needs the members enrolment and label')
  }
  if (device !== undefined || epoch !== 0 || sequence !== 0) {
    throw new SuretyError('FRAME_MALFORMED', 'an attestation to enrol must not name a device, epoch or sequence')
  }
  return { claim, label }
}

function requireSerial(token: Token, label: DeviceLabel): void {
  if (token.serial === undefined || token.serial === label.serial) return
  throw new SuretyError('TOKEN_SERIAL_MISMATCH', 'the token is for another serial number')
}

/** @throws `KEY_MALFORMED`, `KEY_UNSUPPORTED`. */
function readKey(applicationKey: string): KeyObject {
  const spki = fromBase64Url(applicationKey)
  if (spki === undefined) throw new SuretyError('KEY_MALFORMED', 'the application key is not base64url')
  return importP256(spki)
}

/** Hash of the EK's TPMT_PUBLIC, or without a TPM of the application key. */
function subjectOf(claim: EnrolmentClaim): Bytes {
  return sha256(decodeField(claim.keyKind === 'tpm' ? claim.endorsementPublic : claim.applicationKey))
}

function unexpected(): SuretyError {
  return new SuretyError('FRAME_UNEXPECTED', 'a step of the enrolment is missing')
}
