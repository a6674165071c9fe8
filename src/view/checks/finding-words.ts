import type { FindingState } from '../../protocol/finding.ts'

/** The states of findings as a person reads them, in at most eight columns. */
export const FINDING_WORDS = {
  fail: 'fail',
  unknown: 'unknown',
  'not-applicable': 'n/a',
  pass: 'pass',
} as const satisfies Readonly<Record<FindingState, string>>

/** `2 fail, 0 unknown, 9 pass`, in the order of `states`. Checks that do not apply are named where there are any. */
export function findingCounts(
  findings: readonly { readonly state: FindingState }[],
  states: readonly FindingState[],
): string {
  return states
    .map((state) => ({ state, count: findings.filter((finding) => finding.state === state).length }))
    .filter(({ state, count }) => state !== 'not-applicable' || count > 0)
    .map(({ state, count }) => `${count} ${state === 'not-applicable' ? 'not applicable' : state}`)
    .join(', ')
}
