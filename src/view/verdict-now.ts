import { isStale, type Verdict } from '../protocol/messages/attestation-result.ts'
import type { Status } from '../protocol/messages/control.ts'

/** The time of the directory's clock if the daemon knows it, because ours may be off. */
export function directoryTime({ directory }: Status, nowMs: number): number {
  return directory.time ?? nowMs
}

/** The verdict now: `unknown` without a result, `stale` past its end. */
export function verdictOf(status: Status, nowMs: number): Verdict {
  const { result } = status
  if (result === undefined) return 'unknown'
  return isStale(result, directoryTime(status, nowMs)) ? 'stale' : result.verdict
}
