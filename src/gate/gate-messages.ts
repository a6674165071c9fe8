import { closed, counter, reader, type Static, Type, text } from '../base/schema.ts'
import { actionReportSchema, approvalDecisionSchema, approvalRequestSchema } from '../protocol/gate/action.ts'
import { deviceIdSchema } from '../protocol/ids.ts'
import { LIMITS } from '../protocol/limits.ts'

/** What the daemon and the gate, its child, say to each other: one JSON document a line. */

const fromDaemonSchema = Type.Union([
  /** Without a text: the built-in one. */
  closed({ kind: Type.Literal('policy'), version: counter(), text: Type.Optional(text(LIMITS.gatePolicyBytes)) }),
  /** Whom an approval would come from. Without a device, or not connected: no one can be asked. */
  closed({ kind: Type.Literal('directory'), isConnected: Type.Boolean(), device: Type.Optional(deviceIdSchema) }),
  closed({ kind: Type.Literal('approval'), decision: approvalDecisionSchema }),
])
export type FromDaemon = Static<typeof fromDaemonSchema>

/** The process that asked and those above it, the nearest first. A pid alone is reused. */
const askedBySchema = Type.Array(closed({ pid: counter(), startTicks: counter() }), { maxItems: 32 })

const fromGateSchema = Type.Union([
  /** Hooks are answered from now on. */
  closed({ kind: Type.Literal('serving') }),
  closed({ kind: Type.Literal('policy'), version: counter(), refused: Type.Optional(text(500)) }),
  closed({ kind: Type.Literal('action'), report: actionReportSchema, askedBy: askedBySchema }),
  closed({ kind: Type.Literal('approval-request'), request: approvalRequestSchema, askedBy: askedBySchema }),
])
export type FromGate = Static<typeof fromGateSchema>
export type AskedBy = Static<typeof askedBySchema>

/** A policy of many control characters takes six characters for each. */
export const MESSAGE_MAX_BYTES = 6 * LIMITS.gatePolicyBytes + 4096
const LIMITS_OF_MESSAGES = { maxBytes: MESSAGE_MAX_BYTES, maxDepth: 8 }

export const fromDaemonReader = reader(fromDaemonSchema, { name: 'message to the gate', limits: LIMITS_OF_MESSAGES })
export const fromGateReader = reader(fromGateSchema, { name: 'message of the gate', limits: LIMITS_OF_MESSAGES })
