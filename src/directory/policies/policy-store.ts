import type { PastFinding } from '../appraisal/past-findings.ts'
import type { Device } from '../devices/device.ts'
import type { Page } from '../http/paging.ts'

export interface StoredPolicy {
  /** From 1 on. 0 is the default of the release, which is not stored. */
  readonly version: number
  readonly hash: string
  readonly text: string
  readonly setAt: number
  readonly setBy: string
  readonly forced: boolean
  readonly restores?: number | undefined
}

/** Versions are added and never changed. */
export interface PolicyStore {
  newest(): StoredPolicy | undefined
  get(version: number): StoredPolicy | undefined
  add(policy: StoredPolicy): void
  /** Newest first. */
  list(page: { readonly before?: number | undefined; readonly limit: number }): readonly Omit<StoredPolicy, 'text'>[]
}

/** Devices as a test of a policy reads them, and those whose result has to be made anew. */
export interface PolicyDeviceStore {
  /** Devices that are not retired, by id. */
  active(page: Page): readonly Device[]
  /** States that ended after `since`, of one device. */
  past(device: string, since: number): readonly PastFinding[]
  /** Devices whose result is of an earlier version, or in which a grace or exemption has ended. */
  due(query: { readonly version: number; readonly now: number; readonly limit: number }): readonly string[]
  /** Results of an earlier version. */
  outdated(version: number): number
}
