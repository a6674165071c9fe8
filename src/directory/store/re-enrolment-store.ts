import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import { NO_HEAD } from '../devices/device.ts'
import type { RegistryStore } from '../devices/devices.ts'
import { RE_ENROLMENT_STATES, type ReEnrolment, type ReEnrolmentStore } from '../re-enrolments/re-enrolment.ts'
import { numberOf, textOf, wordOf } from './columns.ts'
import { keepKey } from './device-keys.ts'
import { KEY_COLUMNS, keysOf, keyValues } from './device-rows.ts'

export function reEnrolmentStore(
  database: Database,
): Omit<ReEnrolmentStore, 'device'> & Pick<RegistryStore, 'waitingReEnrolments'> {
  const byId = database.prepare('SELECT * FROM re_enrolments WHERE id = ?')
  const byPlace = database.prepare('SELECT * FROM re_enrolments WHERE device = ? AND epoch = ?')
  const byKey = database.prepare(
    'SELECT * FROM re_enrolments WHERE token = ? AND application_key = ? ORDER BY epoch DESC LIMIT 1',
  )
  const insert = database.prepare(
    `INSERT INTO re_enrolments (id, device, epoch, state, owner, token, created_at, ${KEY_COLUMNS})
     VALUES (${Array(16).fill('?').join(', ')})`,
  )
  const settle = database.prepare('UPDATE re_enrolments SET state = ?, decided_at = ?, decided_by = ? WHERE id = ?')
  const highest = database.prepare(
    `SELECT max((SELECT epoch FROM devices WHERE id = ?1),
       coalesce((SELECT max(epoch) FROM re_enrolments WHERE device = ?1), 0)) AS epoch`,
  )
  const below = database.prepare("SELECT id FROM re_enrolments WHERE device = ? AND epoch < ? AND state = 'pending'")
  const waiting = database.prepare("SELECT id FROM re_enrolments WHERE device = ? AND state = 'pending'")
  const keep = keepKey(database)
  const adopt = database.prepare(
    `UPDATE devices SET (${KEY_COLUMNS}) = (${Array(9).fill('?').join(', ')}),
       epoch = ?, status = 'active', owner = ?, token = ?, confirmed_at = NULL, attested_at = NULL,
       attestation_failure = NULL, attestation_failed_at = NULL, findings_at = NULL, sequence = 0, head = ?,
       evidence_bytes = 0, forked_at = NULL
     WHERE id = ?`,
  )
  const forget = [
    "DELETE FROM findings WHERE device = ? AND state = 'pass'",
    'DELETE FROM projection_failures WHERE device = ?',
    'DELETE FROM snapshot_parts WHERE device = ?',
  ].map((sql) => database.prepare(sql))
  const find = (row: Row | undefined) => row && reEnrolmentOf(row)
  return {
    reEnrolment: (id) => find(byId.get(id)),
    reEnrolmentAt: (device, epoch) => find(byPlace.get(device, epoch)),
    reEnrolmentByKey: (token, key) => find(byKey.get(token, key)),
    putReEnrolment(reEnrolment) {
      const { id, device, epoch, state, owner, token, createdAt } = reEnrolment
      insert.run(id, device, epoch, state, owner, token, createdAt, ...keyValues(reEnrolment))
    },
    settleReEnrolment(id, { state, at, by }) {
      settle.run(state, at, by, id)
    },
    highestEpoch: (device) => numberOf(highest.get(device) ?? {}, 'epoch'),
    waitingReEnrolments: (device) => waiting.all(device).map((row) => textOf(row, 'id')),
    pendingBelow: (device, epoch) => below.all(device, epoch).map((row) => textOf(row, 'id')),
    adoptReEnrolment(reEnrolment, at) {
      const { device, epoch, owner, token, applicationKey, endorsement } = reEnrolment
      adopt.run(...keyValues(reEnrolment), epoch, owner, token, NO_HEAD, device)
      keep({ device, epoch, applicationKey, endorsement, token, at })
      for (const statement of forget) statement.run(device)
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
