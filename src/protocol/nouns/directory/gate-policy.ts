import { closed, counter, type Static, Type, text } from '../../../base/schema.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { versionedText } from '../../noun/versioned-text.ts'

/** The policy of the gate in the administrators' API. */

const gatePolicyTestSchema = closed({
  /** Of the text. */
  permits: counter(),
  forbids: counter(),
  /** That it names. */
  actions: Type.Array(text(128)),
  /** Why it is not set without `force`. */
  objection: Type.Optional(text(1000)),
  /** What is sound but probably a mistake. */
  warnings: Type.Array(text(1000)),
})
export type GatePolicyTest = Static<typeof gatePolicyTestSchema>
export const gatePolicyTestReader = apiAnswer(gatePolicyTestSchema, 'test of a policy of the gate')

export const gatePolicyText = versionedText('gate-policy', { test: gatePolicyTestSchema, view: {}, testRequest: {} })
export type GatePolicyView = Static<typeof gatePolicyText.view>

export const GATE_POLICY_ACTS = ['gate-policy-set', 'gate-policy-rolled-back'] as const
