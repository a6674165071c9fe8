import { reader, Type } from '../../base/schema.ts'
import { VERDICTS, type Verdict } from '../../protocol/messages/attestation-result.ts'
import { TIERS, type Tier } from '../../protocol/tier.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { labelsReader } from '../sql/stored-readers.ts'
import { VERDICT_NOW } from '../sql/verdict-now.ts'

/** What decisions read beside people and registrations, each by one look into an index. */

export interface AccessDevice {
  readonly id: string
  readonly status: 'active' | 'retired'
  readonly name: string
  readonly owner: string
  readonly tier: Tier
  readonly labels: Readonly<Record<string, string>>
  readonly verdict: Verdict
  /** Undefined before the first result. */
  readonly validUntil: number | undefined
}

/** An agent as it is seen on one device. */
export interface SeenHere {
  readonly item: string
  readonly product: string
  readonly userId: string
  readonly userName: string | undefined
  readonly human: string | undefined
  readonly deviations: readonly string[]
}

/** What the scope of a registration names. */
export type ScopeMember = 'applications' | 'dataSets' | 'tools'

export interface NamedSubject {
  readonly number: number
  readonly name: string
}

/** A stop in force, without drills. */
export interface StopInForce {
  readonly id: string
  readonly number: number
  /** What it selects: as columns of the table. */
  readonly device: string | undefined
  readonly registration: string | undefined
  readonly human: string | undefined
  readonly group: string | undefined
  readonly product: string | undefined
  readonly user: string | undefined
  /** Of a sighting. */
  readonly agent: string | undefined
  /** Devices are still being brought into its scope. */
  readonly isSpreading: boolean
  /** What the device answered. Undefined: it is not in scope, or not yet. */
  readonly answer: string | undefined
}

export interface AccessStore {
  /** Active people in the order of numbers. */
  people(page: { readonly after: number; readonly limit: number }): Promise<readonly NamedSubject[]>
  serviceAccounts(
    page: { readonly after: number; readonly limit: number },
    now: number,
  ): Promise<readonly NamedSubject[]>
  /** Names in the scopes of registrations that have not ended, in order. */
  scopeNames(member: ScopeMember, page: { readonly after: string; readonly limit: number }): Promise<readonly string[]>
  device(id: string, now: number): Promise<AccessDevice | undefined>
  /** Present ones. */
  seenOn(device: string, registration: string): Promise<readonly SeenHere[]>
  groupsOf(human: string): Promise<readonly { readonly id: string; readonly name: string }[]>
  /** Those of the device, and those of no single device. */
  stopsInForce(device: string | undefined, now: number): Promise<readonly StopInForce[]>
  /** Of which agent a sighting is. */
  sightingOf(device: string, id: string): Promise<{ readonly item: string; readonly userId: string } | undefined>
}

const STATUSES = ['active', 'retired'] as const
const deviationsReader = reader(Type.Array(Type.String()), { name: 'stored deviations' })

export function accessStore(database: Database): AccessStore {
  const device = database.prepare(
    `SELECT l.device, l.status, l.tier, l.owner, l.host, l.labels, l.valid_until, ${VERDICT_NOW} AS verdict
     FROM listed_devices l WHERE l.device = ?2`,
  )
  const seen = database.prepare(
    `SELECT item, product, user_id, user_name, human, deviations FROM seen_agents INDEXED BY seen_agents_by_device
     WHERE device = ? AND registration = ? AND present > 0 LIMIT 100`,
  )
  const groups = database.prepare(
    `SELECT g.id, g.name FROM group_members m CROSS JOIN people_groups g ON g.id = m.people_group AND g.deleted_at IS NULL
     WHERE m.human = ?`,
  )
  const columns = `SELECT s.id, s.number, s.device, s.registration, s.human, s.people_group, s.spread_after,
      s.json ->> '$.selector.product' AS product, s.json ->> '$.selector.user' AS user, s.json ->> '$.selector.agent' AS agent,
      (SELECT t.state FROM stop_devices t WHERE t.stop = s.number AND t.device = ?1) AS answer
    FROM stops s`
  const inForce = "s.kind <> 'drill' AND (s.ends_at IS NULL OR s.ends_at > ?2)"
  const everywhere = database.prepare(
    `${columns} INDEXED BY stops_in_force_everywhere WHERE s.state IN ('standing', 'release-waiting') AND s.device IS NULL AND ${inForce}`,
  )
  const onDevice = database.prepare(
    `${columns} INDEXED BY stops_by_device WHERE s.device = ?1 AND s.state IN ('standing', 'release-waiting') AND ${inForce}`,
  )
  const people = database.prepare(
    `SELECT number, user_name AS name FROM humans WHERE number > ? AND status = 'active' AND deleted_at IS NULL
     ORDER BY number LIMIT CAST(? AS INTEGER)`,
  )
  const services = database.prepare(
    `SELECT number, name FROM service_accounts WHERE number > ? AND status = 'active' AND expires_at > ?3
     ORDER BY number LIMIT CAST(?2 AS INTEGER)`,
  )
  const scopeNames = database.prepare(
    `SELECT DISTINCT j.value AS name FROM registrations r, json_each(r.json, '$.scope.' || ?1) j
     WHERE r.state NOT IN ('retiring', 'retired') AND j.value > ?2 ORDER BY j.value LIMIT CAST(?3 AS INTEGER)`,
  )
  const sighting = database.prepare('SELECT item, user_id FROM sightings WHERE device = ? AND id = ?')
  return {
    async device(id, now) {
      const row = await device.get(now, id)
      return row && deviceOf(row)
    },
    seenOn: async (id, registration) => (await seen.all(id, registration)).map(seenOf),
    groupsOf: async (human) =>
      (await groups.all(human)).map((row) => ({ id: textOf(row, 'id'), name: textOf(row, 'name') })),
    stopsInForce: async (id, now) => [
      ...(await everywhere.all(id ?? '', now)).map(stopOf),
      ...(id === undefined ? [] : (await onDevice.all(id, now)).map(stopOf)),
    ],
    people: async ({ after, limit }) => (await people.all(after, limit)).map(subjectOf),
    serviceAccounts: async ({ after, limit }, now) => (await services.all(after, limit, now)).map(subjectOf),
    scopeNames: async (member, { after, limit }) =>
      (await scopeNames.all(member, after, limit)).map((row) => textOf(row, 'name')),
    async sightingOf(id, agent) {
      const row = await sighting.get(id, agent)
      const item = row && optionalTextOf(row, 'item')
      return item === undefined || row === undefined ? undefined : { item, userId: textOf(row, 'user_id') }
    },
  }
}

function subjectOf(row: Row): NamedSubject {
  return { number: numberOf(row, 'number'), name: textOf(row, 'name') }
}

function deviceOf(row: Row): AccessDevice {
  return {
    id: textOf(row, 'device'),
    status: wordOf(row, 'status', STATUSES),
    name: textOf(row, 'host'),
    owner: textOf(row, 'owner'),
    tier: wordOf(row, 'tier', TIERS),
    labels: jsonOf(row, 'labels', labelsReader),
    verdict: wordOf(row, 'verdict', VERDICTS),
    validUntil: optionalNumberOf(row, 'valid_until'),
  }
}

function seenOf(row: Row): SeenHere {
  return {
    item: textOf(row, 'item'),
    product: textOf(row, 'product'),
    userId: textOf(row, 'user_id'),
    userName: optionalTextOf(row, 'user_name'),
    human: optionalTextOf(row, 'human'),
    deviations: jsonOf(row, 'deviations', deviationsReader),
  }
}

function stopOf(row: Row): StopInForce {
  return {
    id: textOf(row, 'id'),
    number: numberOf(row, 'number'),
    device: optionalTextOf(row, 'device'),
    registration: optionalTextOf(row, 'registration'),
    human: optionalTextOf(row, 'human'),
    group: optionalTextOf(row, 'people_group'),
    product: optionalTextOf(row, 'product'),
    user: optionalTextOf(row, 'user'),
    agent: optionalTextOf(row, 'agent'),
    isSpreading: optionalTextOf(row, 'spread_after') !== undefined,
    answer: optionalTextOf(row, 'answer'),
  }
}
