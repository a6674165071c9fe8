import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { describeAccountStore } from '../../contracts/stores/account-store.contract.ts'
import { describeActivityStore } from '../../contracts/stores/activity-store.contract.ts'
import { describeCatalogueStore } from '../../contracts/stores/catalogue-store.contract.ts'
import { describeClaimStore } from '../../contracts/stores/claim-store.contract.ts'
import { describeDeviceStore } from '../../contracts/stores/device-store.contract.ts'
import { describeEventStore } from '../../contracts/stores/event-store.contract.ts'
import { describeEvidenceStore } from '../../contracts/stores/evidence-store.contract.ts'
import { describeFindingStore } from '../../contracts/stores/finding-store.contract.ts'
import { describeFleetStore } from '../../contracts/stores/fleet-store.contract.ts'
import { describeGroupStore } from '../../contracts/stores/group-store.contract.ts'
import { describeHumanStore } from '../../contracts/stores/human-store.contract.ts'
import { describeIdempotencyStore } from '../../contracts/stores/idempotency-store.contract.ts'
import { describeOrderStore } from '../../contracts/stores/order-store.contract.ts'
import { describePendingDeviceStore } from '../../contracts/stores/pending-device-store.contract.ts'
import { describePreregistrationStore } from '../../contracts/stores/preregistration-store.contract.ts'
import { describePrincipalStore } from '../../contracts/stores/principal-store.contract.ts'
import { describeReEnrolmentStore } from '../../contracts/stores/re-enrolment-store.contract.ts'
import { describeRegistrationStore } from '../../contracts/stores/registration-store.contract.ts'
import { describeReportStore } from '../../contracts/stores/report-store.contract.ts'
import { describeRestoreStore } from '../../contracts/stores/restore-store.contract.ts'
import { describeResultStore } from '../../contracts/stores/result-store.contract.ts'
import { describeScimStore } from '../../contracts/stores/scim-store.contract.ts'
import { describeSearchStore } from '../../contracts/stores/search-store.contract.ts'
import { describeSeenStore } from '../../contracts/stores/seen-store.contract.ts'
import { describeServiceAccountStore } from '../../contracts/stores/service-account-store.contract.ts'
import { describeSightingStore } from '../../contracts/stores/sighting-store.contract.ts'
import { describeSnapshotStore } from '../../contracts/stores/snapshot-store.contract.ts'
import { describeSourceStore } from '../../contracts/stores/source-store.contract.ts'
import { describeStopStore } from '../../contracts/stores/stop-store.contract.ts'
import { describeSummaryStore } from '../../contracts/stores/summary-store.contract.ts'
import { describeTokenStore } from '../../contracts/stores/token-store.contract.ts'
import { describeUnfinishedStore } from '../../contracts/stores/unfinished-store.contract.ts'
import { describeUnprocessedStore } from '../../contracts/stores/unprocessed-store.contract.ts'
import { describeWebhookStore } from '../../contracts/stores/webhook-store.contract.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

const opened: Database[] = []
afterEach(() => {
  for (const database of opened.splice(0)) database.close()
})

function open() {
  const database = migratedStore()
  opened.push(database)
  return directoryStore(sqliteDatabase(database))
}

/** The audit has no reads of its own: the event store's contract covers it. */
const CONTRACTS = [
  ...[describeIdempotencyStore, describeRestoreStore, describeWebhookStore],
  ...[describeActivityStore, describeCatalogueStore, describeDeviceStore, describeEventStore, describeEvidenceStore],
  ...[describeFindingStore, describeFleetStore, describeOrderStore, describePrincipalStore, describeReEnrolmentStore],
  ...[
    describeReportStore,
    describeResultStore,
    describeSearchStore,
    describeSeenStore,
    describeSightingStore,
    describeSnapshotStore,
    describeSourceStore,
  ],
  ...[
    describePendingDeviceStore,
    describePreregistrationStore,
    describeRegistrationStore,
    describeStopStore,
    describeSummaryStore,
    describeTokenStore,
  ],
  ...[describeUnfinishedStore, describeUnprocessedStore, describeClaimStore],
  ...[describeHumanStore, describeGroupStore, describeAccountStore, describeServiceAccountStore, describeScimStore],
]
for (const contract of CONTRACTS) contract('SQLite', open)
