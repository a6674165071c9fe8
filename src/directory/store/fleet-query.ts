import type { SqlValue } from '../../system/sqlite/sqlite.ts'
import type { FleetQuestion } from '../api/fleet-store.ts'

/** One question to the fleet as SQL: what narrows it most is looked up first, by an index that is named. */
export interface FleetQuery {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

interface Condition {
  readonly sql: string
  readonly values?: readonly SqlValue[]
}

/** Where the look-up begins: each names the index it goes by, so that a question never becomes a scan unnoticed. */
type Begin =
  | 'fleet_items_rare'
  | 'device_items_new'
  | 'device_items_idle'
  | 'sightings_by_item'
  | 'sightings_unknown'
  | 'sightings_autonomous'
  | 'sightings_end_of_life'
  | 'sightings_ai'
  | 'sightings_running'
  | 'sightings_present'

const ITEM_OF_SIGHTING = (alias: string) => `${alias}.kind = s.kind AND ${alias}.item = s.item`
const SIGHTING = (index: string) => `sightings s INDEXED BY ${index}`
const DEVICE = 'CROSS JOIN devices d ON d.id = s.device'
const ON_DEVICE = `LEFT JOIN device_items i ON i.device = s.device AND ${ITEM_OF_SIGHTING('i')}`
const IN_FLEET = `LEFT JOIN fleet_items f ON ${ITEM_OF_SIGHTING('f')}`

/** A sighting and what is told beside it, by its place. */
export const SEEN = `SELECT s.device, s.id, s.json, s.first_seen, s.last_seen, s.item, d.label_json, d.owner,
    d.last_seen AS heard_at, f.devices, i.first_seen AS item_first_seen, i.arrived_at, i.used_at
  FROM sightings s ${DEVICE} ${ON_DEVICE} ${IN_FLEET} WHERE s.rowid = ?`

/**
 * Their places alone, in order: where no index has that order all of them are sorted for a page of few, and what one device
 * says of its own may be a gigabyte.
 */
export function fleetQuery(question: FleetQuestion): FleetQuery {
  const conditions = Array.from(conditionsOf(question))
  const where = conditions.map(({ sql }) => sql).join(' AND ')
  return {
    sql: `SELECT s.rowid AS place, s.device FROM ${fromOf(beginOf(question))} WHERE ${where} ORDER BY s.device, s.id`,
    values: conditions.flatMap(({ values = [] }) => values),
  }
}

function beginOf(question: FleetQuestion): Begin {
  if (question.device !== undefined) return question.key === undefined ? 'sightings_present' : 'sightings_by_item'
  if (question.key !== undefined) return 'sightings_by_item'
  if (question.unknown === true) return 'sightings_unknown'
  if (question.endedBy !== undefined) return 'sightings_end_of_life'
  if (question.onAtMost !== undefined) return 'fleet_items_rare'
  if (question.newSince !== undefined) return 'device_items_new'
  if (question.idleSince !== undefined) return 'device_items_idle'
  if (question.autonomous === true) return 'sightings_autonomous'
  if (question.ai === true) return 'sightings_ai'
  if (question.state === 'running') return 'sightings_running'
  return 'sightings_present'
}

function fromOf(begin: Begin): string {
  switch (begin) {
    case 'fleet_items_rare':
      return `fleet_items f INDEXED BY ${begin}
        CROSS JOIN ${SIGHTING('sightings_by_item')} ON ${ITEM_OF_SIGHTING('f')} ${DEVICE} ${ON_DEVICE}`
    case 'device_items_new':
    case 'device_items_idle':
      return `device_items i INDEXED BY ${begin}
        CROSS JOIN ${SIGHTING('sightings_by_item')} ON s.device = i.device AND ${ITEM_OF_SIGHTING('i')} ${DEVICE} ${IN_FLEET}`
    default:
      return `${SIGHTING(begin)} ${DEVICE} ${ON_DEVICE} ${IN_FLEET}`
  }
}

/** Literals where an index is of a part of the table: only then may it be used. */
function* conditionsOf(question: FleetQuestion): Generator<Condition> {
  const { kind, after, device, key } = question
  yield { sql: `s.kind = ? AND s.gone_at IS NULL AND d.status = 'active'`, values: [kind] }
  if (after !== undefined) yield { sql: '(s.device, s.id) > (?, ?)', values: [after.device, after.id] }
  if (device !== undefined) yield { sql: 's.device = ?', values: [device] }
  if (key !== undefined) yield { sql: 's.item = ?', values: [key] }
  if (question.state !== undefined) yield { sql: `s.state = '${question.state}'` }
  yield* booleanCondition('s.unknown', question.unknown)
  yield* booleanCondition('s.autonomous', question.autonomous)
  yield* booleanCondition('s.ai', question.ai)
  if (question.onAtMost !== undefined) {
    yield { sql: 'f.kind = ? AND f.devices > 0 AND f.devices <= ?', values: [kind, question.onAtMost] }
  }
  if (question.newSince !== undefined) {
    yield { sql: 'i.kind = ? AND i.arrived_at IS NOT NULL AND i.arrived_at >= ?', values: [kind, question.newSince] }
  }
  if (question.idleSince !== undefined) {
    yield {
      sql: 'i.kind = ? AND i.present > 0 AND i.running = 0 AND i.used_at <= ?',
      values: [kind, question.idleSince],
    }
  }
  if (question.endedBy !== undefined) {
    yield { sql: 's.end_of_life IS NOT NULL AND s.end_of_life <= ?', values: [question.endedBy] }
  }
}

function* booleanCondition(column: string, wanted: boolean | undefined): Generator<Condition> {
  if (wanted !== undefined) yield { sql: `${column} = ${wanted ? 1 : 0}` }
}
