import type { Database } from '../../system/sqlite/sqlite.ts'
import type { CatalogueStore } from '../catalogues/catalogues.ts'
import type { AttestationStore } from '../devices/attestations.ts'
import type { RegistryStore } from '../devices/devices.ts'
import type { ResultStore } from '../devices/results.ts'
import type { EnrolmentStore } from '../enrolment/enrolment-store.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { OrderStore } from '../orders/orders.ts'
import { catalogueStore } from './catalogue-store.ts'
import { chainStore } from './chain-store.ts'
import { type DeviceStore, deviceStore } from './device-store.ts'
import { eventStore } from './event-store.ts'
import { findingStore } from './finding-store.ts'
import { orderStore } from './order-store.ts'
import { reEnrolmentStore } from './re-enrolment-store.ts'
import { resultStore } from './result-store.ts'
import { sightingStore } from './sighting-store.ts'
import { tokenStore } from './token-store.ts'
import { unfinishedStore } from './unfinished-store.ts'

export type DirectoryStore = EnrolmentStore &
  Pick<DeviceStore, 'standing' | 'keyAt'> &
  AttestationStore &
  EvidenceStore &
  OrderStore &
  CatalogueStore &
  RegistryStore &
  ResultStore

/** All that the rooms ask of a database, on SQLite. */
export function directoryStore(database: Database): DirectoryStore {
  return {
    ...eventStore(database),
    ...tokenStore(database),
    ...deviceStore(database),
    ...reEnrolmentStore(database),
    ...chainStore(database),
    ...unfinishedStore(database),
    ...findingStore(database),
    ...sightingStore(database),
    ...resultStore(database),
    ...orderStore(database),
    ...catalogueStore(database),
    transaction: (work) => database.transaction(work),
  }
}
