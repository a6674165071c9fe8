import type { TpmCounters } from '../../crypto/tpm/attest.ts'
import type { AttestationResult, Verdict } from '../../protocol/messages/attestation-result.ts'
import type {
  DeviceFinding,
  DeviceSighting,
  DeviceSummary,
  Device as DeviceView,
} from '../../protocol/nouns/devices/devices.ts'
import type { REFERENCE_KINDS } from '../../protocol/nouns/devices/verdict.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { Page } from '../http/paging.ts'
import type { Device, Standing } from './device.ts'

export interface DeviceStore {
  get(id: string): Promise<Device | undefined>
  /** As `get`, but reads only what a hello needs. */
  standing(id: string): Promise<Standing | undefined>
  /** The application key of an epoch. SubjectPublicKeyInfo, base64url. */
  keyAt(id: string, epoch: number): Promise<string | undefined>
  /** The device that signs with this key now, or did in an earlier epoch. */
  withKey(applicationKey: string): Promise<Device | undefined>
  withEndorsement(publicHash: string): Promise<Device | undefined>
  /** Ids of devices that report this machine id: a hint at a clone or a reinstall, never an identity. */
  withMachineId(machineId: string): Promise<readonly string[]>
  put(device: Device): Promise<void>
  putAttestation(
    device: string,
    attestation: {
      readonly at: number
      readonly counters?: TpmCounters | undefined
      readonly pcrs?: Readonly<Record<string, string>> | undefined
    },
  ): Promise<void>
  putAttestationFailure(device: string, failure: { readonly code: string; readonly at: number }): Promise<void>
  /** Keeps the time of the epoch's first fork. */
  markForked(device: string, at: number): Promise<void>
  retire(id: string): Promise<void>
  putOwner(id: string, owner: string): Promise<void>
  /** Replaces all labels. */
  putLabels(id: string, labels: Readonly<Record<string, string>>): Promise<void>
}

export interface ResultStore {
  get(device: string): Promise<AttestationResult | undefined>
  /** As it was appraised, however long ago. */
  verdict(device: string): Promise<Verdict | undefined>
  /** @param policyVersion of the policy that made it; 0 for the default. */
  put(device: string, result: AttestationResult, policyVersion?: number): Promise<void>
}

/** What the API reads about devices. Values that depend on the time are computed for `now`. */
export interface DeviceQueries {
  has(id: string): Promise<boolean>
  view(id: string): Promise<StoredDevice | undefined>
  /** `status` absent: active. */
  list(request: ListRequest, now: number): Promise<Listed<DeviceSummary>>
  /** Active devices with exactly this host name (in any case), serial number or owner. At most `limit`. */
  matching(reference: string, limit: number): Promise<readonly DeviceMatch[]>
  /** SubjectPublicKeyInfo, DER, of the application key of an epoch. `epoch` undefined: the current one. */
  applicationKey(device: string, epoch: number | undefined): Promise<Uint8Array | undefined>
}

export interface DeviceMatch {
  readonly id: string
  /** What of the device the reference matched. */
  readonly matched: (typeof REFERENCE_KINDS)[number]
}

/** A device as stored. Its result may have expired since. */
export type StoredDevice = Omit<DeviceView, 'presence'>

export interface FindingQueries {
  /** True if a device reports a check of this name. */
  knows(check: string): Promise<boolean>
  view(device: string): Promise<readonly DeviceFinding[]>
}

export interface WarningQueries {
  /** True if a device reports a health warning of this code. */
  knowsWarning(code: string): Promise<boolean>
}

export interface SightingQueries {
  view(device: string, id: string): Promise<DeviceSighting | undefined>
  /** Large sightings make a page shorter than its limit. `more`: the list continues. */
  page(
    device: string,
    page: SightingsPage,
  ): Promise<{ readonly items: readonly DeviceSighting[]; readonly more: boolean }>
}

export interface SightingsPage extends Page {
  readonly kind?: Sighting['kind'] | undefined
  /** Absent: those that are present. */
  readonly state?: 'present' | 'gone' | undefined
}

export interface SourceQueries {
  /** As the device last reported them. */
  list(device: string): Promise<readonly SourceReport[]>
}
