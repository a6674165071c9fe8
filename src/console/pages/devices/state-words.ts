import type { FindingState } from '../../../protocol/finding.ts'

/** States of checks as words of a sentence. */
export const STATE_WORDS: Readonly<Record<FindingState, string>> = {
  pass: 'passes',
  fail: 'fails',
  unknown: 'could not check',
  'not-applicable': 'does not apply',
}
