import type { Database } from '../../system/sqlite/sqlite.ts'
import type { AttestationStore } from '../devices/attestations.ts'
import type { Standing } from '../devices/device.ts'
import type { EnrolmentStore } from '../enrolment/enrolment-store.ts'
import { textOf } from './columns.ts'
import { keepKey } from './device-keys.ts'
import { deviceOf, json, KEY_COLUMNS, keyValues, standingOf } from './device-rows.ts'

export type DeviceStore = Pick<
  EnrolmentStore,
  'device' | 'deviceByKey' | 'deviceByEndorsement' | 'putDevice' | 'devicesByMachineId'
> &
  Pick<AttestationStore, 'putAttestation' | 'putAttestationFailure' | 'markForked'> & {
    retireDevice(id: string): void
    standing(id: string): Standing | undefined
    keyAt(id: string, epoch: number): string | undefined
  }

export function deviceStore(database: Database): DeviceStore {
  const byId = database.prepare('SELECT * FROM devices WHERE id = ?')
  const standing = database.prepare('SELECT id, status, epoch, application_key FROM devices WHERE id = ?')
  const keyAt = database.prepare('SELECT application_key FROM device_keys WHERE device = ? AND epoch = ?')
  const keep = keepKey(database)
  const byKey = database.prepare(
    'SELECT * FROM devices WHERE id = (SELECT device FROM device_keys WHERE application_key = ? LIMIT 1)',
  )
  const byEndorsement = database.prepare(
    `SELECT * FROM devices WHERE id = coalesce((SELECT id FROM devices WHERE endorsement_hash = ?1),
       (SELECT device FROM device_keys WHERE endorsement_hash = ?1 LIMIT 1))`,
  )
  const byMachineId = database.prepare(
    "SELECT id FROM devices WHERE json_extract(label_json, '$.machineId') = ? LIMIT 5",
  )
  const insert = database.prepare(
    `INSERT INTO devices (id, epoch, status, owner, token, enrolled_at, attested_at, last_seen, head, ${KEY_COLUMNS})
     VALUES (${Array(18).fill('?').join(', ')})`,
  )
  // A key that is in no TPM has no counters: then what is there stays NULL.
  const attested = database.prepare(
    `UPDATE devices SET attested_at = ?1, last_seen = ?1, confirmed_at = coalesce(confirmed_at, ?1),
       counters_json = coalesce(?2, counters_json), pcrs_json = coalesce(?3, pcrs_json),
       attestation_failure = NULL, attestation_failed_at = NULL
     WHERE id = ?4`,
  )
  const failed = database.prepare(
    `UPDATE devices SET attestation_failure = ?, attestation_failed_at = coalesce(attestation_failed_at, ?) WHERE id = ?`,
  )
  const forked = database.prepare('UPDATE devices SET forked_at = coalesce(forked_at, ?) WHERE id = ?')
  const retire = database.prepare("UPDATE devices SET status = 'retired' WHERE id = ?")
  const find = (statement: typeof byId, value: string) => {
    const row = statement.get(value)
    return row && deviceOf(row)
  }
  return {
    device: (id) => find(byId, id),
    standing(id) {
      const row = standing.get(id)
      return row && standingOf(row)
    },
    keyAt(id, epoch) {
      const row = keyAt.get(id, epoch)
      return row && textOf(row, 'application_key')
    },
    deviceByKey: (key) => find(byKey, key),
    deviceByEndorsement: (hash) => find(byEndorsement, hash),
    devicesByMachineId: (machineId) => byMachineId.all(machineId).map((row) => textOf(row, 'id')),
    putDevice(device) {
      const { id, epoch, status, owner, token, enrolledAt, attestedAt, head } = device
      const at = attestedAt ?? null
      insert.run(id, epoch, status, owner, token, enrolledAt, at, enrolledAt, head, ...keyValues(device))
      const { applicationKey, endorsement } = device
      keep({ device: id, epoch, applicationKey, endorsement, token, at: enrolledAt })
    },
    putAttestation(device, { at, counters, pcrs }) {
      attested.run(at, json(counters), json(pcrs), device)
    },
    putAttestationFailure(device, { code, at }) {
      failed.run(code, at, device)
    },
    markForked(device, at) {
      forked.run(at, device)
    },
    retireDevice(id) {
      retire.run(id)
    },
  }
}
