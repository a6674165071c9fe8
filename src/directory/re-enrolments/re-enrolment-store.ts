import { member } from '../../base/json-object.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import {
  RE_ENROLMENT_STATES,
  type ReEnrolment as ReEnrolmentView,
} from '../../protocol/nouns/enrolment/re-enrolments.ts'
import { type DeviceKeys, NO_HEAD } from '../devices/device.ts'
import { foundBy, HOST, namedCondition } from '../devices/stored/device-query.ts'
import { epochKeyWriter, KEY_COLUMNS, keysOf, keyValues } from '../devices/stored/device-rows.ts'
import { retirements } from '../devices/stored/retirements.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, listing } from '../sql/listing.ts'
import { ofOwner } from '../sql/person.ts'

/** A known key or TPM that asks to enrol again: the same device in a new epoch, if a human approves. */
export interface ReEnrolment extends DeviceKeys {
  readonly id: string
  readonly device: string
  /** The epoch that an approval begins. */
  readonly epoch: number
  readonly state: (typeof RE_ENROLMENT_STATES)[number]
  readonly owner: string
  readonly token: string
  readonly createdAt: number
}

export interface ReEnrolmentStore {
  get(id: string): Promise<ReEnrolment | undefined>
  atEpoch(device: string, epoch: number): Promise<ReEnrolment | undefined>
  /** The newest with this token and key. */
  withKey(token: string, applicationKey: string): Promise<ReEnrolment | undefined>
  put(reEnrolment: ReEnrolment): Promise<void>
  settle(
    id: string,
    outcome: { state: 'approved' | 'denied'; at: number; by: string; reason?: string | undefined },
  ): Promise<void>
  /** The highest epoch of the device, or of any of its re-enrolments. */
  highestEpoch(device: string): Promise<number>
  /** Ids of the device's pending re-enrolments. @param belowEpoch only those of earlier epochs. */
  pending(device: string, belowEpoch?: number): Promise<readonly string[]>
  /** Gives the device the keys and the epoch. Its chain begins again, and passes of the old epoch are forgotten. */
  startEpoch(reEnrolment: ReEnrolment, at: number): Promise<void>
}

/** What the API reads. */
export interface ReEnrolmentQueries {
  /** `named`: at least eight characters of the beginning of its id; or its device, as `DeviceQuestion` names one. */
  list(request: ListRequest): Promise<Listed<ReEnrolmentView>>
  view(id: string): Promise<ReEnrolmentView | undefined>
}

export function reEnrolmentStore(database: Database): ReEnrolmentStore & ReEnrolmentQueries {
  return { ...reEnrolmentWrites(database), ...reEnrolmentReads(database) }
}

function reEnrolmentWrites(database: Database): ReEnrolmentStore {
  const byId = database.prepare('SELECT * FROM re_enrolments WHERE id = ?')
  const byEpoch = database.prepare('SELECT * FROM re_enrolments WHERE device = ? AND epoch = ?')
  const byKey = database.prepare(
    'SELECT * FROM re_enrolments WHERE token = ? AND application_key = ? ORDER BY epoch DESC LIMIT 1',
  )
  const insert = database.prepare(
    `INSERT INTO re_enrolments (id, device, epoch, state, owner, owner_key, token, created_at, ${KEY_COLUMNS})
     VALUES (${Array(17).fill('?').join(', ')})`,
  )
  const settle = database.prepare(
    'UPDATE re_enrolments SET state = ?, decided_at = ?, decided_by = ?, decided_reason = ? WHERE id = ?',
  )
  const highest = database.prepare(
    `SELECT max((SELECT epoch FROM devices WHERE id = ?1),
       coalesce((SELECT max(epoch) FROM re_enrolments WHERE device = ?1), 0)) AS epoch`,
  )
  const pending = database.prepare(
    "SELECT id FROM re_enrolments WHERE device = ? AND epoch < ? AND state = 'pending' ORDER BY epoch",
  )
  const putEpochKey = epochKeyWriter(database)
  const startEpoch = database.prepare(
    `UPDATE devices SET (${KEY_COLUMNS}) = (${Array(9).fill('?').join(', ')}),
       epoch = ?, status = 'active', owner = ?, owner_key = ?, token = ?, confirmed_at = NULL, attested_at = NULL,
       attestation_failure = NULL, attestation_failed_at = NULL, findings_at = NULL, sequence = 0, head = ?,
       evidence_bytes = 0, forked_at = NULL
     WHERE id = ?`,
  )
  const forget = [
    "DELETE FROM findings WHERE device = ? AND state = 'pass'",
    'DELETE FROM unprocessed WHERE device = ?',
    'DELETE FROM snapshot_parts WHERE device = ?',
  ].map((sql) => database.prepare(sql))
  const find = (row: Row | undefined) => row && reEnrolmentOf(row)
  return {
    get: async (id) => find(await byId.get(id)),
    atEpoch: async (device, epoch) => find(await byEpoch.get(device, epoch)),
    withKey: async (token, applicationKey) => find(await byKey.get(token, applicationKey)),
    async put(reEnrolment) {
      const { id, device, epoch, state, owner, token, createdAt } = reEnrolment
      await insert.run(
        id,
        device,
        epoch,
        state,
        owner,
        foldedName(owner) ?? '',
        token,
        createdAt,
        ...keyValues(reEnrolment),
      )
    },
    async settle(id, { state, at, by, reason }) {
      await settle.run(state, at, by, reason ?? null, id)
    },
    highestEpoch: async (device) => numberOf((await highest.get(device)) ?? {}, 'epoch'),
    pending: async (device, belowEpoch = Number.MAX_SAFE_INTEGER) =>
      (await pending.all(device, belowEpoch)).map((row) => textOf(row, 'id')),
    async startEpoch(reEnrolment, at) {
      const { device, epoch, owner, token, applicationKey, endorsement } = reEnrolment
      const key = foldedName(owner) ?? null
      await startEpoch.run(...keyValues(reEnrolment), epoch, owner, key, token, NO_HEAD, device)
      await putEpochKey({ device, epoch, applicationKey, endorsement, token, at })
      for (const statement of forget) await statement.run(device)
    },
  }
}

function reEnrolmentOf(row: Row): ReEnrolment {
  return {
    ...keysOf(row),
    id: textOf(row, 'id'),
    device: textOf(row, 'device'),
    epoch: numberOf(row, 'epoch'),
    state: wordOf(row, 'state', RE_ENROLMENT_STATES),
    owner: textOf(row, 'owner'),
    token: textOf(row, 'token'),
    createdAt: numberOf(row, 'created_at'),
  }
}

function reEnrolmentReads(database: Database): ReEnrolmentQueries {
  const earlier = 'device_keys k WHERE k.device = page.device AND k.epoch < page.epoch'
  const columns = `d.status AS device_status, (SELECT max(k.enrolled_at) FROM ${earlier}) AS epoch_began_at,
    EXISTS (SELECT 1 FROM ${earlier} AND k.endorsement_hash = page.endorsement_hash) AS by_tpm`
  const tables = 'JOIN devices d ON d.id = page.device'
  const one = database.prepare(`SELECT page.*, ${columns} FROM re_enrolments page ${tables} WHERE page.id = ?`)
  const retirementOf = retirements(database)
  const viewOf = async (row: Row): Promise<ReEnrolmentView> => {
    const view = openViewOf(row)
    if (textOf(row, 'device_status') === 'retired')
      return { ...view, ...member('retired', await retirementOf(view.device)) }
    const retired = await retirementOf(view.device, view.decidedAt)
    // Only an approval lets a retired device back: an earlier retirement is of an earlier epoch.
    const wasRetired = retired !== undefined && retired.at >= numberOf(row, 'epoch_began_at')
    return wasRetired ? { ...view, retired } : view
  }
  const rows = listing(database, {
    from: 're_enrolments',
    key: 'id',
    read: (row) => row,
    filters: {
      status: (status, value) => `state = ${value(status)}`,
      owner: (owner, value) => `id IN (${ofOwner('re_enrolments', owner, value)})`,
      named(named, value) {
        const text = value(named)
        return `(${beginsWith('id', text)} OR ${namedCondition('device', text)})`
      },
      search: foundBy,
    },
    sorts: { host: HOST, owner: 'owner_key', asked: 'created_at', device: 'device' },
    joined: { columns, tables },
  })
  return {
    list: (request) =>
      database.snapshot(async () => {
        const page = await rows(request)
        const items: ReEnrolmentView[] = []
        for (const row of page.items) items.push(await viewOf(row))
        return { ...page, items }
      }),
    async view(id) {
      const row = await one.get(id)
      return row && (await viewOf(row))
    },
  }
}

/** Without the retirement of its device. */
function openViewOf(row: Row): ReEnrolmentView {
  const { tier, label } = keysOf(row)
  return {
    id: textOf(row, 'id'),
    device: textOf(row, 'device'),
    epoch: numberOf(row, 'epoch'),
    owner: textOf(row, 'owner'),
    tier,
    label,
    knownBy: numberOf(row, 'by_tpm') === 1 ? 'tpm' : 'key',
    createdAt: numberOf(row, 'created_at'),
    status: wordOf(row, 'state', RE_ENROLMENT_STATES),
    ...member('decidedAt', optionalNumberOf(row, 'decided_at')),
    ...member('decidedBy', optionalTextOf(row, 'decided_by')),
    ...member('reason', optionalTextOf(row, 'decided_reason')),
  }
}
