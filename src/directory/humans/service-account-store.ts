import { member } from '../../base/json-object.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import { SERVICE_ACCOUNT_STATUSES, type ServiceAccountStatus } from '../../protocol/nouns/people/service-accounts.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { listing, namedOrId, startsWith } from '../sql/listing.ts'
import { notUpdated } from './human-store.ts'

/** An identity of a program that is no agent. A living human answers for it, and it has an end. */
export interface ServiceAccount {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly purpose: string
  /** Ids of humans. */
  readonly owner: string
  readonly successor?: string | undefined
  readonly successorAcceptedAt?: number | undefined
  /** As stored: one past its end may be `active` until the sweep. `serviceAccountView` says how it is. */
  readonly status: ServiceAccountStatus
  readonly expiresAt: number
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
}

export type NewServiceAccount = Omit<ServiceAccount, 'number' | 'version' | 'changedAt' | 'status'>

export interface ServiceAccountStore {
  get(id: string): Promise<ServiceAccount | undefined>
  /** Only an active one has its name for itself. */
  byName(name: string): Promise<ServiceAccount | undefined>
  /** @throws `CONFLICT` for an id or name in use, or an owner who is not active; `INPUT_MALFORMED`. */
  put(account: NewServiceAccount): Promise<ServiceAccount>
  /** Stores everything but id, number and creation, and raises the version. @throws as `put`; `VERSION_STALE`, `NOT_FOUND`. */
  update(account: ServiceAccount, options?: { readonly expectVersion?: number | undefined }): Promise<ServiceAccount>
  /** Active ones. */
  ownedBy(human: string): Promise<readonly ServiceAccount[]>
  /** What this human accepted to get is not accepted any more. */
  voidAcceptances(human: string, at: number): Promise<void>
  /** Active ones whose end has come, the earliest first. */
  expired(at: number, limit: number): Promise<readonly ServiceAccount[]>
  list(request: ListRequest, now: number): Promise<Listed<ServiceAccount>>
}

export function serviceAccountStore(database: Database): ServiceAccountStore {
  const byId = database.prepare('SELECT * FROM service_accounts WHERE id = ?')
  const byName = database.prepare("SELECT * FROM service_accounts WHERE name_key = ? AND status = 'active'")
  const insert = database.prepare(
    `INSERT INTO service_accounts (id, name, name_key, purpose, owner, successor, successor_accepted_at, status, expires_at,
       created_at, changed_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'active', ?8, ?9, ?9) RETURNING *`,
  )
  const update = database.prepare(
    `UPDATE service_accounts SET name = ?2, name_key = ?3, purpose = ?4, owner = ?5, successor = ?6,
       successor_accepted_at = ?7, status = ?8, expires_at = ?9, changed_at = ?10, version = version + 1
     WHERE id = ?1 AND (?11 IS NULL OR version = ?11) RETURNING *`,
  )
  const ownedBy = database.prepare(
    "SELECT * FROM service_accounts WHERE owner = ? AND status = 'active' ORDER BY number",
  )
  const voidAcceptances = database.prepare(
    `UPDATE service_accounts SET successor_accepted_at = NULL, version = version + 1, changed_at = ?2
     WHERE successor = ?1 AND successor_accepted_at IS NOT NULL AND status = 'active'`,
  )
  const expired = database.prepare(
    "SELECT * FROM service_accounts WHERE status = 'active' AND expires_at <= ? ORDER BY expires_at LIMIT ?",
  )
  const list = listing<ServiceAccount>(database, {
    from: 'service_accounts',
    key: 'number',
    read: serviceAccountOf,
    filters: {
      named: namedOrId,
      search: (search, value) => startsWith('name_key', search, value),
      owner: (owner, value) => `owner = ${value(owner)}`,
      status: (status, value, now) =>
        status === 'active'
          ? `status = 'active' AND expires_at > ${value(now)}`
          : `(status = 'ended' OR expires_at <= ${value(now)})`,
    },
    sorts: { name: 'name_key', ends: 'expires_at' },
  })
  return {
    async get(id) {
      const row = await byId.get(id)
      return row && serviceAccountOf(row)
    },
    async byName(name) {
      const key = foldedName(name)
      const row = key === undefined ? undefined : await byName.get(key)
      return row && serviceAccountOf(row)
    },
    async put({ id, name, purpose, owner, successor, successorAcceptedAt, expiresAt, createdAt }) {
      const row = await insert.get(
        ...[id, name, foldName(name), purpose, owner, successor ?? null, successorAcceptedAt ?? null],
        ...[expiresAt, createdAt],
      )
      return serviceAccountOf(row ?? {})
    },
    async update(account, { expectVersion } = {}) {
      const { id, name, purpose, owner, successor, successorAcceptedAt, status, expiresAt, changedAt } = account
      const row = await update.get(
        ...[id, name, foldName(name), purpose, owner, successor ?? null, successorAcceptedAt ?? null],
        ...[status, expiresAt, changedAt, expectVersion ?? null],
      )
      if (row !== undefined) return serviceAccountOf(row)
      throw notUpdated('service account', id, (await byId.get(id)) !== undefined)
    },
    ownedBy: async (human) => (await ownedBy.all(human)).map(serviceAccountOf),
    async voidAcceptances(human, at) {
      await voidAcceptances.run(human, at)
    },
    expired: async (at, limit) => (await expired.all(at, limit)).map(serviceAccountOf),
    list,
  }
}

function serviceAccountOf(row: Row): ServiceAccount {
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    name: textOf(row, 'name'),
    purpose: textOf(row, 'purpose'),
    owner: textOf(row, 'owner'),
    ...member('successor', optionalTextOf(row, 'successor')),
    ...member('successorAcceptedAt', optionalNumberOf(row, 'successor_accepted_at')),
    status: wordOf(row, 'status', SERVICE_ACCOUNT_STATUSES),
    expiresAt: numberOf(row, 'expires_at'),
    version: numberOf(row, 'version'),
    createdAt: numberOf(row, 'created_at'),
    changedAt: numberOf(row, 'changed_at'),
  }
}
