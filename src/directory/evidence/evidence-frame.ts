import type { KeyObject } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { splitJws, verifyJws, verifyJwsAside } from '../../crypto/jws.ts'
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

/**
 * Nothing of the payload is parsed before its signature held.
 *
 * @throws `SIGNATURE_HEADER_REFUSED`, `SIGNATURE_INVALID`, `FRAME_MALFORMED` (also for the evidence of another device),
 * `INPUT_*`, `EPOCH_MISMATCH`.
 */
export function readEvidence(compact: string, from: Sender): EvidenceFrame {
  return readVerified(verifyJws(splitJws('evidence', compact), from.key), compact, from)
}

/** As `readEvidence`; its signature is looked at beside the loop, for which there must be another core. */
export async function readEvidenceAside(compact: string, from: Sender): Promise<EvidenceFrame> {
  return readVerified(await verifyJwsAside(splitJws('evidence', compact), from.key), compact, from)
}

function readVerified(payload: string, compact: string, from: Sender): EvidenceFrame {
  const evidence = evidenceReader.readCanonicalJson(payload)
  if (evidence.sub !== from.device) throw new SuretyError('FRAME_MALFORMED', 'evidence of another device')
  if (evidence.epoch !== from.epoch) throw new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${from.epoch}`)
  return { device: from.device, epoch: from.epoch, evidence, compact, hash: hashOfText(compact) }
}
