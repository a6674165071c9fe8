import { closed, counter, legibleReason, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { agentClaimSchema, claimDecisionSchema } from '../agent-claim.ts'
import { findingSchema } from '../finding.ts'
import { actionReportSchema } from '../gate/action.ts'
import { deviceIdSchema, reEnrolmentIdSchema, stopIdSchema, timeSchema } from '../ids.ts'
import {
  SIGHTING_KINDS,
  sightingIdSchema,
  sightingKindSchema,
  sightingSchema,
  sourceReportSchema,
} from '../sighting.ts'
import { stopReceiptSchema, stopSelectorSchema } from '../stop.ts'
import { tamperSignSchema } from '../tamper.ts'
import { tierSchema } from '../tier.ts'
import { channelNameSchema, programVersionSchema, UPDATE_STATES } from '../updates.ts'
import { attestationResultSchema } from './attestation-result.ts'
import { healthWarningSchema, inventorySchema } from './evidence.ts'

const sightingsRequestSchema = closed({
  request: Type.Literal('sightings'),
  /** Absent: all kinds. */
  kinds: Type.Optional(Type.Array(sightingKindSchema, { minItems: 1, maxItems: SIGHTING_KINDS.length })),
  /** The mark of the answer that the caller has. The daemon answers once the mark would differ, after ten seconds at the latest. */
  unlike: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
})
export type SightingsRequest = Static<typeof sightingsRequestSchema>

/** An agent, or all of the caller; for root, all. */
const stopRequest = { agent: Type.Optional(sightingIdSchema), reason: Type.Optional(text(500)) }

const claimRequestSchema = closed({
  request: Type.Literal('claim'),
  agent: sightingIdSchema,
  purpose: text(500),
  name: Type.Optional(text(200)),
  until: Type.Optional(timeSchema),
  /** Root only: the user whose agent it is, by name or id. */
  user: Type.Optional(text(256)),
})
export type ClaimRequest = Static<typeof claimRequestSchema>

/**
 * The local socket: one JSON request per line, one JSON response per line, of at most 64 KiB and 4 MiB. The kernel names the
 * caller (SO_PEERCRED), never the request. An ordinary user sees the device and their own sightings; root sees everything.
 */
export const controlRequestSchema = Type.Union([
  closed({ request: Type.Literal('status') }),
  /** The sightings, or the next change of them. */
  sightingsRequestSchema,
  /** Root only: the effective configuration with the origin of each value. */
  closed({ request: Type.Literal('config') }),
  /** Root only: attest and collect now. */
  closed({ request: Type.Literal('refresh') }),
  /** Any user, but each only now and then: run the checks, and answer with the findings. */
  closed({ request: Type.Literal('check') }),
  /** The evidence that was written last, without what belongs to other users. */
  closed({ request: Type.Literal('last-batch') }),
  /** The newest actions that went into evidence since the daemon started, at most 200; those of the caller, for root all. */
  closed({ request: Type.Literal('actions') }),
  /** Any user, for their own agents; root for all: stop agents, and let them continue. */
  closed({ request: Type.Literal('freeze'), ...stopRequest }),
  closed({ request: Type.Literal('release'), ...stopRequest }),
  /** Any user, of an own agent; root for a user: say whose agent it is and what it is for. */
  claimRequestSchema,
  /** Root only: the daemon is being removed from this device. Answered once the directory knows, or after ten seconds. */
  closed({ request: Type.Literal('remove'), reason: legibleReason() }),
  /** The caller's claims; for root those of all users. */
  closed({ request: Type.Literal('claims') }),
])
export type ControlRequest = Static<typeof controlRequestSchema>

/** `retired`: the directory does not serve this device any more, though the device still has its identity. */
export const enrolmentStateSchema = words('not-enrolled', 'pending', 'enrolled', 'refused', 'retired')

/** Who answers for this device and who helps, as its settings say. */
export const supportSchema = closed({
  owner: Type.Optional(text(256)),
  contact: Type.Optional(text(256)),
  url: Type.Optional(text(512)),
})
export type Support = Static<typeof supportSchema>

/** When the tray has an icon. `when-needed`: while something is not in order. */
export const TRAY_SHOW = ['always', 'when-needed', 'never'] as const
export type TrayShow = (typeof TRAY_SHOW)[number]

/** Stops that the caller may know of, and the caller's agents that they hold; for root all. */
export const statusStopsSchema = closed({
  standing: Type.Array(
    closed({
      /** `local`: a user of the device made it. */
      stop: Type.Union([stopIdSchema, Type.Literal('local')]),
      kind: words('freeze', 'retire'),
      selector: stopSelectorSchema,
      by: text(256),
      reason: text(500),
      since: timeSchema,
      until: Type.Optional(timeSchema),
      /** The caller may release it. */
      releasable: Type.Boolean(),
    }),
    { maxItems: 100 },
  ),
  held: Type.Array(
    closed({ agent: sightingIdSchema, product: text(64), name: text(256), user: text(256), processes: counter() }),
    { maxItems: 100 },
  ),
  /** Also those that do not fit into the list. */
  heldCount: counter(),
})
export type StatusStops = Static<typeof statusStopsSchema>

/** The output of `surety status --json`. */
export const statusSchema = closed({
  schema: Type.Literal('surety/status@1'),
  daemonVersion: text(64),
  /** Absent where newer versions come by packages alone. */
  updates: Type.Optional(
    closed({
      state: words(...UPDATE_STATES),
      channel: Type.Optional(channelNameSchema),
      pin: Type.Optional(programVersionSchema),
      /** The version of the installed package, where another one runs. */
      installed: Type.Optional(programVersionSchema),
      /** The version that was rolled back. */
      refused: Type.Optional(programVersionSchema),
      checkedAt: Type.Optional(timeSchema),
      lastError: Type.Optional(closed({ code: text(64), message: text(500) })),
    }),
  ),
  enrolment: enrolmentStateSchema,
  device: Type.Optional(closed({ id: deviceIdSchema, tier: tierSchema, epoch: counter() })),
  /** While `pending`: the re-enrolment that an administrator has to decide. */
  reEnrolment: Type.Optional(reEnrolmentIdSchema),
  directory: closed({
    url: Type.Optional(text(300)),
    connected: Type.Boolean(),
    /** The directory's time now, once it is known. The directory's times must be compared with it: the device's clock may be wrong. */
    time: Type.Optional(timeSchema),
    lastAcknowledgedAt: Type.Optional(timeSchema),
    /** The newest checkpoint of the directory's record that this device, as a witness, found consistent. Absent before the first. */
    record: Type.Optional(closed({ origin: text(256), size: counter(), at: timeSchema })),
    lastError: Type.Optional(closed({ code: text(64), message: text(1000) })),
  }),
  spool: closed({ sequence: counter(), acknowledged: counter(), waiting: counter(), bytes: counter() }),
  result: Type.Optional(attestationResultSchema),
  inventory: Type.Optional(inventorySchema),
  findings: Type.Array(findingSchema),
  sightings: Type.Array(sightingSchema),
  sources: Type.Array(sourceReportSchema),
  health: Type.Array(healthWarningSchema),
  /** Of this run, and what the last one left. The newest last. Absent when there are none. */
  tamperSigns: Type.Optional(Type.Array(tamperSignSchema)),
  /** Absent where nothing can be stopped. */
  stops: Type.Optional(statusStopsSchema),
  /** Absent when the settings name none of it. */
  support: Type.Optional(supportSchema),
  /** Absent for the default. */
  tray: Type.Optional(closed({ show: words(...TRAY_SHOW) })),
  /** True when the sightings and sources of other users were left out. */
  limitedToCaller: Type.Boolean(),
  /** How many items did not fit into the answer. Absent when all did. */
  leftOut: Type.Optional(closed({ sightings: counter(), sources: counter() })),
  time: timeSchema,
})
export type Status = Static<typeof statusSchema>

/** `mark` identifies the items, including those left out. See `unlike` of the request. */
export const sightingsAnswerSchema = closed({
  items: Type.Array(sightingSchema),
  mark: text(64),
  limitedToCaller: Type.Boolean(),
  /** How many items did not fit into the answer. Absent when all did. */
  leftOut: Type.Optional(counter()),
  /** How many places for these kinds could not be read. The status names them. Absent when all could. */
  unread: Type.Optional(counter()),
  time: timeSchema,
})
export type SightingsAnswer = Static<typeof sightingsAnswerSchema>

/** The claims of one batch. `claims` is absent before the first batch of a run. */
export const lastBatchSchema = closed({
  claims: Type.Optional(Type.Record(text(128), Type.Unknown())),
  /** How many items and sources of other users were left out. Absent for root. */
  leftOut: Type.Optional(counter()),
})
export type LastBatch = Static<typeof lastBatchSchema>

/** What was stopped, or let continue. `code` says why it is not done. */
export const localStopSchema = closed({ receipt: stopReceiptSchema, code: Type.Optional(text(64)) })
export type LocalStop = Static<typeof localStopSchema>

/** The answers about stops. */
export interface LocalStops<Caller> {
  freeze(request: LocalStopRequest, caller: Caller): Promise<LocalStop>
  release(request: LocalStopRequest, caller: Caller): Promise<LocalStop>
}

export interface LocalStopRequest {
  readonly agent?: string | undefined
  readonly reason?: string | undefined
}

/** A claim of a user of the device, and what became of it. Without a decision it waits for one. */
export const deviceClaimSchema = closed({ claim: agentClaimSchema, decision: Type.Optional(claimDecisionSchema) })
export type DeviceClaim = Static<typeof deviceClaimSchema>

/** `sent`: the directory has it. `kept`: it is in the spool, and goes out if the daemon runs again. */
export const removalSchema = closed({ report: words('sent', 'kept') })
export type Removal = Static<typeof removalSchema>

const configOriginSchema = words('managed', 'flag', 'environment', 'file', 'default')

/** One effective setting and its origin. Secrets are shown as `(set)`. */
export const configEntrySchema = closed({
  key: text(128),
  value: text(4096),
  origin: configOriginSchema,
  /** The file, variable or flag, or the value of the registry. */
  place: Type.Optional(text(4096)),
  /** Other places that set it too, the next best first. */
  overrides: Type.Optional(Type.Array(closed({ origin: configOriginSchema, place: text(4096) }), { maxItems: 8 })),
})
export type ConfigEntry = Static<typeof configEntrySchema>

/**
 * Settings that are set and not in use yet. `by-itself`: the daemon starts again with them; `by-hand`: it must be restarted; `refused`: it
 * would not start with them.
 */
export const waitingSettingsSchema = closed({
  state: words('by-itself', 'by-hand', 'refused'),
  /** Their names. None for `refused`. */
  settings: Type.Array(text(128), { maxItems: 256 }),
  /** Of `refused`: the place and what is wrong there. */
  reason: Type.Optional(text(1000)),
})
export type WaitingSettings = Static<typeof waitingSettingsSchema>

/** The findings of a run of the checks, and the last batch of evidence that reports them. */
export const checkedSchema = closed({
  findings: Type.Array(findingSchema),
  /** Absent while evidence cannot be written: the device is not enrolled, its key or disk fails. */
  sequence: Type.Optional(counter()),
  time: timeSchema,
})
export type Checked = Static<typeof checkedSchema>

export const controlResponseSchema = Type.Union([
  closed({ status: statusSchema }),
  closed({ sightings: sightingsAnswerSchema }),
  closed({ config: Type.Array(configEntrySchema), waiting: Type.Optional(waitingSettingsSchema) }),
  closed({ refresh: Type.Literal('started') }),
  closed({ checked: checkedSchema }),
  closed({ lastBatch: lastBatchSchema }),
  closed({ actions: Type.Array(actionReportSchema, { maxItems: 200 }) }),
  closed({ stopped: localStopSchema }),
  closed({ released: localStopSchema }),
  closed({ claimed: deviceClaimSchema }),
  closed({ claims: Type.Array(deviceClaimSchema) }),
  closed({ removal: removalSchema }),
  closed({ error: closed({ code: text(64), message: text(1000) }) }),
])
export type ControlResponse = Static<typeof controlResponseSchema>

export const controlRequestReader = reader(controlRequestSchema, {
  name: 'control request',
  limits: { maxBytes: 64 * 1024, maxDepth: 4 },
})
export const controlResponseReader = reader(controlResponseSchema, {
  name: 'answer of suretyd',
  forPeople: true,
  limits: { maxBytes: 4 * 1024 * 1024, maxDepth: 16 },
})
