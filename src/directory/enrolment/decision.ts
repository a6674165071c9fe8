import type { Device, DeviceKeys } from '../devices/device.ts'

export const DECISION_STATES = ['pending', 'approved', 'denied'] as const
type DecisionState = (typeof DECISION_STATES)[number]

/** A known key or TPM that asks to enrol again: the same device in a new epoch, once a human says so. */
export interface Decision extends DeviceKeys {
  readonly id: string
  readonly device: string
  /** What the device's epoch becomes. */
  readonly epoch: number
  readonly state: DecisionState
  readonly owner: string
  readonly token: string
  readonly createdAt: number
}

export interface DecisionStore {
  decision(id: string): Decision | undefined
  decisionAt(device: string, epoch: number): Decision | undefined
  decisionByKey(token: string, applicationKey: string): Decision | undefined
  putDecision(decision: Decision): void
  settleDecision(id: string, settled: { state: 'approved' | 'denied'; at: number; by: string }): void
  /** Every epoch that was ever proposed for the device counts. */
  highestEpoch(device: string): number
  pendingBelow(device: string, epoch: number): readonly string[]
  /** The device gets the decision's keys and epoch; its chain begins anew, and no pass of the old epoch stands. */
  adoptDecision(decision: Decision, at: number): void
  device(id: string): Device | undefined
}
