import { cardOf } from '../../checks/checks.ts'
import type { FindingState } from '../../protocol/finding.ts'

/** What holds when a check passes. A check of another version has its name only. */
export function checkTitle(check: string): string {
  return cardOf(check)?.english.title ?? check
}

/** What the state of a check means. */
export function checkHeadline(check: string, state: FindingState): string {
  if (state === 'fail') return cardOf(check)?.english.problem ?? check
  return state === 'unknown' ? `Could not check: ${checkTitle(check)}` : checkTitle(check)
}
