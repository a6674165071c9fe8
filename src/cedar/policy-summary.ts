import type { CedarPolicy } from './cedar-policy.ts'

/** What a policy says, without the requests that it was or will be asked. */
export interface PolicySummary {
  readonly permits: number
  readonly forbids: number
  /** That it names. Requests with another action meet only the rules for any action. */
  readonly actions: string[]
  /** Why it should not be used: it denies or permits everything. */
  readonly objection?: string
  readonly warnings: string[]
}

export function summaryOf({ rules, actions, warnings }: CedarPolicy): PolicySummary {
  const permits = rules.filter(({ effect }) => effect === 'permit')
  const objection = objectionIn(permits, rules)
  return {
    permits: permits.length,
    forbids: rules.length - permits.length,
    actions: [...actions],
    ...(objection === undefined ? {} : { objection }),
    warnings: [...warnings],
  }
}

function objectionIn(permits: CedarPolicy['rules'], rules: CedarPolicy['rules']): string | undefined {
  if (permits.length === 0) return 'there is no permit: every request would be denied'
  // A rule on trial denies nothing.
  const forbidden = rules.find(
    ({ effect, isUnconditional, annotations }) =>
      effect === 'forbid' && isUnconditional && annotations.shadow !== 'true',
  )
  if (forbidden !== undefined) {
    return `line ${forbidden.line}: ${forbidden.id} forbids everything: every request would be denied`
  }
  const open = permits.find(({ isUnconditional }) => isUnconditional)
  if (open === undefined || rules.length > permits.length) return undefined
  return `line ${open.line}: ${open.id} permits everything, and nothing forbids`
}
