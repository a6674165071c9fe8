import type { Clock } from '../../base/clock.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Results } from '../devices/results.ts'
import type { Policies } from './policies.ts'
import type { PolicyDeviceStore } from './policy-store.ts'

export interface ReappraisalComponents {
  readonly store: {
    readonly policyDevices: PolicyDeviceStore
    readonly devices: Pick<DeviceStore, 'standing'>
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly results: Results
  readonly policies: Pick<Policies, 'version'>
  /** Sends a result to its device if that is connected. */
  readonly announce: (device: string, epoch: number, result: AttestationResult) => Promise<void>
}

/** Results in one transaction. Devices and administrators wait as long: some ten milliseconds. */
const AT_ONCE = 50

/**
 * Makes results again that another policy made, and those in which a grace or an exemption has ended.
 *
 * @returns whether there may be more.
 */
export async function reappraiseSome(components: ReappraisalComponents): Promise<boolean> {
  const { store, clock, results, policies, announce } = components
  const due = await store.policyDevices.due({ version: policies.version, now: clock.now(), limit: AT_ONCE })
  if (due.length === 0) return false
  const made = await store.transaction(async () => {
    const outcomes = []
    for (const device of due) {
      const outcome = await results.refresh(device)
      outcomes.push({ device, outcome, epoch: (await store.devices.standing(device))?.epoch })
    }
    return outcomes
  })
  for (const { device, outcome, epoch } of made) {
    if (outcome?.changed === true && epoch !== undefined) await announce(device, epoch, outcome.result)
  }
  return due.length === AT_ONCE
}
