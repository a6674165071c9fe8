import {
  base64UrlOf,
  closed,
  counter,
  legibleReason,
  legibleText,
  type Static,
  Type,
  text,
  words,
} from '../../../base/schema.ts'
import { checkNameSchema, FINDING_STATES } from '../../finding.ts'
import { deviceIdSchema, timeSchema } from '../../ids.ts'
import { attestationResultSchema, verdictSchema } from '../../messages/attestation-result.ts'
import { healthWarningSchema, inventorySchema } from '../../messages/evidence.ts'
import { deviceLabelSchema } from '../../messages/frames.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { sightingSchema, sourceReportSchema } from '../../sighting.ts'
import { TAMPER_KINDS, tamperSignSchema } from '../../tamper.ts'
import { tierSchema } from '../../tier.ts'
import { daemonProgramSchema } from '../../updates.ts'

/** Devices in the administrators' API. Text that devices sent is only ever JSON. */

/** `silent`: not connected, so everything about it is as of its last report. */
export const devicePresenceSchema = words('connected', 'silent')
export type DevicePresence = Static<typeof devicePresenceSchema>

/** What administrators say of a device: groups of a policy match it. Values are never empty. */
const LABEL_NAME = '^[a-z][a-z0-9._-]{0,62}$'
export const deviceLabelsSchema = Type.Record(
  Type.String({ pattern: LABEL_NAME }),
  Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
  { additionalProperties: false, maxProperties: 64 },
)
export type DeviceLabels = Static<typeof deviceLabelsSchema>

const deviceMembers = {
  id: deviceIdSchema,
  owner: text(256),
  /** What the device calls itself. */
  label: Type.Optional(deviceLabelSchema),
  /** What administrators call it. */
  labels: Type.Optional(deviceLabelsSchema),
  tier: tierSchema,
  epoch: counter(),
  status: words('active', 'retired'),
  /** Two different batches appeared at one chain position: two machines have its key, or one was rolled back. */
  forked: Type.Boolean(),
  enrolledAt: timeSchema,
  /** When its newest attestation or evidence arrived. */
  lastSeenAt: Type.Optional(timeSchema),
  /** Absent for a retired device. */
  presence: Type.Optional(devicePresenceSchema),
  /** Silent for longer than the policy allows: when it was heard last. */
  silentSince: Type.Optional(timeSchema),
  /** Running agents that a stop holds, as last reported. Absent: none. */
  frozenAgents: Type.Optional(counter()),
  /** The newest sign that a person kept its daemon from its work. */
  tamperSign: Type.Optional(closed({ kind: words(...TAMPER_KINDS), receivedAt: timeSchema })),
}

/** `verdict` is as of the time of reading: `stale` once its result has expired. */
export const deviceSummarySchema = closed({
  ...deviceMembers,
  verdict: verdictSchema,
  /** Of the verdict. Absent before the first appraisal. */
  validUntil: Type.Optional(timeSchema),
  /** Name and version of the operating system. Absent before the first report. */
  os: Type.Optional(text(400)),
  /** The version of its daemon, and the state of its updates. Absent before the first report. */
  daemon: Type.Optional(daemonProgramSchema),
  /** Codes of the health warnings that its daemon reports. */
  warnings: Type.Optional(Type.Array(text(64), { minItems: 1, maxItems: 64 })),
})
export type DeviceSummary = Static<typeof deviceSummarySchema>

/** A label that a device has: `NAME=VALUE`. */
export const labelFilterSchema = Type.String({
  pattern: `${LABEL_NAME.slice(0, -1)}=[^\\u0000-\\u001f\\u007f]{1,256}$`,
})

/** The code of a health warning. A later release has more. */
export const warningCodeSchema = Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' })

/** A current finding. `since`: when the check first failed or was unknown, without a pass or `not-applicable` since. */
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
  /** Present if the device is retired now. */
  retired: Type.Optional(retiredDeviceSchema),
  /** As of the time of reading. Absent until the first appraisal; the verdict then counts as `unknown`. */
  result: Type.Optional(attestationResultSchema),
  attestation: closed({
    attestedAt: Type.Optional(timeSchema),
    /** Why the newest attestation was refused, if it was. */
    failure: Type.Optional(closed({ code: text(64), since: timeSchema })),
  }),
  /** The TPM, as its certificate names it. Absent for keys outside a TPM. */
  endorsement: Type.Optional(
    closed({ maker: Type.Optional(text(256)), model: Type.Optional(text(256)), firmware: Type.Optional(text(256)) }),
  ),
  /** Remarks of the appraisal at enrolment. */
  notes: Type.Array(text(1000)),
  findings: Type.Array(deviceFindingSchema),
  inventory: Type.Optional(inventorySchema),
  /** Health warnings of the daemon, as it reports them. */
  health: Type.Array(healthWarningSchema),
  /** The newest first. */
  tamperSigns: Type.Array(closed({ ...tamperSignSchema.properties, receivedAt: timeSchema }), { maxItems: 50 }),
  /** Stored evidence that could not be applied. */
  unprocessed: Type.Array(closed({ part: text(64), sequence: counter(), message: text(1000), since: timeSchema })),
  /** The newest durable batch of this epoch: 0 and zeros before the first. */
  head: closed({ sequence: counter(), hash: base64UrlOf(32) }),
})
export type Device = Static<typeof deviceSchema>

/** A sighting as the device reported it, with the times of its first and last report. */
export const deviceSightingSchema = closed({
  sighting: sightingSchema,
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  /** When it ended. */
  goneAt: Type.Optional(timeSchema),
})
export type DeviceSighting = Static<typeof deviceSightingSchema>

/** Why a device is retired, for the audit. */
export const retirementSchema = closed({ reason: legibleReason() })

export const findingListSchema = closed({ items: Type.Array(deviceFindingSchema) })
export const sightingPageSchema = pageOf(deviceSightingSchema)
export const sourceListSchema = closed({ items: Type.Array(sourceReportSchema) })

export const deviceReader = apiAnswer(deviceSchema, 'device')
export const deviceSightingReader = apiAnswer(deviceSightingSchema, 'sighting')
export const sightingPageReader = apiAnswer(sightingPageSchema, 'list of sightings')

/** Labels to add or replace, and names of labels to remove. */
export const labellingSchema = closed({
  set: Type.Optional(deviceLabelsSchema),
  remove: Type.Optional(Type.Array(text(64), { maxItems: 64 })),
})
export type Labelling = Static<typeof labellingSchema>

/** Another human who answers for the device. The reason goes into the audit. */
export const ownerChangeSchema = closed({
  owner: legibleText(256),
  reason: Type.Optional(legibleReason()),
})
export type OwnerChange = Static<typeof ownerChangeSchema>

export const DEVICE_ACTS = ['retired', 'labelled', 'owner-changed'] as const
