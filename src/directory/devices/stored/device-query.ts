import type { Verdict } from '../../../protocol/messages/attestation-result.ts'
import type { DeviceSort } from '../../../protocol/nouns/devices/devices.ts'
import { RECENT_SIGN_MS } from '../../../protocol/tamper.ts'
import { TIERS } from '../../../protocol/tier.ts'
import type { SqlValue } from '../../sql/database.ts'
import { beginsWith, type Place, startsWith } from '../../sql/listing.ts'
import { devicesOfOwner } from '../../sql/person.ts'
import { CONNECTED_DEVICES } from '../../sql/presence-store.ts'
import { VERDICT_NOW } from '../../sql/verdict-now.ts'
import { versionNumbers } from '../../store/migrations/version-number.ts'
import type { DeviceQuestion } from '../device-store.ts'

/** SQL for one question about the list of devices. Its first value is the time. */
export interface DeviceQuery {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** The worst verdict first: a person looks at these. */
const WORST_FIRST: readonly Verdict[] = ['not-compliant', 'unknown', 'stale', 'compliant']

const ranked = (column: string, words: readonly string[]) =>
  `CASE ${column} ${words.map((word, rank) => `WHEN '${word}' THEN ${rank}`).join(' ')} ELSE ${words.length} END`

const SORT_KEYS: Readonly<Record<DeviceSort, string>> = {
  id: 'l.device',
  owner: 'l.owner',
  host: 'l.host',
  os: "coalesce(l.os, '')",
  tier: ranked('l.tier', TIERS),
  verdict: ranked(`(${VERDICT_NOW})`, WORST_FIRST),
  heard: 'coalesce(l.last_seen, l.enrolled_at)',
  enrolled: 'l.enrolled_at',
}

/** Selects ids and sort keys in the order of the list, after `question.after`. */
export function deviceQuery(question: DeviceQuestion, now: number, limit: number): DeviceQuery {
  const sql = sqlBuilder(now)
  const key = SORT_KEYS[question.sort ?? 'id']
  const direction = question.descending === true ? 'DESC' : 'ASC'
  const index = pageIndexOf(question)
  const conditions = conditionsOf(question, index, sql.value)
  if (question.after !== undefined) {
    const { key: place, id } = question.after
    conditions.push(`(${key}, l.device) ${direction === 'ASC' ? '>' : '<'} (${sql.value(place)}, ${sql.value(id)})`)
  }
  // The cast hides the limit from SQLite, which would otherwise plan again for every limit.
  return sql.query(
    `SELECT l.device, ${key} AS key, ?1 AS now FROM ${fromOf(question, index, conditions)}
     ORDER BY key ${direction}, l.device ${direction} LIMIT CAST(${sql.value(limit)} AS INTEGER)`,
  )
}

/** Counts the devices of the whole list. */
export function deviceCountQuery(question: DeviceQuestion, now: number): DeviceQuery {
  const sql = sqlBuilder(now)
  const { presence, isConnected, sort: _, descending: _order, after: _after, ...filters } = question
  if (presence !== undefined && isPlain(filters)) {
    const all = deviceCountQuery({ isConnected, status: 'active' }, now)
    const connected = `(SELECT count(*) FROM ${CONNECTED_DEVICES})`
    return presence === 'connected'
      ? sql.query(`SELECT ${connected} AS total, ?1 AS now`)
      : { sql: `SELECT total - ${connected} AS total FROM (${all.sql})`, values: all.values }
  }
  const index = countIndexOf(question)
  const conditions = conditionsOf(question, index, sql.value)
  return sql.query(`SELECT count(*) AS total, ?1 AS now FROM ${fromOf(question, index, conditions)}`)
}

/** Only active devices can be connected, so a question about them has no other filter. */
function isPlain({ status, ...others }: Partial<DeviceQuestion>): boolean {
  return status === 'active' && Object.values(others).every((filter) => filter === undefined)
}

function sqlBuilder(now: number) {
  const values: SqlValue[] = [now]
  return {
    /** @returns the place of a value in the SQL. */
    value: (value: SqlValue) => `?${values.push(value)}`,
    query: (sql: string): DeviceQuery => ({ sql, values }),
  }
}

type ListIndex = 'listed_by_host' | 'listed_by_owner' | 'listed_by_verdict'

/** An index that has the order of the page, or few rows in the order of their ids. Undefined: all rows by id. */
function pageIndexOf(question: DeviceQuestion): ListIndex | undefined {
  const { status, failing, sort = 'id' } = question
  if (status === undefined || failing !== undefined || startsWithIds(question)) return undefined
  if (sort === 'owner') return 'listed_by_owner'
  return sort === 'host' ? 'listed_by_host' : undefined
}

/** An index that has every column of the filters. */
function countIndexOf(question: DeviceQuestion): ListIndex | undefined {
  const { status, failing, os, label, name, heardBefore } = question
  const { daemonVersion, daemonOlderThan, updates, channel } = question
  if (status === undefined || failing !== undefined || startsWithIds(question)) return undefined
  const others = [os, label, name, heardBefore, daemonVersion, daemonOlderThan, updates, channel]
  return others.every((filter) => filter === undefined) ? 'listed_by_verdict' : undefined
}

/** These filters find ids in other indexes, and those the primary key. */
function startsWithIds({ owner, named, tamperSign, silentTooLong, warning }: DeviceQuestion): boolean {
  return silentTooLong === true || [owner, named, tamperSign, warning].some((filter) => filter !== undefined)
}

/** Failures of one check are few among all findings: their index comes first. Its order is that of the ids. */
function fromOf(question: DeviceQuestion, index: ListIndex | undefined, conditions: readonly string[]): string {
  const unindexed = startsWithIds(question) ? '' : 'NOT INDEXED'
  const start =
    question.failing === undefined
      ? `listed_devices l ${index === undefined ? unindexed : `INDEXED BY ${index}`}`
      : 'findings f INDEXED BY findings_failing CROSS JOIN listed_devices l ON l.device = f.device'
  return conditions.length === 0 ? start : `${start} WHERE ${conditions.join(' AND ')}`
}

function conditionsOf(
  question: DeviceQuestion,
  index: ListIndex | undefined,
  value: (value: SqlValue) => string,
): string[] {
  const { status, presence, failing, owner, tier, os, label, name, heardBefore, verdict, named, stopped } = question
  const conditions: string[] = []
  // The condition of a partial index is a literal: SQLite uses such an index only then.
  if (failing !== undefined) conditions.push(`f.check_name = ${value(failing)} AND f.state = 'fail'`)
  // Without an index of the caller's choice SQLite shall not take one for the status and sort all of its rows.
  if (status !== undefined) conditions.push(`${index === undefined ? '+' : ''}l.status = ${value(status)}`)
  // A retired device is neither connected nor silent.
  if (presence !== undefined) {
    conditions.push(
      `l.device ${presence === 'connected' ? '' : 'NOT '}IN ${CONNECTED_DEVICES} AND +l.status = 'active'`,
    )
  }
  if (owner !== undefined) conditions.push(`l.device IN (${devicesOfOwner(owner, value)})`)
  if (tier !== undefined) conditions.push(`l.tier = ${value(tier)}`)
  if (os !== undefined) conditions.push(osCondition(value(os)))
  if (label !== undefined) {
    conditions.push(`l.labels <> '{}' AND l.labels ->> ${value(label.name)} = ${value(label.value)}`)
  }
  if (name !== undefined) conditions.push(`l.host GLOB lower(${value(name)})`)
  if (heardBefore !== undefined) conditions.push(`coalesce(l.last_seen, l.enrolled_at) < ${value(heardBefore)}`)
  if (stopped !== undefined) {
    // Not a set of ids: after a stop of the whole fleet each page would read all that is frozen.
    conditions.push(`${stopped ? '' : 'NOT '}EXISTS (SELECT 1 FROM sightings s INDEXED BY sightings_frozen
      WHERE s.device = l.device AND s.gone_at IS NULL AND s.frozen = 1)`)
  }
  if (verdict !== undefined) conditions.push(`${VERDICT_NOW} = ${value(verdict)}`)
  conditions.push(...daemonConditions(question, value))
  if (named !== undefined) conditions.push(namedCondition('l.device', value(named)))
  return conditions
}

/** What is known of its daemon. */
function* daemonConditions(question: DeviceQuestion, value: (value: SqlValue) => string): Generator<string> {
  const { tamperSign, silentTooLong, daemonVersion, daemonOlderThan, updates, channel, warning } = question
  if (tamperSign !== undefined) {
    const kind = tamperSign === 'any' ? '' : `AND kind = ${value(tamperSign)}`
    yield `l.device IN (SELECT device FROM tamper_signs INDEXED BY tamper_signs_by_time
      WHERE received_at > ?1 - ${RECENT_SIGN_MS} ${kind})`
  }
  if (silentTooLong !== undefined) {
    yield `l.device ${silentTooLong ? '' : 'NOT '}IN (SELECT device FROM silent_devices)`
  }
  if (daemonVersion !== undefined) {
    const [first, last] = versionNumbers(daemonVersion)
    yield `l.daemon_version BETWEEN ${value(first)} AND ${value(last)}`
  }
  if (daemonOlderThan !== undefined) yield `l.daemon_version < ${value(versionNumbers(daemonOlderThan)[0])}`
  if (updates !== undefined) yield `l.updates = ${value(updates)}`
  if (channel !== undefined) yield `l.channel = ${value(channel)}`
  if (warning !== undefined) {
    yield `l.device IN (SELECT device FROM device_warnings INDEXED BY device_warnings_by_code WHERE code = ${value(warning)})`
  }
}

/** A platform, or the words with which the system begins: `debian`, `ubuntu 24`. */
function osCondition(os: string): string {
  return `(l.platform = lower(${os})
    OR instr(l.os || ' ', lower(${os}) || ' ') = 1 OR instr(l.os, lower(${os}) || '.') = 1)`
}

/** Each part has an index, spelled in the same way. @param named the SQL of what a person wrote. */
export function namedCondition(device: string, named: string): string {
  return `${device} IN (
    SELECT id FROM devices WHERE lower(json_extract(label_json, '$.hostname')) = lower(${named})
    UNION SELECT id FROM devices WHERE json_extract(label_json, '$.serial') = ${named}
    UNION SELECT id FROM devices WHERE owner = ${named}
    UNION SELECT id FROM devices WHERE ${beginsWith('id', named)})`
}

/** The host name of a row that has a label. */
export const HOST = "lower(json_extract(label_json, '$.hostname'))"

/** Of what asks to enrol: its host, owner or id begins with this. */
export function foundBy(search: string, value: Place): string {
  const id = value(search)
  return `(${startsWith(HOST, search, value)} OR ${startsWith('owner_key', search, value)}
    OR substr(id, 1, length(${id})) = ${id})`
}
