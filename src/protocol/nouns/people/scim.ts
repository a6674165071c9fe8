import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'

/** The guard of SCIM in the administrators' API. SCIM itself has the documents of RFC 7643. */

export const SCIM_ACTS = ['scim-guard-tripped', 'scim-guard-allowed'] as const

/** `held`: no client may deactivate humans until an administrator allows it. */
export const GUARD_STATES = ['open', 'held', 'allowed'] as const

const HOUR_MS = 3_600_000
export const ALLOWANCE_MS = { minimum: 60_000, usual: HOUR_MS, maximum: 24 * HOUR_MS } as const

export const guardSchema = closed({
  state: words(...GUARD_STATES),
  /** The setting. 100: nothing is held. */
  percent: counter(),
  /** By SCIM, within the last hour. */
  deactivated: counter(),
  /** Humans who have been active for a day or longer, and those who were deactivated within the hour. */
  humans: counter(),
  /** Deactivations within an hour that need no human. */
  most: counter(),
  /** Agents that ended with the humans who were deactivated. */
  agentsEnded: counter(),
  /** Agents that were registered a day ago or earlier and have not ended, and those that ended within the hour. */
  agents: counter(),
  /** Agents that may end within an hour without a human. */
  mostAgents: counter(),
  heldAt: Type.Optional(timeSchema),
  /** Id of the service or administrator. */
  heldFor: Type.Optional(text(64)),
  allowedUntil: Type.Optional(timeSchema),
  allowedBy: Type.Optional(text(64)),
})
export type GuardView = Static<typeof guardSchema>

export const allowanceSchema = closed({
  forMs: Type.Optional(
    Type.Integer({ minimum: ALLOWANCE_MS.minimum, maximum: ALLOWANCE_MS.maximum, default: ALLOWANCE_MS.usual }),
  ),
})

export const guardReader = apiAnswer(guardSchema, 'guard of SCIM')
