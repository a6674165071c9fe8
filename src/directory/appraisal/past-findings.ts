import type { CurrentFinding } from './result.ts'

/** A state that a check had until `endedAt`. */
export interface PastFinding {
  readonly finding: CurrentFinding
  readonly endedAt: number
}

/** The findings as they were at a time: for each check the state that ended first after it, or else the current one. Pure. */
export function findingsAt(
  current: readonly CurrentFinding[],
  past: readonly PastFinding[],
  at: number,
): readonly CurrentFinding[] {
  const then = new Map<string, PastFinding>()
  for (const one of past) {
    const { check } = one.finding
    const other = then.get(check)
    if (one.endedAt > at && (other === undefined || one.endedAt < other.endedAt)) then.set(check, one)
  }
  return then.size === 0 ? current : current.map((finding) => then.get(finding.check)?.finding ?? finding)
}
