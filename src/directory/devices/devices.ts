import type { Clock } from '../../base/clock.ts'
import type { Labelling } from '../../protocol/api-devices.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { AuditStore } from '../audit/audit.ts'
import { unknownDevice } from './device.ts'
import type { DeviceStore } from './device-store.ts'
import { setLabels } from './labels.ts'
import type { Results } from './results.ts'

export interface DevicesComponents {
  readonly store: {
    readonly devices: Pick<DeviceStore, 'get' | 'retire' | 'putLabels'>
    readonly reEnrolments: {
      /** Ids of the device's re-enrolments that wait for approval. */
      pending(device: string): readonly string[]
      settle(id: string, outcome: { state: 'denied'; at: number; by: string }): void
    }
    readonly audit: AuditStore
    transaction<T>(work: () => T): T
  }
  readonly clock: Pick<Clock, 'now'>
  readonly results: Results
  /** Sends a changed result to its device if that is connected. */
  readonly announce?: (device: string, epoch: number, result: AttestationResult) => void
  /** Called after the commit, to end the device's session and those of the re-enrolments in `denied`. */
  readonly retired: (device: string, denied: readonly string[]) => void
}

export interface Devices {
  /**
   * Refuses the device from now on, until a human approves a re-enrolment. Pending re-enrolments are denied. Retiring it
   * again changes nothing else.
   *
   * @throws `DEVICE_UNKNOWN`.
   */
  retire(id: string, reason: string, actor: string): void
  /** Changes labels and appraises the device, which may be in another group now. @throws `DEVICE_UNKNOWN`, `QUOTA_EXCEEDED`. */
  label(id: string, labelling: Labelling, actor: string): void
}

export function devices({ store, clock, results, retired, announce }: DevicesComponents): Devices {
  return {
    label(id, labelling, actor) {
      const { device, outcome } = store.transaction(() => ({
        device: setLabels(store, { id, labelling, actor, at: clock.now() }),
        outcome: results.refresh(id),
      }))
      if (outcome?.changed === true) announce?.(id, device.epoch, outcome.result)
    },
    retire(id, reason, actor) {
      const denied = store.transaction(() => {
        const device = store.devices.get(id)
        if (device === undefined) throw unknownDevice(id)
        const entry = { at: clock.now(), actor, device: id }
        const pending = store.reEnrolments.pending(id)
        for (const reEnrolment of pending) {
          store.reEnrolments.settle(reEnrolment, { state: 'denied', at: entry.at, by: actor })
          const details = { reEnrolment, reason: 'retired' }
          store.audit.add({ ...entry, act: 're-enrolment-denied', subject: reEnrolment, details })
        }
        if (device.status === 'retired') return pending
        store.devices.retire(id)
        store.audit.add({ ...entry, act: 'retired', subject: id, details: { reason } })
        results.refresh(id)
        return pending
      })
      retired(id, denied)
    },
  }
}
