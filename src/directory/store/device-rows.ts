import { reader } from '../../base/schema.ts'
import { deviceLabelSchema } from '../../protocol/frames.ts'
import { TIERS } from '../../protocol/tier.ts'
import type { Row, SqlValue } from '../../system/sqlite/sqlite.ts'
import {
  countersReader,
  type Device,
  type DeviceKeys,
  endorsementReader,
  notesReader,
  pcrsReader,
  type Standing,
} from '../devices/device.ts'
import { jsonOf, numberOf, optionalJsonOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from './columns.ts'

/** Rows of devices and re-enrolments as the rooms know them, and back. */

const labelReader = reader(deviceLabelSchema, { name: 'stored label' })

export const KEY_COLUMNS =
  'tier, application_key, endorsement_hash, endorsement_json, attestation_public, counters_json, pcrs_json, label_json, notes_json'

/** In the order of `KEY_COLUMNS`. */
export function keyValues(keys: DeviceKeys): readonly SqlValue[] {
  return [
    keys.tier,
    keys.applicationKey,
    keys.endorsement?.publicHash ?? null,
    json(keys.endorsement),
    keys.attestationPublic ?? null,
    json(keys.counters),
    json(keys.pcrs),
    JSON.stringify(keys.label),
    JSON.stringify(keys.notes),
  ]
}

export function json(value: unknown): string | null {
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
  }
}
