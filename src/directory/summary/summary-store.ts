import type { HealthCode } from '../../protocol/health.ts'
import type { CheckCounts, Summary } from '../../protocol/nouns/directory/directory.ts'
import type { TamperSign } from '../../protocol/tamper.ts'
import type { DaemonProgram } from '../../protocol/updates.ts'

/** What the store counts. It knows neither who is connected nor the policy. */
export type Counts = Pick<Summary, 'sightings' | 'pendingDevices' | 'pendingReEnrolments' | 'usableTokens'> & {
  readonly devices: Omit<Summary['devices'], 'connected'>
}

export interface SummaryStore {
  counts(now: number): Promise<Counts>
  /** Devices that are not retired. */
  active(): Promise<number>
  /** Checks that devices report, in no order. */
  checks(): Promise<readonly Omit<CheckCounts, 'weight' | 'differs' | 'notReported'>[]>
  /** @param question.version of the directory. */
  daemons(question: { readonly now: number; readonly version: string }): Promise<DaemonCounts>
}

/** Numbers of devices that are not retired, by what is known of their daemons. */
export interface DaemonCounts {
  /** With a sign of the last seven days. */
  readonly tampered: Readonly<Record<TamperSign['kind'], number>>
  /** Signs that were ever received, of all devices. */
  readonly tamperSigns: Readonly<Record<TamperSign['kind'], number>>
  readonly updates: Readonly<Record<DaemonProgram['updates'] | 'not-reported', number>>
  /** Their versions beside that of the directory. */
  readonly versions: Readonly<Record<'older' | 'same' | 'newer' | 'not-reported', number>>
  /** Codes that this release does not know are left out. */
  readonly warnings: Readonly<Record<HealthCode, number>>
}
