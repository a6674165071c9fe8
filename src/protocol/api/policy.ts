import { base64UrlOf, closed, counter, type Static, Type, text } from '../../base/schema.ts'
import { deviceIdSchema, timeSchema } from '../ids.ts'
import { type VERDICTS, verdictReasonSchema, verdictSchema } from '../messages/attestation-result.ts'
import { apiAnswer, pageOf } from './common.ts'

/** The policy in the administrators' API: a YAML file with versions, and what it would change. */

/** Of the YAML. The reader of the file bounds its bytes. */
export const POLICY_MAX_CHARACTERS = 256 * 1024
const policyText = text(POLICY_MAX_CHARACTERS)

const versionMembers = {
  /** 0: the default of this release. */
  version: counter(),
  /** SHA-256 of the text. */
  hash: base64UrlOf(32),
  setAt: Type.Optional(timeSchema),
  setBy: Type.Optional(text(256)),
  /** It was set although every device fails it. */
  forced: Type.Optional(Type.Boolean()),
  /** The earlier version that it says again. */
  restores: Type.Optional(counter()),
}

export const policyVersionSchema = closed({ ...versionMembers, current: Type.Boolean() })
export type PolicyVersion = Static<typeof policyVersionSchema>
export const policyHistorySchema = pageOf(policyVersionSchema)
export const policyHistoryReader = apiAnswer(policyHistorySchema, 'history of the policy')

export const policyViewSchema = closed({
  ...versionMembers,
  policy: policyText,
  /** Why a newer version is not in use: this release does not accept it. */
  refused: Type.Optional(text(512)),
  /** Devices whose verdict still has to be made anew. */
  toAppraise: Type.Optional(counter()),
})
export type PolicyView = Static<typeof policyViewSchema>
export const policyViewReader = apiAnswer(policyViewSchema, 'policy')

export const policyRequestSchema = closed({
  policy: policyText,
  /** Sets it although every device would fail. */
  force: Type.Optional(Type.Boolean()),
})
export const policyRollbackSchema = closed({
  version: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  force: Type.Optional(Type.Boolean()),
})

export const POLICY_TEST_MAX_DAYS = 30
export const policyTestRequestSchema = closed({
  policy: policyText,
  /** How far back, in milliseconds. Absent: only now. */
  againstMs: Type.Optional(Type.Integer({ minimum: 0, maximum: POLICY_TEST_MAX_DAYS * 86_400_000 })),
})

const countsSchema = closed({
  compliant: counter(),
  'not-compliant': counter(),
  unknown: counter(),
  stale: counter(),
} satisfies Record<(typeof VERDICTS)[number], unknown>)
export type VerdictCounts = Static<typeof countsSchema>

/** What one policy did to the fleet during the time looked at. */
const pastSchema = closed({
  /** Devices that were compliant all the time. */
  alwaysCompliant: counter(),
  /** Changes of verdict on all devices. */
  changes: counter(),
  /** Added over all devices: how long their verdict was not good. */
  notCompliantMs: counter(),
})
export type PolicyPast = Static<typeof pastSchema>

const trialSchema = closed({ now: countsSchema, past: pastSchema })

/** A check with the number of devices on which it spoils the verdict, is in grace, or is exempt. */
const checkCountSchema = closed({
  check: text(64),
  current: counter(),
  proposed: counter(),
  inGrace: counter(),
  exempt: counter(),
})

export const policyTestSchema = closed({
  /** Devices that are not retired. */
  devices: counter(),
  againstMs: counter(),
  current: trialSchema,
  proposed: trialSchema,
  groups: Type.Array(closed({ group: text(64), devices: counter() })),
  checks: Type.Array(checkCountSchema),
  /** Devices whose verdict changes now. */
  changed: counter(),
  /** The first of them, by id. */
  changes: Type.Array(
    closed({
      device: deviceIdSchema,
      owner: text(256),
      group: Type.Optional(text(64)),
      from: verdictSchema,
      to: verdictSchema,
      reasons: Type.Array(verdictReasonSchema),
    }),
    { maxItems: 100 },
  ),
  /** Why it is not set without `force`. */
  failsEveryDevice: Type.Optional(text(1000)),
  /** What is sound but probably a mistake. */
  warnings: Type.Array(text(500)),
})
export type PolicyTest = Static<typeof policyTestSchema>
export const policyTestReader = apiAnswer(policyTestSchema, 'test of a policy')

export const POLICY_ACTS = ['policy-set', 'policy-rolled-back'] as const
