import type { HealthWarning, Inventory, Receipt } from '../../protocol/evidence.ts'
import type { ScannedSource, SightingLocation } from '../../protocol/scan-coverage.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'
import type { EventStore } from '../activity/activity.ts'
import type { CurrentFinding } from '../appraisal/result.ts'

/** A device's chain as stored. */
export interface StoredChain {
  readonly status: 'active' | 'retired'
  readonly epoch: number
  readonly sequence: number
  readonly head: string
  /** Bytes of evidence kept of this device in this epoch. */
  readonly bytes: number
  /** Highest sequence kept in this epoch: above `sequence` while gap records wait for their place. */
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

/** All times are the directory's. */
export interface EvidenceStore extends ProjectionStore, EventStore {
  transaction<T>(work: () => T): T
  chain(device: string): StoredChain | undefined
  hashAt(device: string, epoch: number, sequence: number): string | undefined
  batchAt(device: string, epoch: number, sequence: number): StoredBatch | undefined
  putBatch(batch: StoredBatch, at: number): void
  putChain(device: string, chain: { sequence: number; head: string; bytes: number; at: number }): void
  markForked(device: string, at: number): void
  /** The batch is kept, and the register does not know all of it yet. */
  putUnfinished(device: string, batch: ChainPlace): void
  dropUnfinished(device: string, batch: ChainPlace): void
  /** Those of all devices, each device's in the order of its chain. */
  unfinished(): readonly (ChainPlace & { readonly device: string })[]
}

export interface ChainPlace {
  readonly epoch: number
  readonly sequence: number
}

/** What the register held of a sighting when it was told again, or of the thing it shows. */
export interface SightingBefore {
  /** It is there word for word as it was. */
  readonly same: boolean
  /** Of its JSON as it is now, where it is not the same. */
  readonly characters: number
  /** Its own launch hash, also after it was gone. */
  readonly launchHash: string | undefined
  /** The thing itself, `undefined` where this device never had it, and when it was last told as autonomous. */
  readonly item: { readonly autonomousAt: number | undefined } | undefined
}

export interface ProjectionStore {
  findings(device: string): readonly CurrentFinding[]
  putFinding(device: string, finding: CurrentFinding, at: number): void
  dropFinding(device: string, check: string): void
  /** All findings of the device were told again. */
  findingsObserved(device: string, at: number): void
  putSighting(device: string, sighting: Sighting, seen: { snapshot: string; at: number }): SightingBefore
  endSightings(device: string, ids: readonly string[], at: number): void
  /** Forgets what ended before one time, and that it was ever there before another. */
  forgetBefore(device: string, times: { sightings: number; keys: number }): void
  /**
   * Where there are more than `above` sightings, or things they ever showed, forgets of these what ended, longest ago
   * first, until `left` are left. @returns how many were forgotten.
   */
  forgetEnded(
    device: string,
    bounds: { above: number; left: number },
  ): { readonly sightings: number; readonly keys: number }
  /** Forgets of the sightings that ended those that ended longest ago, until all take no more than `left` bytes. @returns how many. */
  forgetEndedBytes(device: string, left: number): number
  /** Sightings, or things they ever showed: whichever are more. */
  countSightings(device: string): number
  /** The JSON of all sightings, those that ended too. */
  bytesOfSightings(device: string): number
  /** Was all of the device told once? What appears after that is new there. */
  toldWhole(device: string): boolean
  markToldWhole(device: string, at: number): void
  /** It was there before, though it shows only now. */
  notNew(device: string, sighting: Sighting): void
  /** Places that have failed ever since the device was first told whole. */
  neverRead(device: string): readonly ScannedSource[]
  /** In the place of all that were. */
  putNeverRead(device: string, places: readonly ScannedSource[]): void
  /** What is there and the snapshot did not show, by its ids. */
  idsBesides(device: string, snapshot: string): readonly string[]
  /** As `idsBesides`, with where it lies. */
  placesBesides(device: string, snapshot: string): readonly (SightingLocation & { readonly id: string })[]
  /** As the device told of them last. */
  sources(device: string): readonly SourceReport[]
  /** How many there are, and the characters of their JSON. */
  sizeOfSources(device: string): { readonly count: number; readonly characters: number }
  /** @returns how many different parts of it have come; parts of earlier snapshots are forgotten. */
  putSnapshotPart(device: string, snapshot: string, part: number): number
  openSnapshot(device: string): string | undefined
  closeSnapshot(device: string): void
  dropSources(device: string): void
  putSource(device: string, source: SourceReport, at: number): void
  putInventory(device: string, inventory: Inventory, at: number): void
  putHealth(device: string, health: readonly HealthWarning[], at: number): void
  /** @returns false when the device has no such order, or it was answered before. */
  putReceipt(device: string, receipt: Receipt, at: number): boolean
  putProjectionFailure(device: string, failure: { part: string; sequence: number; message: string; at: number }): void
  projectionFailures(
    device: string,
  ): readonly { readonly part: string; readonly since: number; readonly message: string }[]
  /** @returns whether there was one. */
  clearProjectionFailure(device: string, part: string): boolean
}
