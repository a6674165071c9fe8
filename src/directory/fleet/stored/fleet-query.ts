import type { SqlValue } from '../../sql/database.ts'
import type { Place } from '../../sql/listing.ts'
import { devicesOfOwner } from '../../sql/person.ts'
import { RISK_BITS } from '../../store/migrations/0010-counted-things.ts'
import type { FleetQuestion } from '../fleet-store.ts'

/** A question, and what decides where its search starts. */
export interface ReadQuestion extends FleetQuestion {
  /** So many sightings fit the search that it is quicker to read them in the order of the list than to sort them. */
  readonly broad?: boolean
}

/** SQL for one question about the fleet. It starts with the most selective filter and names its index. */
export interface FleetQuery {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** The index where a query starts. Naming it makes SQLite fail rather than scan a table. */
type StartIndex =
  | 'fleet_items_rare'
  | 'fleet_items_found'
  | 'device_items_new'
  | 'device_items_idle'
  | 'sightings_by_item'
  | 'sightings_by_user'
  | 'sightings_unknown'
  | 'sightings_autonomous'
  | 'sightings_frozen'
  | 'sightings_frozen_by_item'
  | 'sightings_autonomous_by_item'
  | 'sightings_end_of_life'
  | 'sightings_ai'
  | 'sightings_running'
  | 'sightings_present'
  | 'device_risks'
  | 'seen_agents_unregistered'

const ITEM_OF_SIGHTING = (alias: string) => `${alias}.kind = s.kind AND ${alias}.item = s.item`
const SIGHTING = (index: string) => `sightings s INDEXED BY ${index}`
const DEVICE = 'CROSS JOIN devices d ON d.id = s.device'
const ON_DEVICE = `LEFT JOIN device_items i ON i.device = s.device AND ${ITEM_OF_SIGHTING('i')}`
const IN_FLEET = `LEFT JOIN fleet_items f ON ${ITEM_OF_SIGHTING('f')}`

/** Selects one sighting with its device and item, by row id. */
export const SEEN = `SELECT s.device, s.id, s.json, s.first_seen, s.last_seen, s.item, d.label_json, d.owner,
    d.last_seen AS heard_at, f.devices, i.first_seen AS item_first_seen, i.arrived_at, i.used_at
  FROM sightings s ${DEVICE} ${ON_DEVICE} ${IN_FLEET} WHERE s.rowid = ?`

/**
 * Selects row ids in the order of the list. The JSON is read later, per page: SQLite sorts all rows if no index has the order,
 * and one device's JSON may be a gigabyte.
 */
export function fleetQuery(question: ReadQuestion): FleetQuery {
  const values: SqlValue[] = []
  const start = startOf(question)
  const where = [...conditionsOf(question, (value) => `?${values.push(value)}`)].join(' AND ')
  return {
    sql: `SELECT s.rowid AS row_id, s.device FROM ${fromOf(start)} WHERE ${where} ORDER BY ${ORDER[start] ?? 's.device'}, s.id`,
    values,
  }
}

/** Where the devices come in order from another table than that of the sightings. */
const ORDER: Readonly<Partial<Record<StartIndex, string>>> = {
  device_risks: 'r.device',
  seen_agents_unregistered: 'z.device',
}

/** Counts what `fleetQuery` selects, and one more than `most` at most. */
export function fleetCount(question: ReadQuestion, most: number): FleetQuery {
  const values: SqlValue[] = []
  const value = (one: SqlValue) => `?${values.push(one)}`
  const where = [...conditionsOf({ ...question, after: undefined }, value)].join(' AND ')
  const from = fromOf(startOf(question))
  return {
    sql: `SELECT count(*) AS number FROM (SELECT 1 FROM ${from} WHERE ${where} LIMIT CAST(${value(most + 1)} AS INTEGER))`,
    values,
  }
}

function startOf(question: ReadQuestion): StartIndex {
  if (question.device !== undefined) return question.key === undefined ? 'sightings_present' : 'sightings_by_item'
  if (question.user !== undefined && question.kind === 'agent') return 'sightings_by_user'
  const isAutonomous = question.autonomous === true || question.risk === 'autonomous'
  if (question.key !== undefined) return startOfKey(question, isAutonomous)
  if (question.frozen === true) return 'sightings_frozen'
  if (question.search !== undefined && question.broad !== true) return 'fleet_items_found'
  if (question.risk !== undefined && question.risk !== 'autonomous') return 'device_risks'
  if (question.unknown === true) return 'sightings_unknown'
  if (question.endedBy !== undefined) return 'sightings_end_of_life'
  if (question.onAtMost !== undefined) return 'fleet_items_rare'
  if (question.newSince !== undefined) return 'device_items_new'
  if (question.idleSince !== undefined) return 'device_items_idle'
  if (isAutonomous) return 'sightings_autonomous'
  if (question.unregistered === true) return 'seen_agents_unregistered'
  if (question.ai === true) return 'sightings_ai'
  if (question.state === 'running') return 'sightings_running'
  return 'sightings_present'
}

function startOfKey({ frozen }: FleetQuestion, isAutonomous: boolean): StartIndex {
  if (frozen === true) return 'sightings_frozen_by_item'
  return isAutonomous ? 'sightings_autonomous_by_item' : 'sightings_by_item'
}

function fromOf(start: StartIndex): string {
  switch (start) {
    case 'fleet_items_rare':
      return `fleet_items f INDEXED BY ${start}
        CROSS JOIN ${SIGHTING('sightings_by_item')} ON ${ITEM_OF_SIGHTING('f')} ${DEVICE} ${ON_DEVICE}`
    case 'fleet_items_found':
      return `fleet_items f CROSS JOIN ${SIGHTING('sightings_by_item')} ON ${ITEM_OF_SIGHTING('f')} ${DEVICE} ${ON_DEVICE}`
    case 'device_items_new':
    case 'device_items_idle':
      return `device_items i INDEXED BY ${start}
        CROSS JOIN ${SIGHTING('sightings_by_item')} ON s.device = i.device AND ${ITEM_OF_SIGHTING('i')} ${DEVICE} ${IN_FLEET}`
    case 'device_risks':
      return `device_risks r CROSS JOIN ${SIGHTING('sightings_present')} ON s.device = r.device ${DEVICE} ${ON_DEVICE} ${IN_FLEET}`
    case 'seen_agents_unregistered':
      return `seen_agents z INDEXED BY ${start} CROSS JOIN ${SIGHTING('sightings_by_seen_agent')}
        ON s.device = z.device AND s.item = z.item AND s.user_id = z.user_id ${DEVICE} ${ON_DEVICE} ${IN_FLEET}`
    default:
      return `${SIGHTING(start)} ${DEVICE} ${ON_DEVICE} ${IN_FLEET}`
  }
}

/** Conditions of partial indexes are literals: SQLite uses such an index only then. */
function* conditionsOf(question: ReadQuestion, value: Place): Generator<string> {
  const start = startOf(question)
  const { kind, after, device, key, search, user, owner, onAtMost, newSince, idleSince, endedBy } = question
  yield `s.kind = ${value(kind)} AND s.gone_at IS NULL AND d.status = 'active'`
  if (after !== undefined) yield `(s.device, s.id) > (${value(after.device)}, ${value(after.id)})`
  if (device !== undefined) yield `s.device = ${value(device)}`
  if (key !== undefined) yield `s.item = ${value(key)}`
  if (search !== undefined) yield itemsFound({ kind, search, value, start })
  // The index of agents by user is partial.
  if (user !== undefined && kind === 'agent') yield "s.kind = 'agent' AND s.user_name IS NOT NULL"
  if (user !== undefined) yield `s.user_name = ${value(user)}`
  if (owner !== undefined) yield `s.device IN (${devicesOfOwner(owner, value)})`
  if (question.risk !== undefined) yield `(s.risks >> ${RISK_BITS.indexOf(question.risk)}) & 1`
  if (start === 'device_risks') yield `r.risk = ${value(question.risk ?? '')}`
  if (start === 'sightings_autonomous' || start === 'sightings_autonomous_by_item') yield 's.autonomous = 1'
  if (question.unregistered !== undefined) yield* ofRegister(question.unregistered, start)
  if (question.state !== undefined) yield `s.state = '${question.state}'`
  yield* booleanCondition('s.unknown', question.unknown)
  yield* booleanCondition('s.autonomous', question.autonomous)
  yield* booleanCondition('s.frozen', question.frozen)
  yield* booleanCondition('s.ai', question.ai)
  if (onAtMost !== undefined) yield `f.kind = ${value(kind)} AND f.devices > 0 AND f.devices <= ${value(onAtMost)}`
  if (newSince !== undefined) {
    yield `i.kind = ${value(kind)} AND i.arrived_at IS NOT NULL AND i.arrived_at >= ${value(newSince)}`
  }
  if (idleSince !== undefined) {
    yield `i.kind = ${value(kind)} AND i.present > 0 AND i.running = 0 AND i.used_at <= ${value(idleSince)}`
  }
  if (endedBy !== undefined) yield `s.end_of_life IS NOT NULL AND s.end_of_life <= ${value(endedBy)}`
}

/** Items whose key has a text in it. The fleet has few, beside the sightings of them. */
export function itemsNamed(kind: string, search: string, value: Place): string {
  return `f.kind = ${value(kind)} AND f.devices > 0 AND instr(lower(f.item), lower(${value(search)})) > 0`
}

interface Found {
  readonly kind: string
  readonly search: string
  readonly value: Place
  readonly start: StartIndex
}

function itemsFound({ kind, search, value, start }: Found): string {
  const named = itemsNamed(kind, search, value)
  return start === 'fleet_items_found' ? named : `s.item IN (SELECT f.item FROM fleet_items f WHERE ${named})`
}

function* ofRegister(unregistered: boolean, start: StartIndex): Generator<string> {
  if (start === 'seen_agents_unregistered') {
    yield "z.present > 0 AND z.state <> 'registered' AND s.kind = 'agent'"
    return
  }
  yield `${unregistered ? 'NOT ' : ''}EXISTS (SELECT 1 FROM seen_agents w WHERE w.device = s.device AND w.item = s.item
    AND w.user_id = s.user_id AND w.state = 'registered')`
}

function* booleanCondition(column: string, wanted: boolean | undefined): Generator<string> {
  if (wanted !== undefined) yield `${column} = ${wanted ? 1 : 0}`
}
