import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, seenAgentIdSchema } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { versionedText } from '../../noun/versioned-text.ts'

/** The rules that decide about unknown agents, in the administrators' API: what they would decide. */

export const RULE_ACTIONS = ['register', 'quarantine', 'block', 'ask'] as const
const actionSchema = words(...RULE_ACTIONS)

const rulesTestSchema = closed({
  /** Agents that are there now, and those of them that are unknown. */
  agents: counter(),
  unknown: counter(),
  /** Of the file, in its order. */
  rules: Type.Array(
    closed({
      rule: text(64),
      line: counter(),
      action: actionSchema,
      /** Unknown agents that it would decide about. */
      decides: counter(),
      /** Of those, what it cannot register: no human belongs to the account. */
      withoutOwner: counter(),
      /** Agents that it fits, and that were decided about already. It does not touch them. */
      fitsDecided: counter(),
    }),
  ),
  /** Unknown agents that no rule fits: they are left to a human. */
  undecided: counter(),
  /** The first of the unknown agents that a rule decides about. */
  changes: Type.Array(
    closed({
      agent: seenAgentIdSchema,
      device: deviceIdSchema,
      hostname: Type.Optional(text(256)),
      item: text(512),
      user: Type.Optional(text(256)),
      rule: text(64),
      action: actionSchema,
    }),
    { maxItems: 100 },
  ),
  /** Why they are not set without `force`. */
  tooBroad: Type.Optional(text(1000)),
  /** What is sound but probably a mistake. */
  warnings: Type.Array(text(500)),
})
export type RulesTest = Static<typeof rulesTestSchema>
export const rulesTestReader = apiAnswer(rulesTestSchema, 'test of rules')

export const rulesText = versionedText('rules', { test: rulesTestSchema, view: {}, testRequest: {} })
export type RulesView = Static<typeof rulesText.view>

export const RULE_ACTS = ['rules-set', 'rules-rolled-back', 'rule-decided', 'rule-could-not'] as const
