import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import { NO_HEAD } from '../devices/device.ts'
import type { RegistryStore } from '../devices/devices.ts'
import { DECISION_STATES, type Decision, type DecisionStore } from '../enrolment/decision.ts'
import { numberOf, textOf, wordOf } from './columns.ts'
import { keepKey } from './device-keys.ts'
import { KEY_COLUMNS, keysOf, keyValues } from './device-rows.ts'

export function decisionStore(
  database: Database,
): Omit<DecisionStore, 'device'> & Pick<RegistryStore, 'waitingDecisions'> {
  const byId = database.prepare('SELECT * FROM decisions WHERE id = ?')
  const byPlace = database.prepare('SELECT * FROM decisions WHERE device = ? AND epoch = ?')
  const byKey = database.prepare(
    'SELECT * FROM decisions WHERE token = ? AND application_key = ? ORDER BY epoch DESC LIMIT 1',
  )
  const insert = database.prepare(
    `INSERT INTO decisions (id, device, epoch, state, owner, token, created_at, ${KEY_COLUMNS})
     VALUES (${Array(16).fill('?').join(', ')})`,
  )
  const settle = database.prepare('UPDATE decisions SET state = ?, decided_at = ?, decided_by = ? WHERE id = ?')
  const highest = database.prepare(
    `SELECT max((SELECT epoch FROM devices WHERE id = ?1),
       coalesce((SELECT max(epoch) FROM decisions WHERE device = ?1), 0)) AS epoch`,
  )
  const below = database.prepare("SELECT id FROM decisions WHERE device = ? AND epoch < ? AND state = 'pending'")
  const waiting = database.prepare("SELECT id FROM decisions WHERE device = ? AND state = 'pending'")
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
  const find = (row: Row | undefined) => row && decisionOf(row)
  return {
    decision: (id) => find(byId.get(id)),
    decisionAt: (device, epoch) => find(byPlace.get(device, epoch)),
    decisionByKey: (token, key) => find(byKey.get(token, key)),
    putDecision(decision) {
      const { id, device, epoch, state, owner, token, createdAt } = decision
      insert.run(id, device, epoch, state, owner, token, createdAt, ...keyValues(decision))
    },
    settleDecision(id, { state, at, by }) {
      settle.run(state, at, by, id)
    },
    highestEpoch: (device) => numberOf(highest.get(device) ?? {}, 'epoch'),
    waitingDecisions: (device) => waiting.all(device).map((row) => textOf(row, 'id')),
    pendingBelow: (device, epoch) => below.all(device, epoch).map((row) => textOf(row, 'id')),
    adoptDecision(decision, at) {
      const { device, epoch, owner, token, applicationKey, endorsement } = decision
      adopt.run(...keyValues(decision), epoch, owner, token, NO_HEAD, device)
      keep({ device, epoch, applicationKey, endorsement, token, at })
      for (const statement of forget) statement.run(device)
    },
  }
}

function decisionOf(row: Row): Decision {
  return {
    ...keysOf(row),
    id: textOf(row, 'id'),
    device: textOf(row, 'device'),
    epoch: numberOf(row, 'epoch'),
    state: wordOf(row, 'state', DECISION_STATES),
    owner: textOf(row, 'owner'),
    token: textOf(row, 'token'),
    createdAt: numberOf(row, 'created_at'),
  }
}
