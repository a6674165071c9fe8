import { describeActionStore } from '../../contracts/stores/agents/action-store.contract.ts'
import { describeCatalogueStore } from '../../contracts/stores/agents/catalogue-store.contract.ts'
import { describeClaimStore } from '../../contracts/stores/agents/claim-store.contract.ts'
import { describeFleetStore } from '../../contracts/stores/agents/fleet-store.contract.ts'
import { describeRegistrationStore } from '../../contracts/stores/agents/registration-store.contract.ts'
import { describeSeenStore } from '../../contracts/stores/agents/seen-store.contract.ts'
import { describeStopStore } from '../../contracts/stores/agents/stop-store.contract.ts'
import { describeDeviceStore } from '../../contracts/stores/devices/device-store.contract.ts'
import { describeOrderStore } from '../../contracts/stores/devices/order-store.contract.ts'
import { describePendingDeviceStore } from '../../contracts/stores/devices/pending-device-store.contract.ts'
import { describePreregistrationStore } from '../../contracts/stores/devices/preregistration-store.contract.ts'
import { describeReEnrolmentStore } from '../../contracts/stores/devices/re-enrolment-store.contract.ts'
import { describeTokenStore } from '../../contracts/stores/devices/token-store.contract.ts'
import { describeActivityStore } from '../../contracts/stores/directory/activity-store.contract.ts'
import { describeEventStore } from '../../contracts/stores/directory/event-store.contract.ts'
import { describeIdempotencyStore } from '../../contracts/stores/directory/idempotency-store.contract.ts'
import { describeRestoreStore } from '../../contracts/stores/directory/restore-store.contract.ts'
import { describeSearchStore } from '../../contracts/stores/directory/search-store.contract.ts'
import { describeSummaryStore } from '../../contracts/stores/directory/summary-store.contract.ts'
import { describeVersionStores } from '../../contracts/stores/directory/version-store.contract.ts'
import { describeWebhookStore } from '../../contracts/stores/directory/webhook-store.contract.ts'
import { describeStores } from '../../contracts/stores/engines.ts'
import { describeEvidenceStore } from '../../contracts/stores/evidence/evidence-store.contract.ts'
import { describeFindingStore } from '../../contracts/stores/evidence/finding-store.contract.ts'
import { describeReportStore } from '../../contracts/stores/evidence/report-store.contract.ts'
import { describeResultStore } from '../../contracts/stores/evidence/result-store.contract.ts'
import { describeSightingStore } from '../../contracts/stores/evidence/sighting-store.contract.ts'
import { describeSnapshotStore } from '../../contracts/stores/evidence/snapshot-store.contract.ts'
import { describeSourceStore } from '../../contracts/stores/evidence/source-store.contract.ts'
import { describeUnfinishedStore } from '../../contracts/stores/evidence/unfinished-store.contract.ts'
import { describeUnprocessedStore } from '../../contracts/stores/evidence/unprocessed-store.contract.ts'
import { describeAccountStore } from '../../contracts/stores/people/account-store.contract.ts'
import { describeApprovalStore } from '../../contracts/stores/people/approval-store.contract.ts'
import { describeGroupStore } from '../../contracts/stores/people/group-store.contract.ts'
import { describeHumanStore } from '../../contracts/stores/people/human-store.contract.ts'
import { describePrincipalStore } from '../../contracts/stores/people/principal-store.contract.ts'
import { describeScimStore } from '../../contracts/stores/people/scim-store.contract.ts'
import { describeServiceAccountStore } from '../../contracts/stores/people/service-account-store.contract.ts'

/** The audit has no reads of its own: the event store's contract covers it. */
const CONTRACTS = [
  ...[describeIdempotencyStore, describeRestoreStore, describeVersionStores, describeWebhookStore],
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
  ...[
    describeUnfinishedStore,
    describeUnprocessedStore,
    describeClaimStore,
    describeActionStore,
    describeApprovalStore,
  ],
  ...[describeHumanStore, describeGroupStore, describeAccountStore, describeServiceAccountStore, describeScimStore],
]
describeStores((engine) => {
  for (const contract of CONTRACTS) contract(engine)
})
