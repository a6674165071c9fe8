import { base64Url, base64UrlOf, closed, counter, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { claimDecisionSchema } from '../agent-claim.ts'
import { deviceIdSchema, reEnrolmentIdSchema, timeSchema, tokenIdSchema } from '../ids.ts'
import { frameJson, LIMITS } from '../limits.ts'
import { checkpointNoteSchema } from '../log-fault.ts'
import { tierSchema } from '../tier.ts'
import { attestationResultSchema } from './attestation-result.ts'

/**
 * The frames of the stream, except evidence (`evidence.ts`) and orders (`order.ts`). A frame is one WebSocket text message: plain
 * JSON for `hello`, requests and `refusal`, a compact JWS for all others. The JSON is always canonical. D is
 * the device, V the directory.
 */

const jws = (maxBytes: number) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', maxLength: maxBytes })
const hash = base64UrlOf(32)

/** D→V, first frame, plain JSON. It has exactly one of `token` (to enrol) and `device`. */
export const helloSchema = closed({
  type: Type.Literal('hello'),
  protocol: counter(),
  token: Type.Optional(closed({ id: tokenIdSchema, secret: base64UrlOf(32) })),
  device: Type.Optional(deviceIdSchema),
  epoch: counter(),
  /** The newest batch that the device has signed. 0 and zeros before the first. */
  sequence: counter(),
  head: hash,
  /** Number of the last order that it acted on or refused. 0 before the first. */
  order: counter(),
  /** The device's own wall clock. */
  clock: timeSchema,
  /** The newest stored acknowledgement, as the directory signed it. It proves to a restored directory what it has lost. */
  receipt: Type.Optional(jws(1024)),
})
export type Hello = Static<typeof helloSchema>

/** D→V, plain JSON: an authenticated device asks for a new challenge on the same connection. */
export const renewSchema = closed({
  type: Type.Literal('renew'),
  reason: words('timer', 'resume', 'order', 'posture'),
  sequence: counter(),
  head: hash,
})
export type Renew = Static<typeof renewSchema>

/** V→D, JWS by the acknowledgement key. It contains the delegations, so that the pin of the root key is enough to verify it. */
export const challengeSchema = closed({
  type: Type.Literal('challenge'),
  nonce: base64UrlOf(32),
  time: timeSchema,
  expiresInMs: counter(),
  /** PCRs of the SHA-256 bank that the quote must cover. */
  pcrs: Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), { maxItems: 24 }),
  /** A setting of the directory's listener. The device has no say in it. */
  channelBinding: words('required', 'off'),
  delegations: Type.Array(jws(2048), { maxItems: 8 }),
  /** SubjectPublicKeyInfo of the root key. The device has pinned its SHA-256. */
  root: base64Url(512),
})
export type Challenge = Static<typeof challengeSchema>

/** Output of TPM2_Quote or TPM2_Certify: TPMS_ATTEST and TPMT_SIGNATURE as the TPM marshalled them. */
export const attestedSchema = closed({ attested: base64Url(2048), signature: base64Url(1024) })
export type Attested = Static<typeof attestedSchema>

export const quoteSchema = closed({
  ...attestedSchema.properties,
  /** Values of the quoted PCRs, SHA-256 bank, hex by index. */
  pcrs: Type.Record(
    Type.String({ pattern: '^([0-9]|1[0-9]|2[0-3])$' }),
    Type.String({ pattern: '^[0-9a-f]{64}$' }),
    // Without this, other indices would be accepted with any value.
    { additionalProperties: false },
  ),
})
export type QuoteClaim = Static<typeof quoteSchema>

/** The device key and its proof of origin, sent once at enrolment. */
export const enrolmentClaimSchema = Type.Union([
  closed({
    keyKind: Type.Literal('tpm'),
    /** The application key: SubjectPublicKeyInfo, and TPMT_PUBLIC as certified. */
    applicationKey: base64Url(512),
    applicationPublic: base64Url(1024),
    /** TPMT_PUBLIC of the attestation key and of the endorsement key. */
    attestationPublic: base64Url(1024),
    endorsementPublic: base64Url(1024),
    /** DER from the TPM's NV memory, and intermediates where the TPM stores them. Absent: the maker is unknown. */
    endorsementCertificate: Type.Optional(base64Url(8192)),
    endorsementChain: Type.Array(base64Url(8192), { maxItems: 4 }),
    /** TPM2_Certify of the application key by the attestation key, over the binding. */
    certify: attestedSchema,
  }),
  closed({ keyKind: Type.Literal('software'), applicationKey: base64Url(512) }),
])
export type EnrolmentClaim = Static<typeof enrolmentClaimSchema>

/** Labels for people; they identify nothing. Only the serial number is compared, with that of the token. */
export const deviceLabelSchema = closed({
  hostname: text(256),
  platform: words('linux', 'darwin', 'windows'),
  arch: text(32),
  machineId: Type.Optional(text(128)),
  serial: Type.Optional(text(128)),
})
export type DeviceLabel = Static<typeof deviceLabelSchema>

/** D→V, JWS by the application key: the answer to one challenge on one connection. */
export const attestationSchema = closed({
  type: Type.Literal('attestation'),
  purpose: words('enrol', 'attest'),
  nonce: base64UrlOf(32),
  /** See `crypto/binding.ts`. The directory recomputes it from what it knows itself. */
  binding: hash,
  device: Type.Optional(deviceIdSchema),
  epoch: counter(),
  sequence: counter(),
  head: hash,
  /** SHA-256 of the JSON of the findings last put into evidence. Zeros before the first. */
  posture: hash,
  /** Absent for keys outside a TPM. */
  quote: Type.Optional(quoteSchema),
  enrolment: Type.Optional(enrolmentClaimSchema),
  label: Type.Optional(deviceLabelSchema),
})
export type Attestation = Static<typeof attestationSchema>

/** V→D at enrolment, JWS by the acknowledgement key: the output of TPM2_MakeCredential. */
export const credentialSchema = closed({
  type: Type.Literal('credential'),
  nonce: base64UrlOf(32),
  /** TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET, with their sizes. */
  credentialBlob: base64Url(256),
  encryptedSecret: base64Url(1024),
})
export type Credential = Static<typeof credentialSchema>

/** D→V at enrolment, JWS by the application key: the output of TPM2_ActivateCredential. */
export const activationSchema = closed({
  type: Type.Literal('activation'),
  nonce: base64UrlOf(32),
  secret: base64UrlOf(32),
})
export type Activation = Static<typeof activationSchema>

/** V→D, JWS by the acknowledgement key: the device is authenticated, or waits for an administrator's decision. */
export const welcomeSchema = closed({
  type: Type.Literal('welcome'),
  nonce: base64UrlOf(32),
  status: words('accepted', 'pending'),
  device: deviceIdSchema,
  epoch: counter(),
  /** The re-enrolment that the device waits for, when pending. */
  reEnrolment: Type.Optional(reEnrolmentIdSchema),
  tier: tierSchema,
  /** Highest contiguous sequence that is durable, and its hash. 0 and zeros before the first. */
  sequence: counter(),
  head: hash,
  time: timeSchema,
  /** Every order up to this number that is not in `orders` is over. */
  order: counter(),
  /** The first that are pending. More follow as frames of their own. One that is too long is answered as failed. */
  orders: Type.Array(jws(LIMITS.frameBytes), { maxItems: LIMITS.orders }),
  /** The device must attest again within this time. */
  attestEveryMs: counter(),
})
export type Welcome = Static<typeof welcomeSchema>

/** V→D, JWS by the acknowledgement key: everything up to `sequence` is durable. */
export const ackSchema = closed({
  type: Type.Literal('ack'),
  device: deviceIdSchema,
  epoch: counter(),
  sequence: counter(),
  head: hash,
  time: timeSchema,
})
export type Ack = Static<typeof ackSchema>

/**
 * What a result offers and the directory sends, signed, to a device that asks for it: by the kind of the request and of the answer,
 * the member of the result.
 */
export const OFFERED = { catalogue: 'catalogue', 'gate-policy': 'gatePolicy' } as const
export type OfferedKind = keyof typeof OFFERED
export const OFFERED_KINDS = Object.keys(OFFERED) as readonly OfferedKind[] // the keys of the table

/** A document that the directory offers. */
export const offerSchema = closed({
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** SHA-256 of its canonical JSON. */
  hash,
})
export type Offer = Static<typeof offerSchema>

/**
 * D→V, plain JSON: an authenticated device asks for the catalogue that was offered. The answer is the catalogue itself, a JWS. Its
 * schema is in `discovery/catalogue/`.
 */
export const catalogueRequestSchema = closed({ type: Type.Literal('catalogue'), hash })

/** D→V, plain JSON: likewise for the policy of the gate. The schema of the answer is in `gate-policy.ts`. */
export const gatePolicyRequestSchema = closed({ type: Type.Literal('gate-policy'), hash })

/** D→V, plain JSON: an authenticated device, as a witness, asks for the newest checkpoint of the directory's record. */
export const checkpointRequestSchema = closed({
  type: Type.Literal('checkpoint'),
  /** The checkpoint that the device keeps. Absent before the first. */
  kept: Type.Optional(checkpointNoteSchema),
})
export type CheckpointRequest = Static<typeof checkpointRequestSchema>

/** V→D, JWS by the acknowledgement key: the newest checkpoint, and the proof that it continues the one that the device keeps. */
export const checkpointFrameSchema = closed({
  type: Type.Literal('checkpoint'),
  device: deviceIdSchema,
  epoch: counter(),
  time: timeSchema,
  /** The key of the record: C2SP signed-note, "verifier key". */
  key: text(512),
  checkpoint: checkpointNoteSchema,
  /** Hashes from the kept size to this one. Empty where there is no such proof. */
  consistency: Type.Array(hash, { maxItems: 64 }),
})
export type CheckpointFrame = Static<typeof checkpointFrameSchema>

/** D→V, plain JSON: everything that an authenticated device may request. */
const requestSchema = Type.Union([
  renewSchema,
  catalogueRequestSchema,
  gatePolicyRequestSchema,
  checkpointRequestSchema,
])
export type Request = Static<typeof requestSchema>

/** V→D, JWS by the acknowledgement key: the result of appraisal, sent whenever it changes. */
export const resultSchema = closed({
  type: Type.Literal('result'),
  device: deviceIdSchema,
  epoch: counter(),
  time: timeSchema,
  result: attestationResultSchema,
  /** Absent when no administrator has set one. */
  catalogue: Type.Optional(offerSchema),
  /** Absent when no administrator has set one: the gate decides by its built-in default. */
  gatePolicy: Type.Optional(offerSchema),
  /** The newest decisions about claims of this device. Absent when there are none. */
  claimDecisions: Type.Optional(Type.Array(claimDecisionSchema, { maxItems: LIMITS.agentClaims })),
})
export type ResultFrame = Static<typeof resultSchema>

/** V→D, plain JSON, not signed: nothing durable may follow from it. The socket closes after it. */
export const refusalSchema = closed({
  type: Type.Literal('refusal'),
  code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{2,63}$' }),
  message: text(500),
  retryAfterMs: Type.Optional(counter()),
})
export type Refusal = Static<typeof refusalSchema>

const read = <S extends Parameters<typeof reader>[0]>(schema: S, name: string, maxBytes: number) =>
  reader<S>(schema, { name, code: 'FRAME_MALFORMED', limits: frameJson(maxBytes) })

export const helloReader = read(helloSchema, 'hello', LIMITS.helloBytes)
export const requestReader = read(requestSchema, 'request', LIMITS.helloBytes)
export const challengeReader = read(challengeSchema, 'challenge', LIMITS.handshakeFrameBytes)
export const attestationReader = read(attestationSchema, 'attestation', LIMITS.handshakeFrameBytes)
export const credentialReader = read(credentialSchema, 'credential', LIMITS.handshakeFrameBytes)
export const activationReader = read(activationSchema, 'activation', LIMITS.handshakeFrameBytes)
export const welcomeReader = read(welcomeSchema, 'welcome', LIMITS.frameBytes)
export const ackReader = read(ackSchema, 'ack', LIMITS.handshakeFrameBytes)
export const resultReader = read(resultSchema, 'result', LIMITS.frameBytes)
export const checkpointFrameReader = read(checkpointFrameSchema, 'checkpoint', LIMITS.handshakeFrameBytes)
export const refusalReader = read(refusalSchema, 'refusal', LIMITS.helloBytes)
