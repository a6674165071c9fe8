import { base64UrlOf, closed, counter, type Static, Type, text, words } from '../base/schema.ts'
import { apiAnswer, pageOf } from './api-common.ts'
import { attestationResultSchema, verdictSchema } from './attestation-result.ts'
import { healthWarningSchema, inventorySchema } from './evidence.ts'
import { checkNameSchema, FINDING_STATES } from './finding.ts'
import { deviceLabelSchema } from './frames.ts'
import { deviceIdSchema, orderIdSchema, timeSchema } from './ids.ts'
import { issuableOrderKindSchema, orderKindSchema } from './order.ts'
import { sightingSchema, sourceReportSchema } from './sighting.ts'
import { tierSchema } from './tier.ts'

/** What the administrators' API says about devices. Text that devices sent is never more than JSON. */

/** `silent`: not connected, so that what is told of it is as it was. */
export const devicePresenceSchema = words('connected', 'silent')
export type DevicePresence = Static<typeof devicePresenceSchema>

/** As a person names a device: its host name, or at least eight characters of its id from the beginning. */
export const deviceNameSchema = Type.String({ minLength: 1, maxLength: 256 })

const deviceMembers = {
  id: deviceIdSchema,
  owner: text(256),
  /** What the device calls itself. */
  label: Type.Optional(deviceLabelSchema),
  tier: tierSchema,
  epoch: counter(),
  status: words('active', 'retired'),
  /** Two different batches were seen at one place of its chain: two machines hold its key, or one was rolled back. */
  forked: Type.Boolean(),
  enrolledAt: timeSchema,
  /** When its newest attestation or evidence came. */
  lastSeenAt: Type.Optional(timeSchema),
  /** Is it connected now? Absent once it is retired. */
  presence: Type.Optional(devicePresenceSchema),
}

/** `verdict` is as of the moment of reading: `stale` once its result has run out. */
export const deviceSummarySchema = closed({ ...deviceMembers, verdict: verdictSchema })
export type DeviceSummary = Static<typeof deviceSummarySchema>

/** A current finding; `since` is when the check first failed or was unknown without a pass or `not-applicable` since. */
export const deviceFindingSchema = closed({
  check: checkNameSchema,
  state: words(...FINDING_STATES),
  explanation: text(1000),
  since: Type.Optional(timeSchema),
  reportedAt: timeSchema,
})
export type DeviceFinding = Static<typeof deviceFindingSchema>

/** When, by whom and why a device was retired. */
export const retiredDeviceSchema = closed({ at: timeSchema, by: Type.Optional(text(256)), reason: text(500) })
export type RetiredDevice = Static<typeof retiredDeviceSchema>

export const deviceSchema = closed({
  ...deviceMembers,
  /** Of one that is retired now. */
  retired: Type.Optional(retiredDeviceSchema),
  /** As of the moment of reading. Absent until the first appraisal; the verdict then counts as `unknown`. */
  result: Type.Optional(attestationResultSchema),
  attestation: closed({
    attestedAt: Type.Optional(timeSchema),
    /** Why the newest attestation was refused, where it was. */
    failure: Type.Optional(closed({ code: text(64), since: timeSchema })),
  }),
  /** The TPM, as its certificate names it; absent for keys that are in none. */
  endorsement: Type.Optional(
    closed({ maker: Type.Optional(text(256)), model: Type.Optional(text(256)), firmware: Type.Optional(text(256)) }),
  ),
  /** What the appraisal of its enrolment found worth saying. */
  notes: Type.Array(text(1000)),
  findings: Type.Array(deviceFindingSchema),
  inventory: Type.Optional(inventorySchema),
  /** What is wrong with the daemon itself, by its own word. */
  health: Type.Array(healthWarningSchema),
  /** Kept evidence that could not be taken in. */
  unprocessed: Type.Array(closed({ part: text(64), sequence: counter(), message: text(1000), since: timeSchema })),
  /** The newest durable batch of this epoch: 0 and zeros before the first. */
  head: closed({ sequence: counter(), hash: base64UrlOf(32) }),
})
export type Device = Static<typeof deviceSchema>

/** A sighting as the device told it, with when it was first and last told. */
export const deviceSightingSchema = closed({
  sighting: sightingSchema,
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  /** Since when it is there no more. */
  goneAt: Type.Optional(timeSchema),
})
export type DeviceSighting = Static<typeof deviceSightingSchema>

/** One stored batch; the bytes are at `/devices/{id}/evidence/{epoch}/{sequence}`. */
export const evidenceEntrySchema = closed({
  epoch: counter(),
  sequence: counter(),
  hash: base64UrlOf(32),
  receivedAt: timeSchema,
  sizeBytes: counter(),
})
export type EvidenceEntry = Static<typeof evidenceEntrySchema>

/** The application key (RFC 7517): verifies the device's evidence without this server. */
export const publicJwkSchema = closed({
  kty: Type.Literal('EC'),
  crv: Type.Literal('P-256'),
  x: base64UrlOf(32),
  y: base64UrlOf(32),
  alg: Type.Literal('ES256'),
  use: Type.Literal('sig'),
  kid: text(128),
})
export type PublicJwk = Static<typeof publicJwkSchema>

export const deviceOrderSchema = closed({
  id: orderIdSchema,
  number: counter(),
  kind: orderKindSchema,
  reason: text(500),
  createdAt: timeSchema,
  createdBy: text(256),
  notAfter: timeSchema,
  status: words('pending', 'done', 'failed', 'refused', 'expired'),
  /** What the device answered, where it gave a reason. */
  code: Type.Optional(text(64)),
  answeredAt: Type.Optional(timeSchema),
})
export type DeviceOrder = Static<typeof deviceOrderSchema>

export const orderRequestSchema = closed({
  kind: issuableOrderKindSchema,
  reason: Type.String({ minLength: 1, maxLength: 500 }),
})
export type OrderRequest = Static<typeof orderRequestSchema>

/** Why a device is refused from now on, for the record. */
export const retirementSchema = closed({ reason: Type.String({ minLength: 1, maxLength: 500 }) })
export type Retirement = Static<typeof retirementSchema>

export const devicePageSchema = pageOf(deviceSummarySchema)
export const findingListSchema = closed({ items: Type.Array(deviceFindingSchema) })
export const sightingPageSchema = pageOf(deviceSightingSchema)
export const sourceListSchema = closed({ items: Type.Array(sourceReportSchema) })
export const evidencePageSchema = pageOf(evidenceEntrySchema)
export const orderPageSchema = pageOf(deviceOrderSchema)

export const devicePageReader = apiAnswer(devicePageSchema, 'list of devices')
export const deviceReader = apiAnswer(deviceSchema, 'device')
export const deviceSightingReader = apiAnswer(deviceSightingSchema, 'sighting')
export const sightingPageReader = apiAnswer(sightingPageSchema, 'list of sightings')
export const deviceOrderReader = apiAnswer(deviceOrderSchema, 'order')
