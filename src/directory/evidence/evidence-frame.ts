import type { KeyObject } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws, verifyJws } from '../../crypto/jws.ts'
import { type Evidence, evidenceReader } from '../../protocol/evidence.ts'

/** One batch whose signature, schema and sender hold; its place in the chain is still to be found. */
export interface EvidenceFrame {
  readonly device: string
  readonly epoch: number
  readonly evidence: Evidence
  /** The bytes as they came. */
  readonly compact: string
  /** SHA-256 of `compact`, base64url. */
  readonly hash: string
}

export interface Sender {
  readonly device: string
  readonly epoch: number
  readonly key: KeyObject
}

/** As another thread may know it. */
export interface NamedSender extends Sender {
  /** SubjectPublicKeyInfo of `key`, base64url. */
  readonly applicationKey: string
}

/** What is new in a frame to whoever has the frame. */
export interface EvidenceRead {
  readonly evidence: Evidence
  /** The JSON of `evidence`, canonical. */
  readonly payload: string
  readonly hash: string
}

/**
 * Nothing of the payload is parsed before its signature held.
 *
 * @throws `SIGNATURE_HEADER_REFUSED`, `SIGNATURE_INVALID`, `FRAME_MALFORMED` (also for the evidence of another device),
 * `INPUT_*`, `EPOCH_MISMATCH`, and for a key `KEY_*`.
 */
export function readEvidence(compact: string, from: Sender): EvidenceFrame {
  const { evidence, hash } = readEvidenceOf(compact, from)
  return { device: from.device, epoch: from.epoch, evidence, compact, hash }
}

/** As `readEvidence`. */
export function readEvidenceOf(compact: string, from: Sender): EvidenceRead {
  const payload = verifyJws(splitJws('evidence', compact), from.key)
  const evidence = evidenceReader.readCanonicalJson(payload)
  if (evidence.sub !== from.device) throw new SuretyError('FRAME_MALFORMED', 'evidence of another device')
  if (evidence.epoch !== from.epoch) throw new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${from.epoch}`)
  return { evidence, payload, hash: hashOfText(compact) }
}
