import { SuretyError } from '../../base/errors.ts'
import type { RegistrationCriteria, RegistrationRequest } from '../../protocol/api/registrations.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { knownHuman } from '../humans/known-humans.ts'

/** With what a device is told to stop by, an order must stay small. */
const MOST_BYTES = 12 * 1024

/**
 * The criteria as they are stored: lists without doubles, the human by id.
 *
 * @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`; `NOT_FOUND` for a human; `INPUT_TOO_LARGE`.
 */
export function checkedCriteria(
  store: { readonly devices: Pick<DeviceStore, 'standing'>; readonly humans: Pick<HumanStore, 'get' | 'allNamed'> },
  { device, human, ...lists }: RegistrationRequest['criteria'],
): RegistrationCriteria {
  if (device !== undefined) {
    const standing = store.devices.standing(device)
    if (standing === undefined) throw unknownDevice(device)
    if (standing.status === 'retired') throw new SuretyError('DEVICE_RETIRED', `the device ${device} was retired`)
  }
  const criteria = {
    ...Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, [...new Set(items)].toSorted()])),
    ...(device === undefined ? {} : { device }),
    ...(human === undefined ? {} : { human: knownHuman(store.humans, human).id }),
  }
  if (Buffer.byteLength(JSON.stringify(criteria)) > MOST_BYTES) {
    throw new SuretyError('INPUT_TOO_LARGE', `the criteria have more than ${MOST_BYTES} bytes`)
  }
  return criteria
}

/** Whether whatever these criteria accept is accepted by the others too. */
export function areWithin(criteria: RegistrationCriteria, others: RegistrationCriteria): boolean {
  const itemsOf = (one: string | readonly string[] | undefined) => (typeof one === 'string' ? [one] : one)
  const names = Object.keys(others) as (keyof RegistrationCriteria)[]
  return names.every((name) => {
    const accepted = itemsOf(others[name])
    return accepted === undefined || itemsOf(criteria[name])?.every((item) => accepted.includes(item)) === true
  })
}
