import { type EventRoutesComponents, eventRoutes } from './activity/routes.ts'
import { type AuthorityRoutesComponents, authorityRoutes } from './authority/routes.ts'
import { type CatalogueRoutesComponents, catalogueRoutes } from './catalogues/routes.ts'
import { type ClaimRoutesComponents, claimRoutes } from './claims/routes.ts'
import { type DeviceRoutesComponents, deviceRoutes } from './devices/routes.ts'
import { type VerdictRoutesComponents, verdictRoutes } from './devices/verdict-routes.ts'
import { type PendingDeviceRoutesComponents, pendingDeviceRoutes } from './enrolment/pending-device-routes.ts'
import { type PreregistrationRoutesComponents, preregistrationRoutes } from './enrolment/preregistration-routes.ts'
import { type TokenRoutesComponents, tokenRoutes } from './enrolment/routes.ts'
import { type EvidenceRoutesComponents, evidenceRoutes } from './evidence/routes.ts'
import { type FleetRoutesComponents, fleetRoutes } from './fleet/routes.ts'
import type { Route } from './http/route.ts'
import { type AccountRoutesComponents, accountRoutes } from './humans/account-routes.ts'
import { type GroupRoutesComponents, groupRoutes } from './humans/group-routes.ts'
import { type HumanRoutesComponents, humanRoutes } from './humans/routes.ts'
import { type ServiceAccountRoutesComponents, serviceAccountRoutes } from './humans/service-account-routes.ts'
import { type OrderRoutesComponents, orderRoutes } from './orders/routes.ts'
import { type PolicyRoutesComponents, policyRoutes } from './policy-versions/routes.ts'
import { type PrincipalRoutesComponents, principalRoutes } from './principals/routes.ts'
import { type ReEnrolmentRoutesComponents, reEnrolmentRoutes } from './re-enrolments/routes.ts'
import { type RegistrationRoutesComponents, registrationRoutes } from './registrations/routes.ts'
import { type ReviewRoutesComponents, reviewRoutes } from './reviews/routes.ts'
import { type RuleRoutesComponents, ruleRoutes } from './rule-versions/routes.ts'
import { type GuardRoutesComponents, guardRoutes } from './scim/guard-routes.ts'
import { type InboxRoutesComponents, inboxRoutes } from './seen/routes.ts'
import { type StopRoutesComponents, stopRoutes } from './stops/routes.ts'
import { type SummaryRoutesComponents, summaryRoutes } from './summary/routes.ts'
import { type WebhookRoutesComponents, webhookRoutes } from './webhooks/routes.ts'
import { type ZombieRoutesComponents, zombieRoutes } from './zombies/routes.ts'

export type AllRoutesComponents = AccountRoutesComponents &
  AuthorityRoutesComponents &
  CatalogueRoutesComponents &
  ClaimRoutesComponents &
  DeviceRoutesComponents &
  EventRoutesComponents &
  EvidenceRoutesComponents &
  FleetRoutesComponents &
  GroupRoutesComponents &
  GuardRoutesComponents &
  HumanRoutesComponents &
  InboxRoutesComponents &
  OrderRoutesComponents &
  PendingDeviceRoutesComponents &
  PolicyRoutesComponents &
  PreregistrationRoutesComponents &
  PrincipalRoutesComponents &
  ReEnrolmentRoutesComponents &
  RegistrationRoutesComponents &
  ReviewRoutesComponents &
  RuleRoutesComponents &
  ServiceAccountRoutesComponents &
  StopRoutesComponents &
  SummaryRoutesComponents &
  ZombieRoutesComponents &
  TokenRoutesComponents &
  VerdictRoutesComponents &
  WebhookRoutesComponents

/** All routes of the administrators' API. */
export function allRoutes(components: AllRoutesComponents): readonly Route[] {
  return [
    summaryRoutes,
    eventRoutes,
    authorityRoutes,
    tokenRoutes,
    deviceRoutes,
    verdictRoutes,
    evidenceRoutes,
    fleetRoutes,
    inboxRoutes,
    orderRoutes,
    stopRoutes,
    registrationRoutes,
    claimRoutes,
    humanRoutes,
    groupRoutes,
    accountRoutes,
    serviceAccountRoutes,
    guardRoutes,
    reEnrolmentRoutes,
    pendingDeviceRoutes,
    catalogueRoutes,
    policyRoutes,
    preregistrationRoutes,
    principalRoutes,
    ruleRoutes,
    zombieRoutes,
    reviewRoutes,
    webhookRoutes,
  ].flatMap((routes) => routes(components))
}
