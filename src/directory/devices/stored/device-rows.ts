import { reader, Type } from '../../../base/schema.ts'
import { TIERS } from '../../../protocol/tier.ts'
import {
  jsonOf,
  numberOf,
  optionalJsonOf,
  optionalNumberOf,
  optionalTextOf,
  textOf,
  wordOf,
} from '../../sql/columns.ts'
import type { Database, Row, SqlValue } from '../../sql/database.ts'
import { labelReader, labelsReader } from '../../sql/stored-readers.ts'
import type { Device, DeviceKeys, Standing } from '../device.ts'

/** Rows of devices and re-enrolments as values, and back. */

const optionalText = Type.Optional(Type.String())
const endorsementReader = reader(
  Type.Object({
    publicHash: Type.String(),
    maker: optionalText,
    model: optionalText,
    firmware: optionalText,
    certificateHash: optionalText,
  }),
  { name: 'stored endorsement' },
)
const countersReader = reader(
  Type.Object({
    clock: Type.Number(),
    resetCount: Type.Number(),
    restartCount: Type.Number(),
    safe: Type.Boolean(),
    firmwareVersion: Type.String(),
  }),
  { name: 'stored counters' },
)
const pcrsReader = reader(Type.Record(Type.String(), Type.String()), { name: 'stored PCR values' })
const notesReader = reader(Type.Array(Type.String()), { name: 'stored notes' })

export const KEY_COLUMNS =
  'tier, application_key, endorsement_hash, endorsement_json, attestation_public, counters_json, pcrs_json, label_json, notes_json'

/** In the order of `KEY_COLUMNS`. */
export function keyValues(keys: DeviceKeys): readonly SqlValue[] {
  return [
    keys.tier,
    keys.applicationKey,
    keys.endorsement?.publicHash ?? null,
    optionalJson(keys.endorsement),
    keys.attestationPublic ?? null,
    optionalJson(keys.counters),
    optionalJson(keys.pcrs),
    JSON.stringify(keys.label),
    JSON.stringify(keys.notes),
  ]
}

export function optionalJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

export function keysOf(row: Row): DeviceKeys {
  return {
    tier: wordOf(row, 'tier', TIERS),
    applicationKey: textOf(row, 'application_key'),
    endorsement: optionalJsonOf(row, 'endorsement_json', endorsementReader),
    attestationPublic: optionalTextOf(row, 'attestation_public'),
    counters: optionalJsonOf(row, 'counters_json', countersReader),
    pcrs: optionalJsonOf(row, 'pcrs_json', pcrsReader),
    label: jsonOf(row, 'label_json', labelReader),
    notes: jsonOf(row, 'notes_json', notesReader),
  }
}

export function standingOf(row: Row): Standing {
  return {
    id: textOf(row, 'id'),
    status: wordOf(row, 'status', ['active', 'retired']),
    epoch: numberOf(row, 'epoch'),
    applicationKey: textOf(row, 'application_key'),
  }
}

export function deviceOf(row: Row): Device {
  const failure = optionalTextOf(row, 'attestation_failure')
  return {
    ...keysOf(row),
    ...standingOf(row),
    owner: textOf(row, 'owner'),
    token: textOf(row, 'token'),
    enrolledAt: numberOf(row, 'enrolled_at'),
    confirmedAt: optionalNumberOf(row, 'confirmed_at'),
    attestedAt: optionalNumberOf(row, 'attested_at'),
    attestationFailure:
      failure === undefined ? undefined : { code: failure, since: numberOf(row, 'attestation_failed_at') },
    findingsAt: optionalNumberOf(row, 'findings_at'),
    sequence: numberOf(row, 'sequence'),
    head: textOf(row, 'head'),
    lastOrder: numberOf(row, 'last_order'),
    forkedAt: optionalNumberOf(row, 'forked_at'),
    labels: labelsOf(row),
  }
}

function labelsOf(row: Row): Device['labels'] {
  const labels = jsonOf(row, 'labels_json', labelsReader)
  return Object.keys(labels).length === 0 ? undefined : labels
}

/** The key of one epoch, the TPM it is in, and the token that enrolled it. Kept as long as the evidence of the epoch. */
export interface EpochKey {
  readonly device: string
  readonly epoch: number
  readonly applicationKey: string
  readonly endorsement?: { readonly publicHash: string } | undefined
  readonly token: string
  readonly at: number
}

export function epochKeyWriter(database: Database): (key: EpochKey) => Promise<void> {
  const insert = database.prepare(
    'INSERT INTO device_keys (device, epoch, application_key, enrolled_at, endorsement_hash, token) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return async ({ device, epoch, applicationKey, endorsement, token, at }) => {
    await insert.run(device, epoch, applicationKey, at, endorsement?.publicHash ?? null, token)
  }
}
