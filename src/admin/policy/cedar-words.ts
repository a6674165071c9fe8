import { printable } from '../../base/text/printable.ts'
import type { CedarPolicy } from '../../cedar/cedar-policy.ts'
import { type PolicySummary, summaryOf } from '../../cedar/policy-summary.ts'
import { countOf } from '../command/format.ts'

/** What commands print of a policy in Cedar: the access policy, the policy of the gate. */

export function cedarCounts(policy: CedarPolicy): { readonly document: object; readonly words: string } {
  const { objection: _, ...document } = summaryOf(policy)
  return { document, words: ruleWords(document) }
}

export function summaryLines(test: Pick<PolicySummary, 'permits' | 'forbids' | 'actions'>): readonly string[] {
  const { actions } = test
  return [
    ruleWords(test),
    ...(actions.length === 0 ? [] : [`actions that they name: ${actions.map(printable).join(', ')}`]),
  ]
}

export function findingLines({
  objection,
  warnings,
}: Pick<PolicySummary, 'objection' | 'warnings'>): readonly string[] {
  return [
    ...warnings.map((warning) => `warning: ${printable(warning)}`),
    ...(objection === undefined ? [] : [`it would be refused: ${printable(objection)}`]),
  ]
}

function ruleWords({ permits, forbids }: Pick<PolicySummary, 'permits' | 'forbids'>): string {
  return `${countOf(permits, 'permit')}, ${countOf(forbids, 'forbid')}`
}
