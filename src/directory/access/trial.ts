import type { AccessTest } from '../../protocol/nouns/directory/access.ts'
import type { AccessPolicy } from '../access-policy/access-policy.ts'

export type AccessTrial = (
  proposed: AccessPolicy,
  options: { readonly current: AccessPolicy; readonly againstMs: number },
) => Promise<AccessTest>

/** What the text says, without questions of the past. */
export function summaryOf({ rules, actions, warnings }: AccessPolicy): AccessTest {
  const permits = rules.filter(({ effect }) => effect === 'permit')
  const objection = objectionIn(permits, rules)
  return {
    permits: permits.length,
    forbids: rules.length - permits.length,
    actions: [...actions],
    againstMs: 0,
    questions: 0,
    current: { allowed: 0, denied: 0 },
    proposed: { allowed: 0, denied: 0 },
    changed: 0,
    changes: [],
    ...(objection === undefined ? {} : { objection }),
    warnings: [...warnings],
  }
}

function objectionIn(permits: AccessPolicy['rules'], rules: AccessPolicy['rules']): string | undefined {
  if (permits.length === 0) return 'there is no permit: every request would be denied'
  const forbidden = rules.find(({ effect, isUnconditional }) => effect === 'forbid' && isUnconditional)
  if (forbidden !== undefined) {
    return `line ${forbidden.line}: ${forbidden.id} forbids everything: every request would be denied`
  }
  const open = permits.find(({ isUnconditional }) => isUnconditional)
  if (open === undefined || rules.length > permits.length) return undefined
  return `line ${open.line}: ${open.id} permits everything, and nothing forbids: it asks for no device and no agent`
}

export function objectionTo({ objection }: AccessTest): string | undefined {
  return objection
}
