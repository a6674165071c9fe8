import type { Verdict } from '../../../protocol/messages/attestation-result.ts'
import { RECENT_SIGN_MS } from '../../../protocol/tamper.ts'
import { TIERS } from '../../../protocol/tier.ts'
import { beginsWith, type Given, type ListingInit, type Place, startsWith } from '../../sql/listing.ts'
import { devicesOfOwner } from '../../sql/person.ts'
import { CONNECTED_DEVICES } from '../../sql/presence-store.ts'
import { VERDICT_NOW } from '../../sql/verdict-now.ts'
import { versionNumbers } from '../../store/migrations/version-number.ts'

/** The worst verdict first: a person looks at these. */
const WORST_FIRST: readonly Verdict[] = ['not-compliant', 'unknown', 'stale', 'compliant']

const ranked = (column: string, words: readonly string[]) =>
  `CASE ${column} ${words.map((word, rank) => `WHEN '${word}' THEN ${rank}`).join(' ')} ELSE ${words.length} END`

/** The list of devices. What is read beside its narrow rows is joined to it. */
export const DEVICE_LISTING: Pick<
  ListingInit<never>,
  'from' | 'columns' | 'timed' | 'key' | 'filters' | 'sorts' | 'index' | 'counted'
> = {
  // Failures of one check are few among all findings: their index comes first. Its order is that of the ids.
  from: ({ failing }) =>
    failing === undefined
      ? 'listed_devices l'
      : 'findings f INDEXED BY findings_failing CROSS JOIN listed_devices l ON l.device = f.device',
  columns: 'l.device',
  timed: true,
  key: 'listed',
  filters: {
    // Without an index of the caller's choice SQLite shall not take one for the status and sort all of its rows.
    status: (status, value, _, given) => `${startsElsewhere(given) ? '+' : ''}l.status = ${value(status)}`,
    verdict: (verdict, value) => `${VERDICT_NOW} = ${value(verdict)}`,
    // A retired device is neither connected nor silent.
    presence: (presence) =>
      `l.device ${presence === 'connected' ? '' : 'NOT '}IN ${CONNECTED_DEVICES} AND +l.status = 'active'`,
    // The condition of a partial index is a literal: SQLite uses such an index only then.
    failing: (check, value) => `f.check_name = ${value(check)} AND f.state = 'fail'`,
    owner: (owner, value) => `l.device IN (${devicesOfOwner(owner, value)})`,
    tier: (tier, value) => `l.tier = ${value(tier)}`,
    os: (os, value) => osCondition(value(os)),
    label(label, value) {
      const [, name = '', wanted = ''] = /^([^=]*)=(.*)$/s.exec(label) ?? []
      return `l.labels <> '{}' AND l.labels ->> ${value(name)} = ${value(wanted)}`
    },
    name: (name, value) => `l.host GLOB lower(${value(name)})`,
    olderThanMs: (ms, value, now) => `coalesce(l.last_seen, l.enrolled_at) < ${value(now - Number(ms))}`,
    tamperSign: (kind, value) =>
      `l.device IN (SELECT device FROM tamper_signs INDEXED BY tamper_signs_by_time
        WHERE received_at > ?1 - ${RECENT_SIGN_MS} ${kind === 'any' ? '' : `AND kind = ${value(kind)}`})`,
    silentTooLong: (silent) => `l.device ${silent === 'yes' ? '' : 'NOT '}IN (SELECT device FROM silent_devices)`,
    // Not a set of ids: after a stop of the whole fleet each page would read all that is frozen.
    stopped: (
      stopped,
    ) => `${stopped === 'yes' ? '' : 'NOT '}EXISTS (SELECT 1 FROM sightings s INDEXED BY sightings_frozen
      WHERE s.device = l.device AND s.gone_at IS NULL AND s.frozen = 1)`,
    daemonVersion(version, value) {
      const [first, last] = versionNumbers(version)
      return `l.daemon_version BETWEEN ${value(first)} AND ${value(last)}`
    },
    daemonOlderThan: (version, value) => `l.daemon_version < ${value(versionNumbers(version)[0])}`,
    updates: (updates, value) => `l.updates = ${value(updates)}`,
    channel: (channel, value) => `l.channel = ${value(channel)}`,
    warning: (code, value) =>
      `l.device IN (SELECT device FROM device_warnings INDEXED BY device_warnings_by_code WHERE code = ${value(code)})`,
    named: (named, value) => namedCondition('l.device', value(named)),
  },
  sorts: {
    owner: 'l.owner',
    host: 'l.host',
    os: "coalesce(l.os, '')",
    tier: ranked('l.tier', TIERS),
    verdict: ranked(`(${VERDICT_NOW})`, WORST_FIRST),
    heard: 'coalesce(l.last_seen, l.enrolled_at)',
    enrolled: 'l.enrolled_at',
  },
  index(given, sort, { of }) {
    if (startsElsewhere(given)) return ''
    if (given.status !== undefined && of === 'total' && !BEYOND_INDEX.some((name) => given[name] !== undefined)) {
      return 'INDEXED BY listed_by_verdict'
    }
    // An index that has the order of the page. Otherwise all rows by id.
    const hasOrder = given.status !== undefined && of === 'page' && (sort === 'owner' || sort === 'host')
    return hasOrder ? `INDEXED BY listed_by_${sort}` : 'NOT INDEXED'
  },
  counted({ status, presence, ...others }) {
    if (presence === undefined || status !== 'active') return undefined
    if (Object.values(others).some((filter) => filter !== undefined)) return undefined
    // Only active devices can be connected.
    const connected = `(SELECT count(*) FROM ${CONNECTED_DEVICES})`
    if (presence === 'connected') return `SELECT ${connected} AS total`
    return `SELECT count(*) - ${connected} AS total FROM listed_devices INDEXED BY listed_by_verdict WHERE status = 'active'`
  },
}

/** Filters whose columns the index of verdicts does not have. */
const BEYOND_INDEX = [
  ...['os', 'label', 'name', 'olderThanMs'],
  ...['daemonVersion', 'daemonOlderThan', 'updates', 'channel'],
]

/** These filters find ids in other indexes, and those the primary key. */
function startsElsewhere({ failing, owner, named, tamperSign, warning, silentTooLong }: Given): boolean {
  return silentTooLong === 'yes' || [failing, owner, named, tamperSign, warning].some((filter) => filter !== undefined)
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
