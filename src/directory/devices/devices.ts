import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { EventStore } from '../activity/activity.ts'
import type { Device } from './device.ts'
import type { Results } from './results.ts'

export interface RegistryStore extends EventStore {
  transaction<T>(work: () => T): T
  device(id: string): Device | undefined
  retireDevice(id: string): void
  /** Ids of re-enrolments of the device that wait for a human. */
  waitingReEnrolments(device: string): readonly string[]
  settleReEnrolment(id: string, settled: { state: 'denied'; at: number; by: string }): void
}

export interface DevicesComponents {
  readonly store: RegistryStore
  readonly clock: Pick<Clock, 'now'>
  readonly results: Results
  /** After the commit: its session must end, and those of re-enrolments that waited. */
  readonly retired: (device: string, denied: readonly string[]) => void
}

export interface Devices {
  /**
   * For good, until a human lets it enrol anew: what waits for that now is denied. Retiring it again changes nothing
   * else.
   *
   * @throws `DEVICE_UNKNOWN`.
   */
  retire(id: string, reason: string, actor: string): void
}

export function devices({ store, clock, results, retired }: DevicesComponents): Devices {
  return {
    retire(id, reason, actor) {
      const denied = store.transaction(() => {
        const device = store.device(id)
        if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', `there is no device ${id}`)
        const at = clock.now()
        const waiting = store.waitingReEnrolments(id)
        for (const reEnrolment of waiting) {
          store.settleReEnrolment(reEnrolment, { state: 'denied', at, by: actor })
          store.record({
            at,
            kind: 're-enrolment-denied',
            device: id,
            actor,
            detail: { reEnrolment, reason: 'retired' },
          })
        }
        if (device.status === 'retired') return waiting
        store.retireDevice(id)
        store.record({ at, kind: 'retired', device: id, actor, detail: { reason } })
        results.refresh(id)
        return waiting
      })
      retired(id, denied)
    },
  }
}
