import type { KeyObject } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws, verifyJws } from '../../crypto/jws.ts'
import { type Evidence, evidenceReader } from '../../protocol/messages/evidence.ts'

/** A batch with verified signature, schema and sender. Its chain position is not checked yet. */
export interface EvidenceFrame {
  readonly device: string
  readonly epoch: number
  readonly evidence: Evidence
  /** The bytes as received. */
  readonly compact: string
  /** SHA-256 of `compact`, base64url. */
  readonly hash: string
}

export interface Sender {
  readonly device: string
  readonly epoch: number
  readonly key: KeyObject
}

/** A sender that can be passed to another thread. */
export interface NamedSender extends Sender {
  /** SubjectPublicKeyInfo of `key`, base64url. */
  readonly applicationKey: string
}

/** What verification adds to the received bytes. */
export interface EvidenceRead {
  readonly evidence: Evidence
  /** The canonical JSON of `evidence`. */
  readonly payload: string
  readonly hash: string
}

/**
 * Verifies and reads one batch. The payload is parsed only after its signature is verified.
 *
 * @throws `SIGNATURE_HEADER_REFUSED`, `SIGNATURE_INVALID`, `FRAME_MALFORMED` (also for the evidence of another device),
 * `INPUT_*`, `EPOCH_MISMATCH`, and for a key `KEY_*`.
 */
export function readEvidence(compact: string, from: Sender): EvidenceFrame {
  const { evidence, hash } = readEvidenceOf(compact, from)
  return { device: from.device, epoch: from.epoch, evidence, compact, hash }
}

/** Like `readEvidence`, but returns only what the caller does not have. */
export function readEvidenceOf(compact: string, from: Sender): EvidenceRead {
  const payload = verifyJws(splitJws('evidence', compact), from.key)
  const evidence = evidenceReader.readCanonicalJson(payload)
  if (evidence.sub !== from.device) throw new SuretyError('FRAME_MALFORMED', 'the evidence names another device')
  if (evidence.epoch !== from.epoch) throw new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${from.epoch}`)
  return { evidence, payload, hash: hashOfText(compact) }
}
