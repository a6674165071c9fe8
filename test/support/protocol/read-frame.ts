import type { KeyObject } from 'node:crypto'
import type { Reader } from '../../../src/base/schema.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import { delegationReader } from '../../../src/protocol/messages/delegation.ts'
import { evidenceReader } from '../../../src/protocol/messages/evidence.ts'
import {
  ackReader,
  activationReader,
  attestationReader,
  challengeReader,
  checkpointFrameReader,
  credentialReader,
  helloReader,
  refusalReader,
  requestReader,
  resultReader,
  welcomeReader,
} from '../../../src/protocol/messages/frames.ts'
import { gatePolicyReader } from '../../../src/protocol/messages/gate-policy.ts'
import { JWS_HEADERS, type JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { orderReader } from '../../../src/protocol/messages/order.ts'

const READERS = {
  hello: helloReader,
  renew: requestReader,
  'checkpoint-request': requestReader,
  'gate-policy-request': requestReader,
  'gate-policy': gatePolicyReader,
  refusal: refusalReader,
  challenge: challengeReader,
  attestation: attestationReader,
  credential: credentialReader,
  activation: activationReader,
  welcome: welcomeReader,
  ack: ackReader,
  result: resultReader,
  checkpoint: checkpointFrameReader,
  order: orderReader,
  evidence: evidenceReader,
  delegation: delegationReader,
} satisfies Readonly<Record<string, Reader<unknown>>>

export type FrameKind = keyof typeof READERS

/** Reads a frame as its receiver does: header, signature, canonical JSON, schema. `key` is for those that are signed. */
export function readFrame(kind: FrameKind, frame: string, key: KeyObject | undefined): unknown {
  const reader: Reader<unknown> = READERS[kind]
  if (!(kind in JWS_HEADERS)) return reader.readCanonicalJson(frame)
  if (key === undefined) throw new TypeError(`a ${kind} needs a key`)
  return reader.readCanonicalJson(verifyJws(splitJws(kind as JwsKind, frame), key)) // it is a key of the table of kinds
}
