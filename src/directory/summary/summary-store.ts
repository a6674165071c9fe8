import type { CheckCounts, Summary } from '../../protocol/api-directory.ts'

/** What the store counts. It knows neither who is connected nor the policy. */
export type Counts = Pick<Summary, 'sightings' | 'pendingDevices' | 'pendingReEnrolments' | 'usableTokens'> & {
  readonly devices: Omit<Summary['devices'], 'connected'>
}

export interface SummaryStore {
  counts(now: number): Counts
  /** Devices that are not retired. */
  active(): number
  /** Checks that devices report, in no order. */
  checks(): readonly Omit<CheckCounts, 'weight' | 'differs' | 'notReported'>[]
}
