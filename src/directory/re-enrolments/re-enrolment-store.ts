import type {
  RE_ENROLMENT_STATES,
  ReEnrolment as ReEnrolmentView,
} from '../../protocol/nouns/enrolment/re-enrolments.ts'
import type { DeviceKeys } from '../devices/device.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A known key or TPM that asks to enrol again: the same device in a new epoch, if a human approves. */
export interface ReEnrolment extends DeviceKeys {
  readonly id: string
  readonly device: string
  /** The epoch that an approval begins. */
  readonly epoch: number
  readonly state: (typeof RE_ENROLMENT_STATES)[number]
  readonly owner: string
  readonly token: string
  readonly createdAt: number
}

export interface ReEnrolmentStore {
  get(id: string): Promise<ReEnrolment | undefined>
  atEpoch(device: string, epoch: number): Promise<ReEnrolment | undefined>
  /** The newest with this token and key. */
  withKey(token: string, applicationKey: string): Promise<ReEnrolment | undefined>
  put(reEnrolment: ReEnrolment): Promise<void>
  settle(
    id: string,
    outcome: { state: 'approved' | 'denied'; at: number; by: string; reason?: string | undefined },
  ): Promise<void>
  /** The highest epoch of the device, or of any of its re-enrolments. */
  highestEpoch(device: string): Promise<number>
  /** Ids of the device's pending re-enrolments. @param belowEpoch only those of earlier epochs. */
  pending(device: string, belowEpoch?: number): Promise<readonly string[]>
  /** Gives the device the keys and the epoch. Its chain begins again, and passes of the old epoch are forgotten. */
  startEpoch(reEnrolment: ReEnrolment, at: number): Promise<void>
}

/** What the API reads. */
export interface ReEnrolmentQueries {
  /** `named`: at least eight characters of the beginning of its id; or its device, as `DeviceQuestion` names one. */
  list(request: ListRequest): Promise<Listed<ReEnrolmentView>>
  view(id: string): Promise<ReEnrolmentView | undefined>
}
