import { member } from '../../base/json-object.ts'
import type { AccountView, GroupView, HumanView } from '../../protocol/nouns/people/people.ts'
import type { ServiceAccountView } from '../../protocol/nouns/people/service-accounts.ts'
import type { Account } from './account-store.ts'
import type { Group } from './group-store.ts'
import type { Human } from './human-store.ts'
import type { ServiceAccount } from './service-account-store.ts'
import { statusAt } from './service-accounts.ts'

/** What the API shows. */

export function humanView(human: Human): HumanView {
  const { id, userName, displayName, email, externalId, status, manager, origin } = human
  const { version, createdAt, changedAt, deactivatedAt } = human
  return {
    id,
    userName,
    displayName,
    status,
    origin,
    version,
    createdAt,
    changedAt,
    ...member('email', email),
    ...member('externalId', externalId),
    ...member('manager', manager),
    ...member('deactivatedAt', deactivatedAt),
  }
}

export function groupView({ id, name, externalId, origin, version, createdAt, changedAt }: Group): GroupView {
  return { id, name, ...member('externalId', externalId), origin, version, createdAt, changedAt }
}

export function accountView({ device, userId, userName, state, human, seenAt, ...confirmed }: Account): AccountView {
  return {
    device,
    userId,
    userName,
    state,
    ...member('human', human),
    seenAt,
    ...member('confirmedAt', confirmed.confirmedAt),
    ...member('confirmedBy', confirmed.confirmedBy),
  }
}

export function serviceAccountView(account: ServiceAccount, now: number): ServiceAccountView {
  const { id, name, purpose, owner, successor, successorAcceptedAt, expiresAt, version, createdAt, changedAt } = account
  return {
    id,
    name,
    purpose,
    owner,
    status: statusAt(account, now),
    expiresAt,
    version,
    createdAt,
    changedAt,
    ...member('successor', successor),
    ...member('successorAcceptedAt', successorAcceptedAt),
  }
}
