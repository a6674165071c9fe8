import { base64UrlOf, closed, counter, type Static, Type, text, words } from '../../base/schema.ts'
import { deviceIdSchema, seenAgentIdSchema, timeSchema } from '../ids.ts'
import { apiAnswer, pageOf } from './common.ts'

/** The rules that decide about unknown agents, in the administrators' API: a YAML file with versions. */

export const RULES_MAX_CHARACTERS = 256 * 1024
const rulesText = text(RULES_MAX_CHARACTERS)

export const RULE_ACTIONS = ['register', 'quarantine', 'block', 'ask'] as const
const actionSchema = words(...RULE_ACTIONS)

const versionMembers = {
  /** 0: no rules. */
  version: counter(),
  /** SHA-256 of the text. */
  hash: base64UrlOf(32),
  setAt: Type.Optional(timeSchema),
  setBy: Type.Optional(text(256)),
  /** They were set although they are broad. */
  forced: Type.Optional(Type.Boolean()),
  /** The earlier version that they say again. */
  restores: Type.Optional(counter()),
}

export const rulesVersionSchema = closed({ ...versionMembers, current: Type.Boolean() })
export type RulesVersion = Static<typeof rulesVersionSchema>
export const rulesHistorySchema = pageOf(rulesVersionSchema)
export const rulesHistoryReader = apiAnswer(rulesHistorySchema, 'history of the rules')

export const rulesViewSchema = closed({
  ...versionMembers,
  rules: rulesText,
  /** Why a newer version is not in use: this release does not accept it. */
  refused: Type.Optional(text(512)),
})
export type RulesView = Static<typeof rulesViewSchema>
export const rulesViewReader = apiAnswer(rulesViewSchema, 'rules')

export const rulesRequestSchema = closed({
  rules: rulesText,
  /** Sets them although they are broad. */
  force: Type.Optional(Type.Boolean()),
})
export const rulesRollbackSchema = closed({
  version: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  force: Type.Optional(Type.Boolean()),
})
export const rulesTestRequestSchema = closed({ rules: rulesText })

export const rulesTestSchema = closed({
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
      /** Of those, what it cannot register: no human stands behind the account. */
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

export const RULE_ACTS = ['rules-set', 'rules-rolled-back', 'rule-decided', 'rule-could-not'] as const
