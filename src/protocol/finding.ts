import { closed, type Static, Type, text } from '../base/schema.ts'

export const checkNameSchema = Type.String({ pattern: '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)+$', maxLength: 64 })

/**
 * What one check found. `unknown` never counts as a pass. `not-applicable` says that the system has no such thing, as macOS has
 * no setup mode: it counts for nothing, unless the policy requires the check everywhere.
 */
export const findingSchema = Type.Union([
  closed({ check: checkNameSchema, state: Type.Literal('pass'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('fail'), detail: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('unknown'), reason: text(1000) }),
  closed({ check: checkNameSchema, state: Type.Literal('not-applicable'), reason: text(1000) }),
])
export type Finding = Static<typeof findingSchema>
export type FindingState = Finding['state']

/** Worst first. */
export const FINDING_STATES = ['fail', 'unknown', 'not-applicable', 'pass'] as const satisfies readonly FindingState[]

/** The detail of a pass or fail, the reason of the others: what a person reads. */
export function explanationOf(finding: Finding): string {
  return 'reason' in finding ? finding.reason : finding.detail
}
