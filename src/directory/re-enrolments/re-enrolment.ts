import type { Device, DeviceKeys } from '../devices/device.ts'

export const RE_ENROLMENT_STATES = ['pending', 'approved', 'denied'] as const
type ReEnrolmentState = (typeof RE_ENROLMENT_STATES)[number]

/** A known key or TPM that asks to enrol again: the same device in a new epoch, once a human says so. */
export interface ReEnrolment extends DeviceKeys {
  readonly id: string
  readonly device: string
  /** What the device's epoch becomes. */
  readonly epoch: number
  readonly state: ReEnrolmentState
  readonly owner: string
  readonly token: string
  readonly createdAt: number
}

export interface ReEnrolmentStore {
  reEnrolment(id: string): ReEnrolment | undefined
  reEnrolmentAt(device: string, epoch: number): ReEnrolment | undefined
  reEnrolmentByKey(token: string, applicationKey: string): ReEnrolment | undefined
  putReEnrolment(reEnrolment: ReEnrolment): void
  settleReEnrolment(id: string, settled: { state: 'approved' | 'denied'; at: number; by: string }): void
  /** Every epoch that was ever proposed for the device counts. */
  highestEpoch(device: string): number
  pendingBelow(device: string, epoch: number): readonly string[]
  /** The device gets the re-enrolment's keys and epoch; its chain begins anew, and no pass of the old epoch stands. */
  adoptReEnrolment(reEnrolment: ReEnrolment, at: number): void
  device(id: string): Device | undefined
}
