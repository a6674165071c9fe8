import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Device } from './device.ts'
import type { EventStore } from './event.ts'
import type { Results } from './results.ts'

export interface RegistryStore extends EventStore {
  transaction<T>(work: () => T): T
  device(id: string): Device | undefined
  retireDevice(id: string): void
}

export interface DevicesComponents {
  readonly store: RegistryStore
  readonly clock: Pick<Clock, 'now'>
  readonly results: Results
  /** After the commit: its session must end. */
  readonly retired: (device: string) => void
}

export interface Devices {
  /** For good, until a human lets it enrol anew. Retiring it again changes nothing. @throws `DEVICE_UNKNOWN`. */
  retire(id: string, reason: string, actor: string): void
}

export function devices({ store, clock, results, retired }: DevicesComponents): Devices {
  return {
    retire(id, reason, actor) {
      store.transaction(() => {
        const device = store.device(id)
        if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', `there is no device ${id}`)
        if (device.status === 'retired') return
        store.retireDevice(id)
        store.record({ at: clock.now(), kind: 'retired', device: id, actor, detail: { reason } })
        results.refresh(id)
      })
      retired(id)
    },
  }
}
