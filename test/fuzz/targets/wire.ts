import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { parseCanonicalJson, parseJson } from '../../../src/base/json.ts'
import { readDelegations } from '../../../src/crypto/delegation.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import { parseDirectoryAddress } from '../../../src/daemon/stream/directory-address.ts'
import { parseRefusal, retryAfterMs } from '../../../src/daemon/stream/refusal.ts'
import { readEvidence } from '../../../src/directory/evidence/evidence-frame.ts'
import { delegationReader } from '../../../src/protocol/messages/delegation.ts'
import { formatEnrolmentString, parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { evidenceReader } from '../../../src/protocol/messages/evidence.ts'
import * as frames from '../../../src/protocol/messages/frames.ts'
import { JWS_HEADERS, type JwsKind, jwsKindOf } from '../../../src/protocol/messages/jws-types.ts'
import { orderReader } from '../../../src/protocol/messages/order.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import * as samples from '../../support/protocol/frame-samples.ts'
import { promise, refusing, type Target, textOf } from '../target.ts'
import { answerTargets } from './answers.ts'

const INPUT: readonly ErrorCode[] = ['INPUT_TOO_LARGE', 'INPUT_MALFORMED', 'INPUT_TOO_DEEP']
const CANONICAL: readonly ErrorCode[] = [...INPUT, 'INPUT_NOT_CANONICAL']
const FRAME: readonly ErrorCode[] = [...CANONICAL, 'FRAME_MALFORMED']
const JWS: readonly ErrorCode[] = ['SIGNATURE_HEADER_REFUSED', 'SIGNATURE_INVALID', 'FRAME_MALFORMED']

interface FrameVectors {
  readonly vectors: readonly { readonly frame: string }[]
}
const readVectors = (): FrameVectors =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../vectors/frames.json'), 'utf8'))
const vectorFrames = readVectors()
  .vectors.map(({ frame }) => frame)
  .filter((frame) => frame.length < 8_192)
const messages = Object.values(samples)
  .filter((sample) => !('spki' in sample))
  .map((sample) => JSON.stringify(sample))

const jsonTarget: Target = {
  name: 'json',
  kind: 'json',
  seeds: () => [
    ...messages.slice(0, 3),
    '[1,-0,1e21,1E2,"\\ud800",{"a":{"a":[]}}]',
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
  ],
  words: ['\\u005f_proto__', '__proto__', 'constructor', 'prototype'],
  async run(input) {
    const text = textOf(input)
    const limits = { maxBytes: 1024 * 1024, maxDepth: 12 }
    const canonical = await refusing(CANONICAL, async () => parseCanonicalJson(text, limits))
    promise(canonical === undefined || JSON.stringify(canonical) === text, 'canonical JSON is its own serialisation')
    const value = await refusing(INPUT, async () => parseJson(text, limits))
    promise(!ownsProto(value), 'no member is called __proto__')
    promise(canonical === undefined || value !== undefined, 'what is canonical is JSON')
  },
}

function ownsProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(ownsProto)
}

const READERS = [
  ...[
    frames.helloReader,
    frames.requestReader,
    frames.challengeReader,
    frames.attestationReader,
    frames.credentialReader,
  ],
  ...[frames.activationReader, frames.welcomeReader, frames.ackReader, frames.resultReader, frames.refusalReader],
]

const framesTarget: Target = {
  name: 'frames',
  kind: 'json',
  seeds: () => messages,
  async run(input) {
    const text = textOf(input)
    let accepted = 0
    for (const reader of READERS) {
      const value = await refusing(FRAME, async () => reader.readCanonicalJson(text))
      if (value === undefined) continue
      accepted++
      promise(JSON.stringify(value) === text, 'an accepted frame is its own serialisation')
    }
    promise(accepted <= 1, 'a frame is of one kind')
    await refusing([...CANONICAL, 'FRAME_MALFORMED'], async () => {
      const after = retryAfterMs(parseRefusal(text))
      promise(after === undefined || (after >= 0 && after <= 3_600_000), 'a refusal holds us off for an hour at most')
    })
  },
}

const evidenceTarget: Target = {
  name: 'evidence',
  kind: 'json',
  seeds: () => {
    const { evidence } = samples
    const { sightings, sources, health, inventory } = sampleStatus()
    const zeros = evidence.previous
    return [
      evidence,
      {
        ...evidence,
        sightings: { mode: 'full', snapshot: 'a', part: 0, parts: 1, items: sightings },
        sources,
        health,
        inventory,
      },
      { ...evidence, sightings: { mode: 'delta', items: sightings, gone: ['0'.repeat(32)] }, unknown: { member: 1 } },
      { ...evidence, gap: { firstSequence: 3, lastSequence: 7, before: zeros, last: zeros } },
      { ...evidence, receipts: [{ order: samples.order.id, number: 3, outcome: 'done', code: 'OK', time: 5 }] },
    ].map((one) => JSON.stringify(one))
  },
  async run(input) {
    const text = textOf(input)
    const value = await refusing(FRAME, async () => evidenceReader.readCanonicalJson(text))
    promise(value === undefined || JSON.stringify(value) === text, 'accepted evidence is its own serialisation')
  },
}

const KINDS = Object.keys(JWS_HEADERS) as JwsKind[] // the keys of a constant of ours
const known = new Set(vectorFrames)

const jwsTarget: Target = {
  name: 'jws',
  kind: 'segments',
  seeds: () => vectorFrames.filter((frame) => frame.includes('.')).slice(0, 40),
  words: Object.values(JWS_HEADERS),
  async run(input) {
    const text = textOf(input)
    const kind = jwsKindOf(text)
    for (const each of KINDS) {
      const jws = await refusing(JWS, async () => splitJws(each, text))
      if (jws === undefined) continue
      promise(each === kind, 'a JWS is of the kind its header says')
      const rejoined = [
        JWS_HEADERS[each],
        Buffer.from(jws.payload).toString('base64url'),
        Buffer.from(jws.signature).toString('base64url'),
      ]
      promise(rejoined.join('.') === text, 'a JWS has one spelling')
      for (const { publicKey } of [samples.deviceKey, samples.acknowledgementKey, samples.orderKey, samples.rootKey]) {
        const payload = await refusing(['SIGNATURE_INVALID'], async () => verifyJws(jws, publicKey))
        promise(payload === undefined || known.has(text), 'only what was signed verifies')
      }
    }
    const device = { device: samples.evidence.sub, epoch: 1, key: samples.deviceKey.publicKey }
    await refusing([...JWS, ...CANONICAL, 'EPOCH_MISMATCH'], async () => readEvidence(text, device))
    const root = { rootKey: samples.rootKey.publicKey, purpose: 'acknowledgements', now: 0 } as const
    await refusing([...JWS, ...CANONICAL, 'DELEGATION_REFUSED', 'KEY_MALFORMED', 'KEY_UNSUPPORTED'], async () =>
      readDelegations([text], root),
    )
  },
}

const smallTarget: Target = {
  name: 'orders',
  kind: 'json',
  seeds: () => [samples.order, samples.delegation].map((one) => JSON.stringify(one)),
  async run(input) {
    const text = textOf(input)
    for (const reader of [orderReader, delegationReader]) {
      const value = await refusing([...FRAME, 'DELEGATION_REFUSED'], async () => reader.readCanonicalJson(text))
      promise(value === undefined || JSON.stringify(value) === text, 'what is accepted is its own serialisation')
    }
  },
}

const enrolment = { url: 'wss://directory.example:7443', minimumTier: 'tpm' } as const
const enrolmentTarget: Target = {
  name: 'enrolment-string',
  kind: 'segments',
  words: ['wss://', 'wss://[', ':99999', '%', '[::1]:1'],
  seeds: () => {
    const { token } = samples.enrolmentHello
    if (token === undefined) return []
    const hash = samples.evidence.previous
    const whole = { ...enrolment, ca: hash, root: hash, token: token.id, secret: token.secret }
    return [
      formatEnrolmentString({ ...whole, minimumTier: 'tpm' }),
      ` ${formatEnrolmentString({ ...whole, minimumTier: 'software' })}\n`,
    ]
  },
  async run(input) {
    const text = textOf(input)
    const read = await refusing(['ENROLMENT_STRING_INVALID'], async () => parseEnrolmentString(text))
    if (read === undefined) return
    parseDirectoryAddress(read.url)
    const again = parseEnrolmentString(formatEnrolmentString(read))
    promise(JSON.stringify(again) === JSON.stringify(read), 'formatting what was read gives the same')
  },
}

export const wireTargets: readonly Target[] = [
  ...[jsonTarget, framesTarget, evidenceTarget, jwsTarget, smallTarget, enrolmentTarget],
  ...answerTargets,
]
