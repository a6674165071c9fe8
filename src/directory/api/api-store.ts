import type { DirectoryEvent, EventKind, ReEnrolment, Summary, Token } from '../../protocol/api-administration.ts'
import type {
  Device,
  DeviceFinding,
  DeviceOrder,
  DevicePresence,
  DeviceSighting,
  DeviceSummary,
  EvidenceEntry,
} from '../../protocol/api-devices.ts'
import type { Verdict } from '../../protocol/attestation-result.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'

/** What the API reads. Whatever depends on the time is computed for `now`; nothing here changes anything. */
export interface ApiStore {
  counts(now: number): Omit<Summary, 'time' | 'version'>
  tokens(page: Page, now: number): readonly Token[]
  token(id: string, now: number): Token | undefined
  devices(page: DevicesPage, now: number): readonly DeviceSummary[]
  device(id: string): StoredDevice | undefined
  hasDevice(id: string): boolean
  findings(device: string): readonly DeviceFinding[]
  /** Fewer than the limit where they are large. `more`: the list goes on. */
  sightings(device: string, page: SightingsPage): { readonly items: readonly DeviceSighting[]; readonly more: boolean }
  sighting(device: string, id: string): DeviceSighting | undefined
  sources(device: string): readonly SourceReport[]
  /** Newest first, before `place`. */
  evidence(
    device: string,
    page: { readonly before?: Place | undefined; readonly limit: number },
  ): readonly EvidenceEntry[]
  evidenceJws(device: string, place: Place): string | undefined
  /** SubjectPublicKeyInfo, DER, of the application key of an epoch; left out: the current one. */
  applicationKey(device: string, epoch: number | undefined): Uint8Array | undefined
  /** Newest first, below `before`. */
  orders(device: string, page: NumberedPage, now: number): readonly DeviceOrder[]
  order(id: string, now: number): DeviceOrder | undefined
  reEnrolments(page: Page & { readonly status?: ReEnrolment['status'] | undefined }): readonly ReEnrolment[]
  reEnrolment(id: string): ReEnrolment | undefined
  /** Newest first, below `before`. */
  events(
    page: NumberedPage & { readonly device?: string | undefined; readonly kind?: EventKind | undefined },
  ): readonly DirectoryEvent[]
}

/** A device as stored: its result may have run out since. */
export type StoredDevice = Omit<Device, 'presence'>

/** `limit` items whose id comes after `after`, in the order of ids. */
export interface Page {
  readonly after?: string | undefined
  readonly limit: number
}

export interface DevicesPage extends Page {
  readonly verdict?: Verdict | undefined
  readonly presence?: DevicePresence | undefined
  /** Devices that call themselves so, in any case, or whose id begins so. */
  readonly named?: string | undefined
  readonly isConnected: (device: string) => boolean
}

export interface SightingsPage extends Page {
  readonly kind?: Sighting['kind'] | undefined
  /** Those that are there now where absent. */
  readonly state?: 'present' | 'gone' | undefined
}

export interface NumberedPage {
  readonly before?: number | undefined
  readonly limit: number
}

/** One place in a device's chain. */
export interface Place {
  readonly epoch: number
  readonly sequence: number
}
