import { member } from '../../base/json-object.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import {
  PENDING_DEVICE_STATES,
  PENDING_REASONS,
  type PendingReason,
  type PendingDevice as PendingView,
} from '../../protocol/nouns/enrolment/pending-devices.ts'
import type { DeviceKeys } from '../devices/device.ts'
import { foundBy, HOST } from '../devices/stored/device-query.ts'
import { KEY_COLUMNS, keysOf, keyValues } from '../devices/stored/device-rows.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing } from '../sql/listing.ts'
import { ofOwner } from '../sql/person.ts'

/** A new device whose keys are proven and that a human has yet to accept. It is in no list of devices. */
export interface PendingDevice extends DeviceKeys {
  readonly id: string
  readonly state: (typeof PENDING_DEVICE_STATES)[number]
  readonly owner: string
  readonly token: string
  readonly why: PendingReason
  readonly createdAt: number
}

export interface PendingDeviceStore {
  get(id: string): Promise<PendingDevice | undefined>
  /** The newest with this token and key. */
  withKey(token: string, applicationKey: string): Promise<PendingDevice | undefined>
  /** Whether a human refused a device with this key, or with this TPM. */
  wasRefused(keys: { readonly applicationKey: string; readonly endorsement?: string | undefined }): Promise<boolean>
  put(device: PendingDevice): Promise<void>
  settle(
    id: string,
    outcome: { state: 'accepted' | 'refused'; at: number; by: string; reason?: string | undefined },
  ): Promise<void>
}

/** What the API reads. */
export interface PendingDeviceQueries {
  /** `named`: at least eight characters of the beginning of its id, its host name in any case, serial number, owner or token. */
  list(request: ListRequest): Promise<Listed<PendingView>>
  view(id: string): Promise<PendingView | undefined>
}

export function pendingDeviceStore(database: Database): PendingDeviceStore & PendingDeviceQueries {
  const one = database.prepare('SELECT * FROM pending_devices WHERE id = ?')
  const byKey = database.prepare(
    'SELECT * FROM pending_devices WHERE token = ? AND application_key = ? ORDER BY created_at DESC, id LIMIT 1',
  )
  const refused = database.prepare(
    `SELECT 1 FROM pending_devices WHERE application_key = ?1 AND state = 'refused'
     UNION ALL SELECT 1 FROM pending_devices WHERE endorsement_hash = ?2 AND state = 'refused' LIMIT 1`,
  )
  const insert = database.prepare(
    `INSERT INTO pending_devices (id, state, owner, owner_key, token, why, created_at, ${KEY_COLUMNS})
     VALUES (${Array(16).fill('?').join(', ')})`,
  )
  const settle = database.prepare(
    'UPDATE pending_devices SET state = ?, decided_at = ?, decided_by = ?, decided_reason = ? WHERE id = ?',
  )
  const list = listing(database, {
    from: 'pending_devices',
    key: 'id',
    read: viewOf,
    filters: {
      status: (status, value) => `state = ${value(status)}`,
      owner: (owner, value) => `id IN (${ofOwner('pending_devices', owner, value)})`,
      named(named, value) {
        const text = value(named)
        return `(owner = ${text} OR token = ${text} OR ${beginsWith('id', text)} OR ${HOST} = lower(${text})
          OR json_extract(label_json, '$.serial') = ${text})`
      },
      search: foundBy,
    },
    sorts: { host: HOST, owner: 'owner_key', asked: 'created_at' },
  })
  const find = (row: Row | undefined) => row && pendingDeviceOf(row)
  return {
    get: async (id) => find(await one.get(id)),
    withKey: async (token, applicationKey) => find(await byKey.get(token, applicationKey)),
    wasRefused: async ({ applicationKey, endorsement }) =>
      (await refused.get(applicationKey, endorsement ?? null)) !== undefined,
    async put(device) {
      const { id, state, owner, token, why, createdAt } = device
      await insert.run(id, state, owner, foldedName(owner) ?? '', token, why, createdAt, ...keyValues(device))
    },
    async settle(id, { state, at, by, reason }) {
      await settle.run(state, at, by, reason ?? null, id)
    },
    list,
    async view(id) {
      const row = await one.get(id)
      return row && viewOf(row)
    },
  }
}

function pendingDeviceOf(row: Row): PendingDevice {
  return {
    ...keysOf(row),
    id: textOf(row, 'id'),
    state: wordOf(row, 'state', PENDING_DEVICE_STATES),
    owner: textOf(row, 'owner'),
    token: textOf(row, 'token'),
    why: wordOf(row, 'why', PENDING_REASONS),
    createdAt: numberOf(row, 'created_at'),
  }
}

function viewOf(row: Row): PendingView {
  const { id, owner, token, tier, label, notes, endorsement, why, createdAt, state } = pendingDeviceOf(row)
  return {
    id,
    owner,
    token,
    tier,
    label,
    why,
    createdAt,
    status: state,
    notes: [...notes],
    ...member('endorsementKey', endorsement?.publicHash),
    ...member('decidedAt', optionalNumberOf(row, 'decided_at')),
    ...member('decidedBy', optionalTextOf(row, 'decided_by')),
    ...member('reason', optionalTextOf(row, 'decided_reason')),
  }
}
