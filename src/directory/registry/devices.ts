import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Device } from './device.ts'
import type { EventStore } from './event.ts'

export interface RegistryStore extends EventStore {
  transaction<T>(work: () => T): T
  device(id: string): Device | undefined
  retireDevice(id: string): void
}

export interface DevicesComponents {
  readonly store: RegistryStore
  readonly clock: Pick<Clock, 'now'>
  /** After the commit: its session must end. */
  readonly retired: (device: string) => void
}

export interface Devices {
  /** @throws `DEVICE_UNKNOWN`. */
  retire(id: string, actor: string): void
}

export function devices({ store, clock, retired }: DevicesComponents): Devices {
  return {
    retire(id, actor) {
      store.transaction(() => {
        const device = store.device(id)
        if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', `there is no device ${id}`)
        if (device.status === 'retired') return
        store.retireDevice(id)
        store.record({ at: clock.now(), kind: 'retired', device: id, actor })
      })
      retired(id)
    },
  }
}
