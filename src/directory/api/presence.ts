import type { DevicePresence, DeviceSummary } from '../../protocol/api-devices.ts'

/** Whether a device is connected, as a member of it; nothing of a retired one, which may not connect. */
export function presenceOf(
  { id, status }: Pick<DeviceSummary, 'id' | 'status'>,
  isConnected: (device: string) => boolean,
): { readonly presence?: DevicePresence } {
  return status === 'retired' ? {} : { presence: isConnected(id) ? 'connected' : 'silent' }
}
