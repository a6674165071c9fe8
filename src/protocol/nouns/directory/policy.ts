import { closed, counter, type Static, Type, text } from '../../../base/schema.ts'
import { deviceIdSchema } from '../../ids.ts'
import { type VERDICTS, verdictReasonSchema, verdictSchema } from '../../messages/attestation-result.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { versionedText } from '../../noun/versioned-text.ts'

/** The policy in the administrators' API: what it would change. */

export const POLICY_TEST_MAX_DAYS = 30

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

const policyTestSchema = closed({
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

export const policyText = versionedText('policy', {
  test: policyTestSchema,
  /** Devices whose verdict still has to be made again. */
  view: { toAppraise: Type.Optional(counter()) },
  /** How far back, in milliseconds. Absent: only now. */
  testRequest: { againstMs: Type.Optional(Type.Integer({ minimum: 0, maximum: POLICY_TEST_MAX_DAYS * 86_400_000 })) },
})
export type PolicyView = Static<typeof policyText.view>

export const POLICY_ACTS = ['policy-set', 'policy-rolled-back'] as const
