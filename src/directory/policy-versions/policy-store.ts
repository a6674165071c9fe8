import type { PastFinding } from '../appraisal/past-findings.ts'
import type { Device } from '../devices/device.ts'
import type { Page } from '../http/paging.ts'

/** Devices as a test of a policy reads them, and those whose result has to be made again. */
export interface PolicyDeviceStore {
  /** Devices that are not retired, by id. */
  active(page: Page): Promise<readonly Device[]>
  /** States that ended after `since`, of one device. */
  past(device: string, since: number): Promise<readonly PastFinding[]>
  /** Devices whose result is of an earlier version, or in which a grace or exemption has ended. */
  due(query: { readonly version: number; readonly now: number; readonly limit: number }): Promise<readonly string[]>
  /** Results of an earlier version. */
  outdated(version: number): Promise<number>
}
