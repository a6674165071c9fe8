import type { FindingState } from '../../protocol/finding.ts'

/** The states of findings as a person reads them. */
export const FINDING_WORDS = {
  fail: 'fail',
  unknown: 'could not check',
  'not-applicable': 'n/a',
  pass: 'pass',
} as const satisfies Readonly<Record<FindingState, string>>

const COUNTED_WORDS = { ...FINDING_WORDS, unknown: 'could not be checked', 'not-applicable': 'not applicable' } as const

/** `2 fail, 0 could not be checked, 9 pass`, in the order of `states`. Checks that do not apply are named where there are any. */
export function findingCounts(
  findings: readonly { readonly state: FindingState }[],
  states: readonly FindingState[],
): string {
  return states
    .map((state) => ({ state, count: findings.filter((finding) => finding.state === state).length }))
    .filter(({ state, count }) => state !== 'not-applicable' || count > 0)
    .map(({ state, count }) => `${count} ${COUNTED_WORDS[state]}`)
    .join(', ')
}
