import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import { type ActionReport, actionReportSchema } from '../../protocol/gate/action.ts'
import type { ActionView } from '../../protocol/nouns/agents/actions.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { beginsWith, type Given, listing } from '../sql/listing.ts'

/** What evidence asks. */
export interface ActionArrivalStore {
  /**
   * Of an action that is known, only an outcome is added, if its device had not said one. That of another device changes nothing.
   *
   * @returns whether it is new.
   */
  add(device: string, action: ActionReport, at: number): Promise<boolean>
  /** Deletes the oldest, but for the newest `left` of the device. */
  forget(device: string, left: number): Promise<void>
}

export interface ActionStore extends ActionArrivalStore {
  /** Newest first, as they came. `time` is that of the device. */
  list(request: ListRequest): Promise<Listed<ActionView>>
  get(id: string): Promise<ActionView | undefined>
}

const reportReader = reader(actionReportSchema, { name: 'stored action' })

/** Counting more takes longer than reading a page. */
const MOST_COUNTED = 10_000

/** The agent as it is seen, its registration, and the host. */
const JOINED = {
  columns: `s.id AS seen, r.id AS registration, r.name AS registration_name,
    coalesce(json_extract(d.label_json, '$.hostname'), d.id) AS host`,
  tables: `JOIN devices d ON d.id = page.device
    LEFT JOIN seen_agents s ON s.device = page.device AND s.item = page.client AND s.user_id = page.user_id
    LEFT JOIN registrations r ON r.id = s.registration`,
}

const sameAgent = (condition: string) =>
  `(device, client, user_id) IN (SELECT device, item, user_id FROM seen_agents WHERE ${condition})`

export function actionStore(database: Database): ActionStore {
  const insert = database.prepare(
    `INSERT INTO actions (id, device, at, received_at, client, user_id, session, tool, decision, sighting, json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  )
  const end = database.prepare(
    `UPDATE actions SET json = json_set(json, '$.outcome', ?3)
     WHERE id = ?1 AND device = ?2 AND json_extract(json, '$.outcome') IS NULL`,
  )
  const forget = database.prepare(
    `DELETE FROM actions WHERE device = ?1 AND number <=
       (SELECT number FROM actions WHERE device = ?1 ORDER BY number DESC LIMIT 1 OFFSET CAST(?2 AS INTEGER))`,
  )
  const byId = database.prepare(
    `SELECT page.*, ${JOINED.columns} FROM (SELECT * FROM actions WHERE id = ?) AS page ${JOINED.tables}`,
  )
  return {
    async add(device, action, at) {
      const { id, time, client, user, session, tool, decision, agent, outcome } = action
      const values = [id, device, time, at, client, user.id, session, tool.kind, decision, agent ?? null]
      if ((await insert.run(...values, JSON.stringify(action))).changes > 0) return true
      if (outcome !== undefined) await end.run(id, device, outcome)
      return false
    },
    async forget(device, left) {
      await forget.run(device, left)
    },
    list: listing(database, {
      from: 'actions',
      key: 'number',
      newestFirst: true,
      read: actionOf,
      filters: {
        named: (named, value) => beginsWith('id', value(named)),
        device: (device, value) => `device = ${value(device)}`,
        agent: (agent, value) => sameAgent(`id = ${value(agent)}`),
        registration: (registration, value) => sameAgent(`registration = ${value(registration)}`),
        sighting: (sighting, value) => `sighting = ${value(sighting)}`,
        session: (session, value) => `session = ${value(session)}`,
        decision: (decision, value) => `decision = ${value(decision)}`,
        client: (client, value) => `client = ${value(client)}`,
        tool: (tool, value) => `tool = ${value(tool)}`,
        since: (since, value) => `at >= ${value(Number(since))}`,
        until: (until, value) => `at < ${value(Number(until))}`,
      },
      sorts: { time: 'at' },
      index: indexFor,
      mostCounted: MOST_COUNTED,
      joined: JOINED,
    }),
    async get(id) {
      const row = await byId.get(id)
      return row && actionOf(row)
    },
  }
}

/** SQLite knows no counts, and might read all that was allowed to find the few actions of a session. */
function indexFor({ session, sighting, agent, registration, device }: Given): string {
  if (session !== undefined) return 'INDEXED BY actions_by_session'
  if (sighting !== undefined) return 'INDEXED BY actions_by_sighting'
  if (agent !== undefined || registration !== undefined) return 'INDEXED BY actions_by_agent'
  return device === undefined ? '' : 'INDEXED BY actions_by_device'
}

function actionOf(row: Row): ActionView {
  const registration = optionalTextOf(row, 'registration')
  return {
    ...jsonOf(row, 'json', reportReader),
    device: textOf(row, 'device'),
    host: textOf(row, 'host'),
    saidBy: 'device',
    receivedAt: numberOf(row, 'received_at'),
    ...member('seen', optionalTextOf(row, 'seen')),
    ...(registration === undefined
      ? {}
      : { registration: { id: registration, name: textOf(row, 'registration_name') } }),
  }
}
