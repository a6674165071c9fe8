import { fromBase64Url } from '../../../base/bytes.ts'
import { SuretyError } from '../../../base/errors.ts'
import { member } from '../../../base/json-object.ts'
import { foldedName } from '../../../base/text/fold-name.ts'
import { REFERENCE_KINDS } from '../../../protocol/nouns/devices/verdict.ts'
import { numberOf, optionalJsonOf, textOf, wordOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'
import { healthReader, inventoryReader, resultReader } from '../../sql/stored-readers.ts'
import { tamperStore } from '../../tamper/tamper-store.ts'
import type { DeviceQueries, DeviceStore, FindingQueries } from '../device-store.ts'
import { deviceList, REPORTED_TROUBLE, reportedTroubleOf, summaryOf } from './device-list.ts'
import { deviceOf, epochKeyWriter, KEY_COLUMNS, keyValues, optionalJson, standingOf } from './device-rows.ts'
import { retirements } from './retirements.ts'

/** @param findings of `finding-store.ts`: a device's view contains them. */
export function deviceStore(database: Database, findings: FindingQueries): DeviceStore & DeviceQueries {
  return { ...deviceWrites(database), ...deviceReads(database, findings) }
}

function deviceWrites(database: Database): DeviceStore {
  const byId = database.prepare('SELECT * FROM devices WHERE id = ?')
  const standing = database.prepare('SELECT id, status, epoch, application_key FROM devices WHERE id = ?')
  const keyAt = database.prepare('SELECT application_key FROM device_keys WHERE device = ? AND epoch = ?')
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
    `INSERT INTO devices (id, epoch, status, owner, owner_key, token, enrolled_at, attested_at, last_seen, head, ${KEY_COLUMNS})
     VALUES (${Array(19).fill('?').join(', ')})`,
  )
  const putEpochKey = epochKeyWriter(database)
  // Keys outside a TPM have no counters and no PCRs: the columns stay NULL.
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
  const putOwner = database.prepare('UPDATE devices SET owner = ?, owner_key = ? WHERE id = ?')
  const putLabels = database.prepare('UPDATE devices SET labels_json = ? WHERE id = ?')
  const find = (row: Row | undefined) => row && deviceOf(row)
  return {
    get: async (id) => find(await byId.get(id)),
    async standing(id) {
      const row = await standing.get(id)
      return row && standingOf(row)
    },
    async keyAt(id, epoch) {
      const row = await keyAt.get(id, epoch)
      return row && textOf(row, 'application_key')
    },
    withKey: async (applicationKey) => find(await byKey.get(applicationKey)),
    withEndorsement: async (publicHash) => find(await byEndorsement.get(publicHash)),
    withMachineId: async (machineId) => (await byMachineId.all(machineId)).map((row) => textOf(row, 'id')),
    async put(device) {
      const { id, epoch, status, owner, token, enrolledAt, attestedAt, head, applicationKey, endorsement } = device
      const at = attestedAt ?? null
      const key = foldedName(owner) ?? null
      await insert.run(id, epoch, status, owner, key, token, enrolledAt, at, enrolledAt, head, ...keyValues(device))
      await putEpochKey({ device: id, epoch, applicationKey, endorsement, token, at: enrolledAt })
    },
    async putAttestation(device, { at, counters, pcrs }) {
      await attested.run(at, optionalJson(counters), optionalJson(pcrs), device)
    },
    async putAttestationFailure(device, { code, at }) {
      await failed.run(code, at, device)
    },
    async markForked(device, at) {
      await forked.run(at, device)
    },
    async retire(id) {
      await retire.run(id)
    },
    async putOwner(id, owner) {
      await putOwner.run(owner, foldedName(owner) ?? null, id)
    },
    async putLabels(id, labels) {
      await putLabels.run(JSON.stringify(labels), id)
    },
  }
}

const HOST = "lower(json_extract(label_json, '$.hostname'))"
const SERIAL = "json_extract(label_json, '$.serial')"

function deviceReads(database: Database, findings: FindingQueries): DeviceQueries {
  // Each condition has an index, spelled in the same way.
  const matching = database.prepare(
    `SELECT id, CASE WHEN ${HOST} = lower(?1) THEN 'host' WHEN ${SERIAL} = ?1 THEN 'serial' ELSE 'owner' END AS matched
     FROM devices WHERE (${HOST} = lower(?1) OR ${SERIAL} = ?1 OR owner = ?1) AND status = 'active' LIMIT ?2`,
  )
  const exists = database.prepare('SELECT 1 FROM devices WHERE id = ?')
  const key = database.prepare(
    `SELECT application_key FROM device_keys
     WHERE device = ?1 AND epoch = coalesce(?2, (SELECT epoch FROM devices WHERE id = ?1))`,
  )
  return {
    has: async (id) => (await exists.get(id)) !== undefined,
    view: deviceView(database, findings),
    matching: async (reference, limit) =>
      (await matching.all(reference, limit)).map((row) => ({
        id: textOf(row, 'id'),
        matched: wordOf(row, 'matched', REFERENCE_KINDS),
      })),
    list: deviceList(database),
    async applicationKey(device, epoch) {
      const row = await key.get(device, epoch ?? null)
      if (row === undefined) return undefined
      const spki = fromBase64Url(textOf(row, 'application_key'))
      if (spki === undefined) throw new SuretyError('STORE_CORRUPT', 'the application key is not base64url')
      return spki
    },
  }
}

function deviceView(database: Database, findings: FindingQueries): DeviceQueries['view'] {
  const select = database.prepare(`SELECT d.*, ${REPORTED_TROUBLE} FROM devices d WHERE d.id = ?`)
  const { list: tamperSigns } = tamperStore(database)
  const result = database.prepare('SELECT json FROM results WHERE device = ?')
  const inventory = database.prepare('SELECT json FROM inventory WHERE device = ?')
  const health = database.prepare('SELECT json FROM health WHERE device = ?')
  const retirementOf = retirements(database)
  const unprocessed = database.prepare('SELECT * FROM unprocessed WHERE device = ? ORDER BY part')
  return async (id) => {
    const row = await select.get(id)
    if (row === undefined) return undefined
    const device = deviceOf(row)
    const { maker, model, firmware } = device.endorsement ?? {}
    return {
      ...summaryOf(row),
      ...reportedTroubleOf(row),
      tamperSigns: (await tamperSigns(id)).map(({ sign, receivedAt }) => ({ ...sign, receivedAt })),
      ...(device.status === 'retired' ? member('retired', await retirementOf(id)) : {}),
      ...member('result', optionalJsonOf((await result.get(id)) ?? NO_JSON, 'json', resultReader)),
      attestation: { ...member('attestedAt', device.attestedAt), ...member('failure', device.attestationFailure) },
      ...(device.endorsement === undefined
        ? {}
        : {
            endorsement: { ...member('maker', maker), ...member('model', model), ...member('firmware', firmware) },
          }),
      notes: [...device.notes],
      findings: [...(await findings.view(id))],
      ...member('inventory', optionalJsonOf((await inventory.get(id)) ?? NO_JSON, 'json', inventoryReader)),
      health: optionalJsonOf((await health.get(id)) ?? NO_JSON, 'json', healthReader) ?? [],
      unprocessed: (await unprocessed.all(id)).map((one) => ({
        part: textOf(one, 'part'),
        sequence: numberOf(one, 'sequence'),
        message: textOf(one, 'message'),
        since: numberOf(one, 'since'),
      })),
      head: { sequence: device.sequence, hash: device.head },
    }
  }
}

const NO_JSON: Row = { json: null }
