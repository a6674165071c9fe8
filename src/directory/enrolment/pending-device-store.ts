import type {
  PENDING_DEVICE_STATES,
  PendingReason,
  PendingDevice as PendingView,
} from '../../protocol/nouns/enrolment/pending-devices.ts'
import type { DeviceKeys } from '../devices/device.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A new device whose keys are proven and that a human has yet to accept. It is in no list of devices. */
export interface PendingDevice extends DeviceKeys {
  readonly id: string
  readonly state: (typeof PENDING_DEVICE_STATES)[number]
  readonly owner: string
  readonly token: string
  readonly why: PendingReason
  readonly createdAt: number
}

export interface PendingDeviceStore {
  get(id: string): Promise<PendingDevice | undefined>
  /** The newest with this token and key. */
  withKey(token: string, applicationKey: string): Promise<PendingDevice | undefined>
  /** Whether a human refused a device with this key, or with this TPM. */
  wasRefused(keys: { readonly applicationKey: string; readonly endorsement?: string | undefined }): Promise<boolean>
  put(device: PendingDevice): Promise<void>
  settle(
    id: string,
    outcome: { state: 'accepted' | 'refused'; at: number; by: string; reason?: string | undefined },
  ): Promise<void>
}

/** What the API reads. */
export interface PendingDeviceQueries {
  /** `named`: at least eight characters of the beginning of its id, its host name in any case, serial number, owner or token. */
  list(request: ListRequest): Promise<Listed<PendingView>>
  view(id: string): Promise<PendingView | undefined>
}
