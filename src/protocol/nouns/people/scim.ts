import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { single, verb } from '../../noun/noun.ts'

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

const allowanceSchema = closed({
  forMs: Type.Optional(
    Type.Integer({ minimum: ALLOWANCE_MS.minimum, maximum: ALLOWANCE_MS.maximum, default: ALLOWANCE_MS.usual }),
  ),
})

export const scimGuard = single({
  one: 'scim guard',
  command: 'scim guard',
  about: 'holds deactivations by SCIM when very many come within an hour',
  verbs: {
    show: verb({
      method: 'GET',
      operationId: 'getScimGuard',
      action: 'audit',
      summary: 'How many people SCIM deactivated within an hour, and whether further ones are held',
      response: guardSchema,
      command: {
        about: 'what SCIM deactivated within an hour, and whether more is held',
        examples: ['show', 'show --json'],
      },
    }),
    allow: verb({
      method: 'POST',
      path: '/allow',
      operationId: 'allowScimDeactivations',
      action: 'identify',
      summary: 'Let deactivations by SCIM through for a while',
      body: allowanceSchema,
      response: guardSchema,
      command: {
        about: 'let deactivations through for a while',
        options: [
          {
            flags: '--for <time>',
            about: 'how long: 30m, 2h (default: 1h, at most 24h)',
            member: 'forMs',
            as: 'duration',
          },
        ],
        asks: 'Let SCIM deactivate people without a limit for this time',
        examples: ['allow', 'allow --for 15m --yes'],
      },
    }),
  },
})
