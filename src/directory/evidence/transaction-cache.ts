import type { CurrentFinding } from '../appraisal/result.ts'
import type { EvidenceStore } from './evidence-store.ts'

/**
 * Wraps the store for one transaction and reads nothing twice. During a burst a device repeats the same findings many times in
 * one transaction; unchanged findings then cost no statement.
 */
export function transactionCache(store: EvidenceStore): EvidenceStore {
  const findings = new Map<string, Map<string, CurrentFinding>>()
  const observed = new Set<string>()
  const failing = new Map<string, Set<string>>()

  const findingsOf = (device: string) =>
    cached(findings, device, () => new Map(store.findings.list(device).map((finding) => [finding.check, finding])))
  const failingOf = (device: string) =>
    cached(failing, device, () => new Set(store.unprocessed.list(device).map(({ part }) => part)))

  return {
    ...store,
    findings: {
      list: (device) => [...findingsOf(device).values()],
      put(device, finding, at) {
        store.findings.put(device, finding, at)
        findingsOf(device).set(finding.check, finding)
      },
      drop(device, check) {
        store.findings.drop(device, check)
        findingsOf(device).delete(check)
      },
      markReported(device, at) {
        if (observed.has(device)) return
        store.findings.markReported(device, at)
        observed.add(device)
      },
    },
    unprocessed: {
      list: (device) => store.unprocessed.list(device),
      // The failed part was rolled back, so the cache may differ from the store.
      put(device, failure) {
        store.unprocessed.put(device, failure)
        for (const memory of [findings, observed, failing]) memory.delete(device)
      },
      clear: (device, part) => failingOf(device).delete(part) && store.unprocessed.clear(device, part),
    },
  }
}

function cached<T>(memory: Map<string, T>, key: string, read: () => T): T {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = read()
  memory.set(key, value)
  return value
}
