import type { Finding, FindingState } from '../protocol/finding.ts'
import { countsNow, type VerdictReason } from '../protocol/messages/attestation-result.ts'
import type { Status } from '../protocol/messages/control.ts'

export interface OpenReasons {
  /** Required, and failed: someone has to act on these. */
  readonly failing: readonly VerdictReason[]
  /** Required, and not checked. The person at the device can do nothing about them. */
  readonly unchecked: readonly VerdictReason[]
  /** These do not count for the verdict. */
  readonly advised: readonly VerdictReason[]
}

/** The reasons of the verdict that still hold. A finding is newer than its reason. */
export function openReasons({ findings, result }: Pick<Status, 'findings' | 'result'>): OpenReasons {
  const states = new Map<string, Finding['state']>(findings.map(({ check, state }) => [check, state]))
  const open = (result?.reasons ?? []).flatMap((reason) => {
    const state = states.get(reason.check) ?? reason.state
    return state === 'fail' || state === 'unknown' ? [{ ...reason, state }] : []
  })
  // A check in its grace counts: someone has to fix it before the grace ends.
  const counts = (reason: VerdictReason) =>
    countsNow(reason) || (reason.graceUntil !== undefined && reason.advisory !== true)
  const counting = open.filter(counts)
  return {
    failing: counting.filter(({ state }) => state === 'fail'),
    unchecked: counting.filter(({ state }) => state === 'unknown'),
    advised: open.filter((reason) => !counts(reason) && !waitsForDrill(reason)),
  }
}

/**
 * No drill has shown yet whether agents can be stopped here. Every new device is in this state, so that nobody is shown it as a
 * problem, unless the policy requires the check.
 */
export function waitsForDrill({ check, state }: { readonly check: string; readonly state: FindingState }): boolean {
  return check === 'enforcement.freeze' && state === 'unknown'
}
