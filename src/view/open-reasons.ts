import { countsNow, type VerdictReason } from '../protocol/attestation-result.ts'
import type { Status } from '../protocol/control.ts'
import type { Finding } from '../protocol/finding.ts'

export interface OpenReasons {
  /** Someone has to act on these. */
  readonly counting: readonly VerdictReason[]
  /** These do not count for the verdict. */
  readonly advised: readonly VerdictReason[]
}

/** The reasons of the verdict that still hold. A finding that passes now is newer than its reason. */
export function openReasons({ findings, result }: Pick<Status, 'findings' | 'result'>): OpenReasons {
  const states = new Map<string, Finding['state']>(findings.map(({ check, state }) => [check, state]))
  const open = (result?.reasons ?? []).filter(({ check }) => {
    const state = states.get(check)
    return state === undefined || state === 'fail' || state === 'unknown'
  })
  // A check in its grace counts: someone has to fix it before the grace ends.
  const counts = (reason: VerdictReason) =>
    countsNow(reason) || (reason.graceUntil !== undefined && reason.advisory !== true)
  return { counting: open.filter(counts), advised: open.filter((reason) => !counts(reason)) }
}
