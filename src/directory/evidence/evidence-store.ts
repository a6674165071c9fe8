import type { HealthWarning, Inventory } from '../../protocol/messages/evidence.ts'
import type { EvidenceEntry, ExportedEpoch } from '../../protocol/nouns/devices/evidence.ts'
import type { ScannedSource, SightingLocation } from '../../protocol/scan-coverage.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'
import type { ActionArrivalStore } from '../actions/action-store.ts'
import type { ActivityStore } from '../activity/activity.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import type { TakeInApprovalsStore } from '../approvals/take-in-approvals.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { ClaimArrivalStore } from '../claims/claim-store.ts'
import type { DeviceStore, SightingQueries } from '../devices/device-store.ts'
import type { AccountSightingStore } from '../humans/accounts.ts'
import type { ReceiptStore } from '../orders/order-store.ts'
import type { SeenStore } from '../seen/seen-store.ts'
import type { TakeInStore } from '../seen/take-in.ts'
import type { StopAnswerStore } from '../stops/stop-store.ts'
import type { TamperStore } from '../tamper/tamper-store.ts'

/** The stores that evidence is written to. All times are the directory's. */
export interface EvidenceStore {
  readonly accounts: AccountSightingStore['accounts']
  readonly actions: ActionArrivalStore
  readonly activity: ActivityStore
  readonly approvals: TakeInApprovalsStore['approvals']
  readonly audit: AuditStore
  readonly claims: ClaimArrivalStore
  readonly devices: Pick<DeviceStore, 'markForked' | 'get'>
  readonly evidence: ChainStore
  readonly findings: FindingStore
  readonly humans: AccountSightingStore['humans']
  readonly orders: ReceiptStore
  readonly registrations: TakeInStore['registrations'] & TakeInApprovalsStore['registrations']
  readonly reports: ReportStore
  readonly seen: SeenStore
  readonly sightings: SightingStore & Pick<SightingQueries, 'view'>
  readonly snapshots: SnapshotStore
  readonly sources: SourceStore
  readonly stopDevices: StopAnswerStore
  readonly tamper: TamperStore
  readonly unfinished: UnfinishedStore
  readonly unprocessed: UnprocessedStore
  transaction<T>(work: () => Promise<T>): Promise<T>
}

/** A device's chain as stored. */
export interface StoredChain {
  readonly status: 'active' | 'retired'
  readonly epoch: number
  readonly sequence: number
  readonly head: string
  /** Bytes of evidence stored in this epoch. */
  readonly bytes: number
  /** Highest sequence stored in this epoch. Above `sequence` while gap records wait for their position. */
  readonly newest: number
}

export interface StoredBatch {
  readonly device: string
  readonly epoch: number
  readonly sequence: number
  readonly hash: string
  readonly previous: string
  readonly compact: string
}

export interface ChainStore {
  chain(device: string): Promise<StoredChain | undefined>
  hashAt(device: string, epoch: number, sequence: number): Promise<string | undefined>
  batchAt(device: string, epoch: number, sequence: number): Promise<StoredBatch | undefined>
  putBatch(batch: StoredBatch, at: number): Promise<void>
  putChain(device: string, chain: { sequence: number; head: string; bytes: number; at: number }): Promise<void>
}

/** Names one batch of a device. */
export interface BatchNumber {
  readonly epoch: number
  readonly sequence: number
}

/** What the API reads. */
export interface EvidenceQueries {
  /** Newest first. */
  list(
    device: string,
    page: { readonly before?: BatchNumber | undefined; readonly limit: number },
  ): Promise<readonly EvidenceEntry[]>
  jws(device: string, batch: BatchNumber): Promise<string | undefined>
  /** Compact JWS, oldest first: as many as fit into one page. */
  batchesAfter(
    device: string,
    page: { readonly after?: BatchNumber | undefined; readonly limit: number },
  ): Promise<{ readonly items: readonly (BatchNumber & { readonly jws: string })[]; readonly more: boolean }>
  /** Every epoch of a device, first to last. */
  epochs(device: string): Promise<readonly ExportedEpoch[]>
}

export interface FindingStore {
  list(device: string): Promise<readonly CurrentFinding[]>
  /** The same, by their checks. */
  byCheck(device: string): Promise<ReadonlyMap<string, CurrentFinding>>
  put(device: string, finding: CurrentFinding, at: number): Promise<void>
  drop(device: string, check: string): Promise<void>
  /** All findings of the device were reported, perhaps unchanged. */
  markReported(device: string, at: number): Promise<void>
}

/** The newest inventory and health warnings of a device. */
export interface ReportStore {
  putInventory(device: string, inventory: Inventory, at: number): Promise<void>
  putHealth(device: string, health: readonly HealthWarning[], at: number): Promise<void>
}

/** What the store had of a sighting before it was reported again. */
export interface SightingBefore {
  /** It is stored unchanged. */
  readonly same: boolean
  /** Characters of its new JSON. 0 if it is the same. */
  readonly characters: number
  /** Its earlier launch hash, even if it was gone. */
  readonly launchHash: string | undefined
  /** Whether this device ever had the thing that it shows. */
  readonly isKnown: boolean
  /** Of an agent that acts without asking. Undefined for all others. */
  readonly ofUser: BeforeOfUser | undefined
}

/** The same product of the same user on the same device. */
interface BeforeOfUser {
  readonly isThere: boolean
  /** It acted without asking within a day, or that was recorded within a day. */
  readonly wasAutonomous: boolean
}

export interface SightingStore {
  put(device: string, sighting: Sighting, seen: { snapshot: string; at: number }): Promise<SightingBefore>
  end(device: string, ids: readonly string[], at: number): Promise<void>
  /** Ids of the present sightings that the snapshot does not contain. */
  idsMissingFrom(device: string, snapshot: string): Promise<readonly string[]>
  /** The same sightings, with their locations. */
  missingFrom(device: string, snapshot: string): Promise<readonly (SightingLocation & { readonly id: string })[]>
  /** Forgets sightings that ended before one time, and items that ended before another. */
  forgetBefore(device: string, times: { sightings: number; keys: number }): Promise<void>
  /**
   * If there are more than `above` sightings, or items, forgets those that ended longest ago until `left` are left.
   *
   * @returns how many were forgotten.
   */
  forgetEnded(
    device: string,
    bounds: { above: number; left: number },
  ): Promise<{ readonly sightings: number; readonly keys: number }>
  /** Forgets sightings that ended longest ago until all take at most `left` bytes. @returns how many. */
  forgetEndedBytes(device: string, left: number): Promise<number>
  /** The number of sightings, or of items if there are more. */
  count(device: string): Promise<number>
  /** Bytes of the JSON of all sightings, including ended ones. */
  bytes(device: string): Promise<number>
  /** The sighted thing was there before, though it is reported for the first time. */
  markNotNew(device: string, sighting: Sighting): Promise<void>
}

export interface SnapshotStore {
  /** @returns how many different parts have arrived. Parts of earlier snapshots are forgotten. */
  putPart(device: string, snapshot: string, part: number): Promise<number>
  open(device: string): Promise<string | undefined>
  close(device: string): Promise<void>
  /** True after the device's first full snapshot. What appears later is new there. */
  isFirstComplete(device: string): Promise<boolean>
  markFirstComplete(device: string, at: number): Promise<void>
}

export interface SourceStore {
  /** As the device last reported them. */
  list(device: string): Promise<readonly SourceReport[]>
  /** The number of source reports, and the characters of their JSON. */
  size(device: string): Promise<{ readonly count: number; readonly characters: number }>
  put(device: string, source: SourceReport, at: number): Promise<void>
  drop(device: string): Promise<void>
  /** Sources that have failed ever since the first full snapshot. */
  firstSnapshotGaps(device: string): Promise<readonly ScannedSource[]>
  /** Replaces all of them. */
  putFirstSnapshotGaps(device: string, gaps: readonly ScannedSource[]): Promise<void>
}

/** Batches that are acknowledged but not yet applied completely. */
export interface UnfinishedStore {
  /** Of all devices. Those of one device are in the order of its chain. */
  list(): Promise<readonly (BatchNumber & { readonly device: string })[]>
  put(device: string, batch: BatchNumber): Promise<void>
  drop(device: string, batch: BatchNumber): Promise<void>
}

/** Stored evidence that could not be applied. While there is some, the verdict cannot be good. */
export interface UnprocessedStore {
  list(device: string): Promise<readonly { readonly part: string; readonly since: number; readonly message: string }[]>
  put(device: string, failure: { part: string; sequence: number; message: string; at: number }): Promise<void>
  /** @returns whether there was one. */
  clear(device: string, part: string): Promise<boolean>
}
