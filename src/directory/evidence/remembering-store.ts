import type { CurrentFinding } from '../appraisal/result.ts'
import type { EvidenceStore } from './evidence-store.ts'

/**
 * The store as one transaction sees it: what was read or written before in this transaction is not read again. A device
 * in a burst says the same findings many times in one transaction, and what does not change costs no statement.
 */
export function rememberingStore(store: EvidenceStore): EvidenceStore {
  const findings = new Map<string, Map<string, CurrentFinding>>()
  const observed = new Set<string>()
  const failing = new Map<string, Set<string>>()

  const findingsOf = (device: string) =>
    remembered(findings, device, () => new Map(store.findings(device).map((finding) => [finding.check, finding])))
  const failingOf = (device: string) =>
    remembered(failing, device, () => new Set(store.projectionFailures(device).map(({ part }) => part)))

  return {
    ...store,
    findings: (device) => [...findingsOf(device).values()],
    putFinding(device, finding, at) {
      store.putFinding(device, finding, at)
      findingsOf(device).set(finding.check, finding)
    },
    dropFinding(device, check) {
      store.dropFinding(device, check)
      findingsOf(device).delete(check)
    },
    findingsObserved(device, at) {
      if (observed.has(device)) return
      store.findingsObserved(device, at)
      observed.add(device)
    },
    // A part that failed was undone: what is remembered of it may not be what is stored.
    putProjectionFailure(device, failure) {
      store.putProjectionFailure(device, failure)
      for (const memory of [findings, observed, failing]) memory.delete(device)
    },
    clearProjectionFailure: (device, part) =>
      failingOf(device).delete(part) && store.clearProjectionFailure(device, part),
  }
}

function remembered<T>(memory: Map<string, T>, key: string, read: () => T): T {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = read()
  memory.set(key, value)
  return value
}
