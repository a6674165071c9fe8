import type { ActivityStore } from '../activity/activity.ts'
import { type Device, type DeviceKeys, NO_HEAD, NO_SEQUENCE } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Results } from '../devices/results.ts'

export interface NewDeviceComponents {
  readonly store: {
    readonly devices: Pick<DeviceStore, 'put' | 'withMachineId'>
    readonly activity: ActivityStore
  }
  readonly results: Results
}

export interface NewDeviceInit {
  readonly id: string
  readonly keys: DeviceKeys
  readonly owner: string
  readonly token: string
  /** When its keys were proven. */
  readonly attestedAt: number
  readonly now: number
}

/** Lets a new device in: its first epoch begins. Inside the caller's transaction. */
export async function putNewDevice({ store, results }: NewDeviceComponents, init: NewDeviceInit): Promise<Device> {
  const { id, keys, owner, token, attestedAt, now } = init
  const { machineId } = keys.label
  const sameMachine = machineId === undefined ? [] : await store.devices.withMachineId(machineId)
  const notes =
    sameMachine.length === 0 ? [] : [`other devices report this machine id: ${sameMachine.slice(0, 4).join(', ')}`]
  const device: Device = {
    ...keys,
    id,
    owner,
    token,
    attestedAt,
    epoch: 1,
    status: 'active',
    enrolledAt: now,
    lastOrder: 0,
    notes: [...keys.notes, ...notes],
    sequence: NO_SEQUENCE,
    head: NO_HEAD,
  }
  await store.devices.put(device)
  const detail = { tier: device.tier, owner, token, notes: device.notes.join('; ') }
  await store.activity.add({ at: now, kind: 'enrolled', device: id, detail })
  await results.refresh(id)
  return device
}
