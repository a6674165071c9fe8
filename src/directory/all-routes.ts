import { accessPolicyRoutes } from './access/routes.ts'
import { actionRoutes } from './actions/routes.ts'
import { eventRoutes } from './activity/routes.ts'
import { approvalRoutes } from './approvals/routes.ts'
import { authorityRoutes } from './authority/routes.ts'
import { catalogueRoutes } from './catalogues/routes.ts'
import { claimRoutes } from './claims/routes.ts'
import { peopleImportRoutes } from './configuration/people-import-routes.ts'
import { configurationRoutes } from './configuration/routes.ts'
import { deviceRoutes } from './devices/routes.ts'
import { verdictRoutes } from './devices/verdict-routes.ts'
import { pendingDeviceRoutes } from './enrolment/pending-device-routes.ts'
import { preregistrationRoutes } from './enrolment/preregistration-routes.ts'
import { tokenRoutes } from './enrolment/routes.ts'
import { evidenceRoutes } from './evidence/routes.ts'
import { countedRoutes } from './fleet/counted-routes.ts'
import { fleetRoutes } from './fleet/routes.ts'
import { gatePolicyRoutes } from './gate-policies/routes.ts'
import { historyRoutes } from './history/routes.ts'
import { COMMANDS } from './http/commands.ts'
import type { Route } from './http/route.ts'
import { accountRoutes } from './humans/account-routes.ts'
import { groupRoutes } from './humans/group-routes.ts'
import { humanRoutes } from './humans/routes.ts'
import { serviceAccountRoutes } from './humans/service-account-routes.ts'
import { liveRoutes } from './live/routes.ts'
import { messageRoutes } from './messages/routes.ts'
import { orderRoutes } from './orders/routes.ts'
import { policyRoutes } from './policy-versions/routes.ts'
import { principalRoutes } from './principals/routes.ts'
import { reEnrolmentRoutes } from './re-enrolments/routes.ts'
import { entryRoutes } from './record/entry-routes.ts'
import { followerRoutes } from './record/forwarding/follower-routes.ts'
import { registrationRoutes } from './registrations/routes.ts'
import { reviewRoutes } from './reviews/routes.ts'
import { ruleRoutes } from './rule-versions/routes.ts'
import { guardRoutes } from './scim/guard-routes.ts'
import { searchRoutes } from './search/routes.ts'
import { inboxRoutes } from './seen/routes.ts'
import { accessRoutes } from './sign-in/noun-routes.ts'
import { stopRoutes } from './stops/routes.ts'
import { humanSummaryRoutes } from './summary/human-summary-routes.ts'
import { mineRoutes } from './summary/mine-routes.ts'
import { summaryRoutes } from './summary/routes.ts'
import { timelineRoutes } from './timeline/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { zombieRoutes } from './zombies/routes.ts'

/** One for each noun, by the rooms of `src/protocol/nouns/`. OpenAPI has a tag for each. */
const ROOMS = {
  devices: [deviceRoutes, timelineRoutes, verdictRoutes, evidenceRoutes, orderRoutes],
  enrolment: [tokenRoutes, pendingDeviceRoutes, preregistrationRoutes, reEnrolmentRoutes],
  agents: [
    fleetRoutes,
    countedRoutes,
    inboxRoutes,
    registrationRoutes,
    claimRoutes,
    approvalRoutes,
    reviewRoutes,
    zombieRoutes,
    actionRoutes,
    stopRoutes,
    catalogueRoutes,
  ],
  people: [
    humanRoutes,
    humanSummaryRoutes,
    mineRoutes,
    peopleImportRoutes,
    groupRoutes,
    accountRoutes,
    serviceAccountRoutes,
    principalRoutes,
    accessRoutes,
    guardRoutes,
  ],
  directory: [
    summaryRoutes,
    liveRoutes,
    searchRoutes,
    historyRoutes,
    eventRoutes,
    entryRoutes,
    followerRoutes,
    authorityRoutes,
    policyRoutes,
    ruleRoutes,
    accessPolicyRoutes,
    gatePolicyRoutes,
    webhookRoutes,
    messageRoutes,
    configurationRoutes,
  ],
} as const

type Room = keyof typeof ROOMS

/** What they ask for, together. */
export type AllRoutesComponents = Together<Parameters<(typeof ROOMS)[Room][number]>[0]>

/** All members of a union at once. */
type Together<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer A) => void ? A : never

/** All routes of the administrators' API. */
export function allRoutes(components: AllRoutesComponents): readonly Route[] {
  return Object.entries(ROOMS).flatMap(([room, nouns]) =>
    nouns
      .flatMap((routes) => routes(components))
      .map((one) => ({ commands: COMMANDS[one.operationId] ?? [], ...one, room })),
  )
}
