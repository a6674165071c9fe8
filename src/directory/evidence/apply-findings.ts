import { CHECKS } from '../../checks/checks.ts'
import { explanationOf, FINDING_STATES, type Finding } from '../../protocol/finding.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import type { EvidenceStore } from './evidence-store.ts'

/** Replaces the stored findings by those of the batch. Each keeps the time since which it fails or is unknown. */
export function applyFindings(
  store: Pick<EvidenceStore, 'findings'>,
  device: string,
  { findings, at }: { readonly findings: readonly Finding[]; readonly at: number },
): void {
  const held = new Map(store.findings.list(device).map((finding) => [finding.check, finding]))
  const reported = worstByCheck(findings)
  for (const finding of reported.values()) put(store, device, { finding, before: held.get(finding.check), at })
  for (const [check, before] of held) {
    if (!reported.has(check)) putAbsent(store, device, { check, before, at })
  }
  store.findings.markReported(device, at)
}

function put(
  store: Pick<EvidenceStore, 'findings'>,
  device: string,
  { finding, before, at }: { finding: Finding; before: CurrentFinding | undefined; at: number },
): void {
  const isBad = finding.state === 'fail' || finding.state === 'unknown'
  const since = isBad ? (before?.since ?? at) : undefined
  const same =
    before?.state === finding.state && before.since === since && explanationOf(before) === explanationOf(finding)
  if (!same) store.findings.put(device, { ...finding, since }, at)
}

/** A check that is no longer reported becomes unknown. A check that Surety does not know is deleted. */
function putAbsent(
  store: Pick<EvidenceStore, 'findings'>,
  device: string,
  { check, before, at }: { check: string; before: CurrentFinding; at: number },
): void {
  if (!CHECKS.some((known) => known === check)) store.findings.drop(device, check)
  else put(store, device, { finding: { check, state: 'unknown', reason: 'no longer reported' }, before, at })
}

function isWorse(one: Finding, other: Finding): boolean {
  return FINDING_STATES.indexOf(one.state) < FINDING_STATES.indexOf(other.state)
}

/** If a check is reported twice, the worse finding counts. */
function worstByCheck(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  const worst = new Map<string, Finding>()
  for (const finding of findings) {
    const other = worst.get(finding.check)
    if (other === undefined || isWorse(finding, other)) worst.set(finding.check, finding)
  }
  return worst
}
