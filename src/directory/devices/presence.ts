import type { DevicePresence, DeviceSummary } from '../../protocol/nouns/devices/devices.ts'

/** The `presence` member of a device. A retired device has none, because it may not connect. */
export function presenceOf(
  { id, status }: Pick<DeviceSummary, 'id' | 'status'>,
  isConnected: (device: string) => boolean,
): { readonly presence?: DevicePresence } {
  return status === 'retired' ? {} : { presence: isConnected(id) ? 'connected' : 'silent' }
}
