import { closed, counter, type Static, type TSchema, Type, text, words } from '../../../base/schema.ts'
import {
  claimIdSchema,
  deviceIdSchema,
  groupIdSchema,
  humanIdSchema,
  registrationIdSchema,
  seenAgentIdSchema,
  serviceAccountIdSchema,
  stopIdSchema,
  timeSchema,
} from '../../ids.ts'
import { verdictSchema } from '../../messages/attestation-result.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { REGISTRATION_STATES } from '../agents/registrations.ts'
import { SEEN_STATES } from '../agents/seen-agents.ts'
import { agentSelectorSchema, STOP_KINDS, STOP_STATES, selectorNamesSchema } from '../agents/stops.ts'
import { CLAIM_STATES } from './claims.ts'
import { ACCOUNT_STATES, humanSchema } from './people.ts'

/** Everything of one human on one page. */

/** Items of each part. Its counts are of all. */
export const SUMMARY_ITEMS = 20

function partOf<S extends TSchema>(item: S) {
  return { total: counter(), items: Type.Array(item, { maxItems: SUMMARY_ITEMS }) }
}

const host = Type.Optional(text(256))

const stopSchema = closed({
  id: stopIdSchema,
  kind: words(...STOP_KINDS),
  state: words(...STOP_STATES),
  selector: agentSelectorSchema,
  names: Type.Optional(selectorNamesSchema),
  reason: text(500),
  createdAt: timeSchema,
  createdBy: text(256),
})

export const humanSummarySchema = closed({
  human: humanSchema,
  manager: Type.Optional(closed({ id: humanIdSchema, userName: text(256), displayName: text(256) })),
  /** When one of the devices that they own, or have a confirmed account on, was last heard of. */
  lastSeenAt: Type.Optional(timeSchema),
  /** One of these devices is connected. */
  connected: Type.Boolean(),
  /** Active devices whose owner has one of their names. */
  devices: closed(
    partOf(
      closed({
        id: deviceIdSchema,
        host,
        verdict: verdictSchema,
        connected: Type.Boolean(),
        lastSeenAt: Type.Optional(timeSchema),
      }),
    ),
  ),
  /** Agents that are on devices now, of accounts that are confirmed. Running ones first. */
  agents: closed({
    ...partOf(
      closed({
        id: seenAgentIdSchema,
        name: text(256),
        product: text(300),
        device: deviceIdSchema,
        host,
        user: Type.Optional(text(256)),
        state: words(...SEEN_STATES),
        running: Type.Boolean(),
        autonomous: Type.Boolean(),
        lastSeenAt: timeSchema,
      }),
    ),
    running: counter(),
    autonomous: counter(),
    blocked: counter(),
    /** Beside them: of accounts that are only proposed. */
    proposed: counter(),
  }),
  /** Registered agents that they answer for. Those that have ended come last. */
  registrations: closed(
    partOf(
      closed({
        id: registrationIdSchema,
        name: text(200),
        state: words(...REGISTRATION_STATES),
        expiresAt: Type.Optional(timeSchema),
        reviewAt: Type.Optional(timeSchema),
      }),
    ),
  ),
  /** Those that have not ended. */
  serviceAccounts: closed(
    partOf(closed({ id: serviceAccountIdSchema, name: text(256), purpose: text(500), expiresAt: timeSchema })),
  ),
  /** Of their accounts, confirmed or proposed. Newest first. */
  claims: closed({
    ...partOf(
      closed({
        id: claimIdSchema,
        product: text(300),
        device: deviceIdSchema,
        host,
        state: words(...CLAIM_STATES),
        receivedAt: timeSchema,
      }),
    ),
    pending: counter(),
  }),
  /** Stops of this human, or of a group, device or registration of theirs. Newest first. Only for roles that may see stops. */
  stops: Type.Optional(closed(partOf(stopSchema))),
  /** Stops that an administrator of one of their names made. */
  stopsMade: Type.Optional(closed(partOf(stopSchema))),
  groups: closed(partOf(closed({ id: groupIdSchema, name: text(256) }))),
  /** Accounts on devices, confirmed or proposed. Confirmed ones first. */
  accounts: closed(
    partOf(
      closed({
        device: deviceIdSchema,
        host,
        userId: text(256),
        userName: text(256),
        state: words(...ACCOUNT_STATES),
      }),
    ),
  ),
})
export type HumanSummary = Static<typeof humanSummarySchema>

export const humanSummaryReader = apiAnswer(humanSummarySchema, 'summary of a human')
