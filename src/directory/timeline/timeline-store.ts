import { member } from '../../base/json-object.ts'
import { FINDING_STATES } from '../../protocol/finding.ts'
import type { AgentOnDevice, CheckChange, ThingOnDevice } from '../../protocol/nouns/devices/timeline.ts'
import type { DirectoryEvent } from '../../protocol/nouns/directory/events.ts'
import { SIGHTING_KINDS } from '../../protocol/sighting.ts'
import { EVENT_COLUMNS, eventOf } from '../activity/event-store.ts'
import { numberOf, optionalTextOf, optionalWordOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { PAST_CHANGES, PAST_DAYS } from '../store/migrations/0001-initial.ts'

/** Of one device: both times belong to the span. */
export interface Span {
  readonly since: number
  readonly until: number
  readonly limit: number
}

/** What happened on one device, newest first. */
export interface TimelineStore {
  events(device: string, span: Span): Promise<readonly DirectoryEvent[]>
  /** Checks whose state changed at a time, together. */
  checks(device: string, span: Span): Promise<readonly { readonly at: number; readonly changes: CheckChange[] }[]>
  agents(
    device: string,
    span: Span,
  ): Promise<
    readonly { readonly at: number; readonly what: 'agent-appeared' | 'agent-left'; readonly agent: AgentOnDevice }[]
  >
  /** What was there at a time, as far as it is not forgotten. */
  thingsAt(
    device: string,
    at: number,
  ): Promise<{ readonly agents: readonly AgentOnDevice[]; readonly others: readonly ThingOnDevice[] }>
  /** Before this time states of checks may be missing. 0: none is. */
  checksFrom(device: string): Promise<number>
}

const DAY_MS = 86_400_000
const LIMITED = 'LIMIT CAST(?4 AS INTEGER)'

export function timelineStore(database: Database): TimelineStore {
  const events = (['audit', 'activity'] as const).map((table) =>
    database.prepare(
      `${EVENT_COLUMNS[table]} INDEXED BY ${table}_by_device WHERE device = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY at DESC, id DESC ${LIMITED}`,
    ),
  )
  const times = database.prepare(
    `SELECT DISTINCT ended_at AS at FROM past_findings WHERE device = ?1 AND ended_at BETWEEN ?2 AND ?3
     ORDER BY ended_at DESC ${LIMITED}`,
  )
  // The state after: that which ended next, or else the present one.
  const changes = database.prepare(
    `SELECT p.check_name, p.state AS state_before, coalesce(
       (SELECT state FROM past_findings n WHERE n.device = ?1 AND n.check_name = p.check_name AND n.ended_at > ?2
        ORDER BY n.ended_at LIMIT 1),
       (SELECT state FROM findings f WHERE f.device = ?1 AND f.check_name = p.check_name)) AS state_after
     FROM past_findings p WHERE p.device = ?1 AND p.ended_at = ?2 ORDER BY p.check_name`,
  )
  const columns = "id, name, item, version, json_extract(json, '$.user.name') AS user"
  const moved = (time: string, what: string) =>
    `SELECT ${columns}, ${time} AS at, '${what}' AS what FROM sightings
     WHERE device = ?1 AND kind = 'agent' AND ${time} BETWEEN ?2 AND ?3`
  const agents = database.prepare(
    `${moved('first_seen', 'agent-appeared')} UNION ALL ${moved('gone_at', 'agent-left')} ORDER BY at DESC, what, id ${LIMITED}`,
  )
  const thingsAt = database.prepare(
    `SELECT ${columns}, kind FROM sightings WHERE device = ?1 AND first_seen <= ?2
       AND (gone_at IS NULL OR gone_at > ?2) ORDER BY id`,
  )
  const kept = database.prepare(
    `SELECT count(*) AS number, coalesce(min(ended_at), 0) AS oldest, coalesce(max(ended_at), 0) AS newest
     FROM past_findings WHERE device = ?`,
  )
  return {
    async events(device, { since, until, limit }) {
      const rows: Row[] = []
      for (const table of events) rows.push(...(await table.all(device, since, until, limit)))
      return rows
        .map(eventOf)
        .sort((a, b) => b.time - a.time || b.id - a.id)
        .slice(0, limit)
    },
    async checks(device, { since, until, limit }) {
      const found: { at: number; changes: Awaited<ReturnType<TimelineStore['checks']>>[number]['changes'] }[] = []
      for (const row of await times.all(device, since, until, limit)) {
        const at = numberOf(row, 'at')
        found.push({
          at,
          changes: (await changes.all(device, at)).map((change) => ({
            check: textOf(change, 'check_name'),
            from: wordOf(change, 'state_before', FINDING_STATES),
            ...member('to', optionalWordOf(change, 'state_after', FINDING_STATES)),
          })),
        })
      }
      return found
    },
    agents: async (device, { since, until, limit }) =>
      (await agents.all(device, since, until, limit)).map((row) => ({
        at: numberOf(row, 'at'),
        what: wordOf(row, 'what', ['agent-appeared', 'agent-left'] as const),
        agent: agentOf(row),
      })),
    async thingsAt(device, at) {
      const rows = (await thingsAt.all(device, at)).map((row) => ({ row, kind: wordOf(row, 'kind', SIGHTING_KINDS) }))
      return {
        agents: rows.flatMap(({ row, kind }) => (kind === 'agent' ? [agentOf(row)] : [])),
        others: rows.flatMap(({ row, kind }) => (kind === 'agent' ? [] : [{ kind, ...thingOf(row) }])),
      }
    },
    async checksFrom(device) {
      const row = (await kept.get(device)) ?? {}
      if (numberOf(row, 'number') >= PAST_CHANGES) return numberOf(row, 'oldest')
      return Math.max(0, numberOf(row, 'newest') - PAST_DAYS * DAY_MS)
    },
  }
}

function agentOf(row: Row): AgentOnDevice {
  return { ...thingOf(row), product: textOf(row, 'item') }
}

function thingOf(row: Row): Omit<AgentOnDevice, 'product'> {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    ...member('version', optionalTextOf(row, 'version')),
    ...member('user', optionalTextOf(row, 'user')),
  }
}
