import { ERROR_CODES, SuretyError } from '../../base/errors.ts'
import { base64UrlOf, closed, counter, type Reader, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { agentClaimSchema } from '../agent-claim.ts'
import { findingSchema } from '../finding.ts'
import { actionReportSchema, approvalRequestSchema } from '../gate/action.ts'
import { deviceIdSchema, orderIdSchema, timeSchema } from '../ids.ts'
import { frameJson, LIMITS } from '../limits.ts'
import { logFaultSchema } from '../log-fault.ts'
import { sightingSchema, sourceReportSchema } from '../sighting.ts'
import { stopEventSchema, stopReceiptSchema } from '../stop.ts'
import { tamperSignSchema } from '../tamper.ts'
import { daemonProgramSchema } from '../updates.ts'

/** EAT profile (RFC 9711 section 4.3.2) of this evidence. */
export const EVIDENCE_PROFILE = 'urn:x-surety:evidence:1'

/** Hardware and operating system, as the device names them. These are labels and identify nothing. */
export const inventorySchema = closed({
  hostname: text(256),
  machineId: Type.Optional(text(128)),
  serial: Type.Optional(text(128)),
  manufacturer: Type.Optional(text(256)),
  model: Type.Optional(text(256)),
  platform: words('linux', 'darwin', 'windows'),
  arch: text(32),
  osName: text(256),
  osVersion: text(128),
  kernel: text(256),
  cpu: Type.Optional(text(256)),
  cpuCores: Type.Optional(counter()),
  memoryBytes: Type.Optional(counter()),
  virtual: Type.Optional(Type.Boolean()),
  /** The version of `suretyd`, and the state of its updates. */
  daemon: Type.Optional(daemonProgramSchema),
})
export type Inventory = Static<typeof inventorySchema>

/**
 * The sightings of one batch. A `full` snapshot may be cut into `parts` batches with one `snapshot` name. It replaces what the
 * directory holds once all parts have arrived. A `delta` adds `items` and ends those in `gone`.
 */
export const sightingsSchema = Type.Union([
  closed({
    mode: Type.Literal('full'),
    snapshot: text(64),
    part: counter(),
    parts: Type.Integer({ minimum: 1, maximum: 1000 }),
    items: Type.Array(sightingSchema, { maxItems: LIMITS.sightings }),
  }),
  closed({
    mode: Type.Literal('delta'),
    items: Type.Array(sightingSchema, { maxItems: LIMITS.sightings }),
    gone: Type.Array(Type.String({ pattern: '^[0-9a-f]{32}$' }), { maxItems: LIMITS.sightings }),
  }),
])
export type Sightings = Static<typeof sightingsSchema>

/** Why an order was not carried out: `INTERRUPTED` when the device stopped meanwhile, `INTERNAL` for a failure without a code. */
export const RECEIPT_CODES = [...ERROR_CODES, 'INTERRUPTED', 'INTERNAL'] as const

/** What the device did with an order. */
export const receiptSchema = closed({
  order: orderIdSchema,
  number: counter(),
  outcome: words('done', 'failed', 'refused', 'expired'),
  code: Type.Optional(words(...RECEIPT_CODES)),
  time: timeSchema,
  /** Of an order to freeze, retire, release or drill. */
  stop: Type.Optional(stopReceiptSchema),
})
export type Receipt = Static<typeof receiptSchema>

/**
 * The batches that a full spool dropped. `before` is the hash of the batch before the first dropped one, `last` that of the last
 * dropped one. The directory relinks the chain there: the next batch it takes has `last` as its `previous`. That is the batch
 * with this record only when no batch between the dropped ones and it is left to send.
 */
export const gapSchema = closed({
  firstSequence: counter(),
  lastSequence: counter(),
  before: base64UrlOf(32),
  last: base64UrlOf(32),
})
export type Gap = Static<typeof gapSchema>

/** A condition of the daemon itself that a person must fix. */
export const healthWarningSchema = closed({ code: text(64), remedy: text(512), since: timeSchema })
export type HealthWarning = Static<typeof healthWarningSchema>

/**
 * The claims of one batch: the payload of a compact JWS with `typ: eat+jwt`. Members that this version does not know are kept
 * and not used.
 */
export const evidenceSchema = Type.Object(
  {
    eat_profile: Type.Literal(EVIDENCE_PROFILE),
    /** The device. */
    sub: deviceIdSchema,
    /** Seconds since 1970 by the device's own clock, which proves nothing. */
    iat: counter(),
    epoch: counter(),
    /** From 1 in each epoch. */
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    /** SHA-256 of the compact JWS before this one. 32 zero bytes for the first of an epoch. */
    previous: base64UrlOf(32),
    bootId: text(64),
    uptimeMs: counter(),
    inventory: Type.Optional(inventorySchema),
    /** All current findings, whenever any changed. */
    findings: Type.Optional(Type.Array(findingSchema, { maxItems: LIMITS.findings })),
    sightings: Type.Optional(sightingsSchema),
    sources: Type.Optional(Type.Array(sourceReportSchema, { maxItems: LIMITS.sources })),
    receipts: Type.Optional(Type.Array(receiptSchema, { maxItems: LIMITS.receipts })),
    /** Oldest first. Each is reported once. */
    stopEvents: Type.Optional(Type.Array(stopEventSchema, { maxItems: LIMITS.stopEvents })),
    /** Those that are not decided, as far as this device knows. The same one may be reported again. */
    agentClaims: Type.Optional(Type.Array(agentClaimSchema, { maxItems: LIMITS.agentClaims })),
    /** Actions that wait for a person. The same one may be reported again. */
    approvalRequests: Type.Optional(Type.Array(approvalRequestSchema, { maxItems: LIMITS.approvalRequests })),
    /** Oldest first. Each is reported once. */
    tamperSigns: Type.Optional(Type.Array(tamperSignSchema, { maxItems: LIMITS.tamperSigns })),
    /** Oldest first. Each is reported once. */
    logFaults: Type.Optional(Type.Array(logFaultSchema, { maxItems: LIMITS.logFaults })),
    /** Oldest first. Each is reported once, and again if its outcome comes later. */
    actions: Type.Optional(Type.Array(actionReportSchema, { maxItems: LIMITS.actions })),
    /** How many actions were not reported since the last report of actions, because there were too many. */
    actionsDropped: Type.Optional(counter()),
    health: Type.Optional(Type.Array(healthWarningSchema, { maxItems: 64 })),
    gap: Type.Optional(gapSchema),
  },
  { additionalProperties: Type.Unknown() },
)
export type Evidence = Static<typeof evidenceSchema>

const anyEvidenceReader = reader(evidenceSchema, {
  name: 'evidence',
  code: 'FRAME_MALFORMED',
  limits: frameJson(LIMITS.frameBytes),
})

/** Bounds of members that this version does not know: their number, and their JSON in UTF-16 code units. */
const MAX_UNKNOWN_MEMBERS = 32
const MAX_UNKNOWN_LENGTH = 64 * 1024

export const evidenceReader: Reader<Evidence> = {
  schema: evidenceSchema,
  read: (value) => withBoundedUnknown(anyEvidenceReader.read(value)),
  readJson: (json) => withBoundedUnknown(anyEvidenceReader.readJson(json)),
  readCanonicalJson: (json) => withBoundedUnknown(anyEvidenceReader.readCanonicalJson(json)),
}

/** @throws `FRAME_MALFORMED`. */
function withBoundedUnknown(evidence: Evidence): Evidence {
  const unknown = Object.entries(evidence).filter(([name]) => !Object.hasOwn(evidenceSchema.properties, name))
  if (unknown.length === 0) return evidence
  if (unknown.length > MAX_UNKNOWN_MEMBERS || JSON.stringify(unknown).length > MAX_UNKNOWN_LENGTH) {
    throw new SuretyError('FRAME_MALFORMED', 'evidence has too many unknown members')
  }
  return evidence
}
