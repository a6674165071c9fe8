import type { EventStore } from '../activity/activity.ts'
import type { Device } from '../devices/device.ts'
import type { ReEnrolmentStore } from '../re-enrolments/re-enrolment.ts'
import type { TokenStore } from './token.ts'

export interface EnrolmentStore extends TokenStore, ReEnrolmentStore, EventStore {
  transaction<T>(work: () => T): T
  /** The device that signs with this key now, or did in an earlier epoch. */
  deviceByKey(applicationKey: string): Device | undefined
  deviceByEndorsement(publicHash: string): Device | undefined
  putDevice(device: Device): void
  /** Other devices that call themselves by this machine id: a hint at a clone or a reinstall, never an identity. */
  devicesByMachineId(machineId: string): readonly string[]
}
