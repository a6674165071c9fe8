import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import { summaryOf } from '../../cedar/policy-summary.ts'
import { DEFAULT_GATE_TEXT } from '../../gate-policy/default-gate-policy.ts'
import { readGatePolicy } from '../../gate-policy/read-gate-policy.ts'
import { ACTION_KINDS } from '../../protocol/gate/action.ts'
import type { GatePolicyTest, GatePolicyView } from '../../protocol/nouns/directory/gate-policy.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { StoredText, type StoredTextComponents, type VersionedText } from '../versions/versioned-text.ts'

export interface GatePoliciesComponents extends Omit<StoredTextComponents, 'versions' | 'store'> {
  readonly store: StoredTextComponents['store'] & { readonly gatePolicies: VersionStore }
}

/** The policy of the gate in use and its history. The directory reads it; devices decide by it. */
export interface GatePolicies extends VersionedText<GatePolicyView, GatePolicyTest> {}

export async function gatePolicies(components: GatePoliciesComponents): Promise<GatePolicies> {
  const stored = new StoredGatePolicy(components)
  await stored.load()
  return stored
}

/** What the text says. That of the default is only read where somebody asks for it. */
type LazyTest = () => Promise<GatePolicyTest>

class StoredGatePolicy extends StoredText<'gate-policy', LazyTest, GatePolicyTest> implements GatePolicies {
  constructor(components: GatePoliciesComponents) {
    super(
      { ...components, versions: components.store.gatePolicies },
      {
        noun: 'gate-policy',
        initial: { text: DEFAULT_GATE_TEXT, document: async () => testOf(await readGatePolicy(DEFAULT_GATE_TEXT)) },
        async read(text) {
          const test = testOf(await readGatePolicy(text))
          return async () => test
        },
        test: (proposed) => proposed(),
        objectionOf: ({ objection }) => objection,
        unlessForced: 'The policy of the gate in use stays. To set it nevertheless',
      },
    )
  }
}

function testOf(policy: CedarPolicy): GatePolicyTest {
  const summary = summaryOf(policy)
  const kinds: readonly string[] = ACTION_KINDS
  const unasked = policy.rules.flatMap(({ line, scope: { actions = [] } }) =>
    actions
      .filter((action) => !kinds.includes(action))
      .map((action) => `line ${line}: no agent asks for the action ${action}: actions are ${kinds.join(', ')}`),
  )
  return { ...summary, warnings: [...summary.warnings, ...unasked].slice(0, 100) }
}
