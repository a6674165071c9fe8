import { type AccessStore, accessStore } from '../access/access-store.ts'
import { type ActionStore, actionStore } from '../actions/action-store.ts'
import type { ActivityStore } from '../activity/activity.ts'
import { activityStore } from '../activity/activity-store.ts'
import { type ChangeStore, changeStore } from '../activity/change-store.ts'
import type { EventStore } from '../activity/event-store.ts'
import { eventStore } from '../activity/event-store.ts'
import { type ApprovalStore, approvalStore } from '../approvals/approval-store.ts'
import type { AuditStore } from '../audit/audit.ts'
import { auditStore } from '../audit/audit-store.ts'
import { restoreStore } from '../backups/restore-store.ts'
import type { RestoreStore } from '../backups/restores.ts'
import type { CatalogueStore } from '../catalogues/catalogue-store.ts'
import { catalogueStore } from '../catalogues/catalogue-store.ts'
import type { ClaimStore } from '../claims/claim-store.ts'
import { claimStore } from '../claims/claim-store.ts'
import { type DemonstrationStore, demonstrationStore } from '../demonstration/demonstration-store.ts'
import type {
  DeviceQueries,
  DeviceStore,
  FindingQueries,
  ResultStore,
  SightingQueries,
  WarningQueries,
} from '../devices/device-store.ts'
import { deviceStore } from '../devices/stored/device-store.ts'
import { resultStore } from '../devices/stored/result-store.ts'
import type { PendingDeviceQueries, PendingDeviceStore } from '../enrolment/pending-device-store.ts'
import { pendingDeviceStore } from '../enrolment/pending-device-store.ts'
import type { PreregistrationStore } from '../enrolment/preregistration-store.ts'
import { preregistrationStore } from '../enrolment/preregistration-store.ts'
import type { TokenQueries, TokenStore } from '../enrolment/token-store.ts'
import { tokenStore } from '../enrolment/token-store.ts'
import type {
  ChainStore,
  EvidenceQueries,
  FindingStore,
  ReportStore,
  SightingStore,
  SnapshotStore,
  SourceStore,
  UnfinishedStore,
  UnprocessedStore,
} from '../evidence/evidence-store.ts'
import { evidenceStore } from '../evidence/stored/evidence-store.ts'
import { findingStore } from '../evidence/stored/finding-store.ts'
import { reportStore } from '../evidence/stored/report-store.ts'
import { sightingStore } from '../evidence/stored/sighting-store.ts'
import { snapshotStore } from '../evidence/stored/snapshot-store.ts'
import { sourceStore } from '../evidence/stored/source-store.ts'
import { unfinishedStore } from '../evidence/stored/unfinished-store.ts'
import { unprocessedStore } from '../evidence/stored/unprocessed-store.ts'
import { type CountedStore, countedStore } from '../fleet/counted-store.ts'
import type { FleetStore } from '../fleet/fleet-store.ts'
import { fleetStore } from '../fleet/stored/fleet-store.ts'
import type { HistoryStore } from '../history/history.ts'
import { historyStore } from '../history/history-store.ts'
import type { IdempotencyStore } from '../http/idempotency.ts'
import type { AccountStore } from '../humans/account-store.ts'
import { accountStore } from '../humans/account-store.ts'
import type { GroupStore } from '../humans/group-store.ts'
import { groupStore } from '../humans/group-store.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { humanStore } from '../humans/human-store.ts'
import type { ServiceAccountStore } from '../humans/service-account-store.ts'
import { serviceAccountStore } from '../humans/service-account-store.ts'
import { type MessageStore, messageStore } from '../messages/message-store.ts'
import type { OrderQueries, OrderStore, ReceiptStore } from '../orders/order-store.ts'
import { orderStore, unansweredStore } from '../orders/order-store.ts'
import type { UnansweredStore } from '../orders/unanswered.ts'
import type { PolicyDeviceStore } from '../policy-versions/policy-store.ts'
import { policyDeviceStore } from '../policy-versions/policy-store.ts'
import type { PrincipalStore } from '../principals/principal-store.ts'
import { principalStore } from '../principals/principal-store.ts'
import type { ReEnrolmentQueries, ReEnrolmentStore } from '../re-enrolments/re-enrolment-store.ts'
import { reEnrolmentStore } from '../re-enrolments/re-enrolment-store.ts'
import { type ForwardStore, forwardStore } from '../record/forwarding/forward-store.ts'
import { type RecordStore, recordStore } from '../record/record-store.ts'
import { type RetentionStore, retentionStore } from '../record/retention.ts'
import { type WitnessStore, witnessStore } from '../record/witnesses/witness-store.ts'
import type { RegistrationStore } from '../registrations/registration-store.ts'
import { registrationStore } from '../registrations/registration-store.ts'
import type { ReviewStore } from '../reviews/review-store.ts'
import { reviewStore } from '../reviews/review-store.ts'
import type { RuleSubjectStore } from '../rule-versions/rule-store.ts'
import { ruleSubjectStore } from '../rule-versions/rule-store.ts'
import type { ScimAgentStore } from '../scim/agent-store.ts'
import { scimAgentStore } from '../scim/agent-store.ts'
import type { ScimStore } from '../scim/scim-store.ts'
import { scimStore } from '../scim/scim-store.ts'
import type { SearchStore } from '../search/search-store.ts'
import { searchStore } from '../search/search-store.ts'
import type { SeenQueries, SeenStore } from '../seen/seen-store.ts'
import { seenQueries } from '../seen/stored/seen-queries.ts'
import { seenStore } from '../seen/stored/seen-store.ts'
import { type SignInStore, signInStore } from '../sign-in/sign-in-store.ts'
import type { Database } from '../sql/database.ts'
import { type NameStore, nameStore } from '../sql/name-store.ts'
import { type PresenceStore, presenceStore } from '../sql/presence-store.ts'
import type {
  OnePersonQueries,
  ReachedQueries,
  ReachQueries,
  RunningAgentQueries,
  StopAnswerStore,
  StopDeviceStore,
  StopQueries,
  StopScopeStore,
  StopStore,
} from '../stops/stop-store.ts'
import { runningAgentStore } from '../stops/stored/running-agent-store.ts'
import { stopDeviceStore, stopQueries } from '../stops/stored/stop-device-store.ts'
import { reachQueries, stopScopeStore } from '../stops/stored/stop-scope-store.ts'
import { stopStore } from '../stops/stored/stop-store.ts'
import { onePersonQueries, reachedQueries } from '../stops/stored/two-persons-store.ts'
import type { HumanSummaryStore } from '../summary/human-summary-store.ts'
import { humanSummaryStore } from '../summary/human-summary-store.ts'
import { type MineStore, mineStore } from '../summary/mine-store.ts'
import type { SummaryStore } from '../summary/summary-store.ts'
import { summaryStore } from '../summary/summary-store.ts'
import type { SilenceStore, TamperStore } from '../tamper/tamper-store.ts'
import { silenceStore, tamperStore } from '../tamper/tamper-store.ts'
import type { TimelineStore } from '../timeline/timeline-store.ts'
import { timelineStore } from '../timeline/timeline-store.ts'
import type { VersionStore } from '../versions/version-store.ts'
import { versionStore } from '../versions/version-store.ts'
import type { WebhookStore } from '../webhooks/webhook-store.ts'
import { webhookStore } from '../webhooks/webhook-store.ts'
import type { ZombieStore } from '../zombies/zombie-store.ts'
import { zombieStore } from '../zombies/zombie-store.ts'
import { idempotencyStore } from './idempotency-store.ts'

/** One store per noun, whose SQL lies with the noun. */
export interface DirectoryStore {
  readonly access: AccessStore
  readonly accessPolicies: VersionStore
  readonly gatePolicies: VersionStore
  readonly accounts: AccountStore
  readonly actions: ActionStore
  readonly activity: ActivityStore
  readonly approvals: ApprovalStore
  readonly audit: AuditStore
  readonly catalogues: CatalogueStore
  readonly changes: ChangeStore
  readonly claims: ClaimStore
  readonly counted: CountedStore
  readonly demonstration: DemonstrationStore
  readonly devices: DeviceStore & DeviceQueries
  readonly events: EventStore
  readonly evidence: ChainStore & EvidenceQueries
  readonly findings: FindingStore & FindingQueries
  readonly forwards: ForwardStore
  readonly fleet: FleetStore
  readonly groups: GroupStore
  readonly history: HistoryStore
  readonly humans: HumanStore
  readonly humanSummaries: HumanSummaryStore
  readonly messages: MessageStore
  readonly mine: MineStore
  readonly idempotency: IdempotencyStore
  readonly orders: OrderStore & ReceiptStore & OrderQueries
  readonly pendingDevices: PendingDeviceStore & PendingDeviceQueries
  readonly policies: VersionStore
  readonly policyDevices: PolicyDeviceStore
  readonly preregistrations: PreregistrationStore
  readonly presence: PresenceStore
  readonly principals: PrincipalStore
  readonly record: RecordStore
  readonly witnesses: WitnessStore
  readonly reEnrolments: ReEnrolmentStore & ReEnrolmentQueries
  readonly registrations: RegistrationStore
  readonly reports: ReportStore & WarningQueries
  readonly restores: RestoreStore
  readonly results: ResultStore
  readonly retention: RetentionStore
  readonly reviews: ReviewStore
  readonly serviceAccounts: ServiceAccountStore
  readonly scim: ScimStore
  readonly scimAgents: ScimAgentStore
  readonly ruleSets: VersionStore
  readonly ruleSubjects: RuleSubjectStore
  readonly search: SearchStore
  readonly names: NameStore
  readonly seen: SeenStore & SeenQueries
  readonly sightings: SightingStore & SightingQueries
  readonly signIn: SignInStore
  readonly silence: SilenceStore
  readonly snapshots: SnapshotStore
  readonly sources: SourceStore
  readonly runningAgents: RunningAgentQueries
  readonly stops: StopStore
  readonly stopDevices: StopDeviceStore & StopAnswerStore
  readonly stopProgress: StopQueries
  readonly stopReach: ReachQueries
  readonly stopReached: ReachedQueries
  readonly stopScopes: StopScopeStore
  readonly onePersonStops: OnePersonQueries
  readonly summary: SummaryStore
  readonly tamper: TamperStore
  readonly timeline: TimelineStore
  readonly tokens: TokenStore & TokenQueries
  readonly unanswered: UnansweredStore
  readonly unfinished: UnfinishedStore
  readonly unprocessed: UnprocessedStore
  readonly zombies: ZombieStore
  readonly webhooks: WebhookStore
  /** Commits what `work` did, or undoes it if it throws. Inside another transaction it is a savepoint. */
  transaction<T>(work: () => Promise<T>): Promise<T>
  /** Runs `work` once the open transaction is committed, and never if it is undone. At once where none is open. */
  afterCommit(work: () => void): void
}

/** All stores on one SQLite database. */
export function directoryStore(database: Database): DirectoryStore {
  const findings = findingStore(database)
  return {
    access: accessStore(database),
    accessPolicies: versionStore(database, 'access_policies'),
    gatePolicies: versionStore(database, 'gate_policies'),
    accounts: accountStore(database),
    actions: actionStore(database),
    activity: activityStore(database),
    approvals: approvalStore(database),
    audit: auditStore(database),
    catalogues: catalogueStore(database),
    changes: changeStore(database),
    claims: claimStore(database),
    counted: countedStore(database),
    demonstration: demonstrationStore(database),
    devices: deviceStore(database, findings),
    events: eventStore(database),
    evidence: evidenceStore(database),
    findings,
    forwards: forwardStore(database),
    fleet: fleetStore(database),
    groups: groupStore(database),
    history: historyStore(database),
    humans: humanStore(database),
    humanSummaries: humanSummaryStore(database),
    messages: messageStore(database),
    mine: mineStore(database),
    idempotency: idempotencyStore(database),
    orders: orderStore(database),
    pendingDevices: pendingDeviceStore(database),
    policies: versionStore(database, 'policies'),
    policyDevices: policyDeviceStore(database),
    preregistrations: preregistrationStore(database),
    presence: presenceStore(database),
    principals: principalStore(database),
    record: recordStore(database),
    witnesses: witnessStore(database),
    reEnrolments: reEnrolmentStore(database),
    registrations: registrationStore(database),
    reports: reportStore(database),
    restores: restoreStore(database),
    results: resultStore(database),
    retention: retentionStore(database),
    reviews: reviewStore(database),
    serviceAccounts: serviceAccountStore(database),
    scim: scimStore(database),
    scimAgents: scimAgentStore(database),
    ruleSets: versionStore(database, 'rule_sets'),
    ruleSubjects: ruleSubjectStore(database),
    search: searchStore(database),
    names: nameStore(database),
    seen: { ...seenStore(database), ...seenQueries(database) },
    sightings: sightingStore(database),
    signIn: signInStore(database),
    silence: silenceStore(database),
    snapshots: snapshotStore(database),
    sources: sourceStore(database),
    runningAgents: runningAgentStore(database),
    stops: stopStore(database),
    stopDevices: stopDeviceStore(database),
    stopProgress: stopQueries(database),
    stopReach: reachQueries(database),
    stopReached: reachedQueries(database),
    stopScopes: stopScopeStore(database),
    onePersonStops: onePersonQueries(database),
    summary: summaryStore(database),
    tamper: tamperStore(database),
    timeline: timelineStore(database),
    tokens: tokenStore(database),
    unanswered: unansweredStore(database),
    unfinished: unfinishedStore(database),
    unprocessed: unprocessedStore(database),
    zombies: zombieStore(database),
    webhooks: webhookStore(database),
    transaction: (work) => database.transaction(work),
    afterCommit: (work) => database.afterCommit(work),
  }
}
