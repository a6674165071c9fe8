import { SuretyError } from '../../base/errors.ts'
import type { Labelling } from '../../protocol/api/devices.ts'
import type { AuditStore } from '../audit/audit.ts'
import { type Device, unknownDevice } from './device.ts'
import type { DeviceStore } from './device-store.ts'

const MAX_LABELS = 64

/** Inside the caller's transaction. @returns the device as it was. @throws `DEVICE_UNKNOWN`, `INPUT_MALFORMED`, `QUOTA_EXCEEDED`. */
export function setLabels(
  store: { readonly devices: Pick<DeviceStore, 'get' | 'putLabels'>; readonly audit: AuditStore },
  act: { readonly id: string; readonly labelling: Labelling; readonly actor: string; readonly at: number },
): Device {
  const { id, labelling, actor, at } = act
  const { set = {}, remove = [] } = labelling
  const device = store.devices.get(id)
  if (device === undefined) throw unknownDevice(id)
  const twice = remove.find((name) => Object.hasOwn(set, name))
  if (twice !== undefined) throw new SuretyError('INPUT_MALFORMED', `the label ${twice} is both set and removed`)
  const labels = { ...device.labels, ...set }
  for (const name of remove) delete labels[name]
  if (Object.keys(labels).length > MAX_LABELS) {
    throw new SuretyError('QUOTA_EXCEEDED', `a device has at most ${MAX_LABELS} labels: remove some`)
  }
  store.devices.putLabels(id, labels)
  const details = {
    ...(Object.keys(set).length > 0 ? { set: wordsOf(set) } : {}),
    ...(remove.length > 0 ? { removed: remove.join(', ') } : {}),
  }
  store.audit.add({ at, actor, act: 'labelled', subject: id, device: id, details })
  return device
}

function wordsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
