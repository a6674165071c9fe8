import { foldName } from '../../base/text/fold-name.ts'
import { counted } from '../../protocol/noun/words.ts'
import type { Found, FoundKind } from '../../protocol/nouns/directory/search.ts'
import { numberOf, optionalTextOf, textOf } from '../sql/columns.ts'
import type { Database, Row } from '../sql/database.ts'
import { DISPLAY_NAME } from '../store/migrations/0015-search.ts'

export interface SearchStore {
  /** Things that are like the words: the best ones first, at most `limit`. @throws `INPUT_MALFORMED` for words that no name can have. */
  find(kind: FoundKind, words: string, limit: number): Promise<readonly Found[]>
}

/**
 * Each question reads an index, whatever it is asked. Of devices, registrations and names of people there are too many for any part:
 * the words are their beginning. Of agent products, MCP servers and display names the words are any part.
 */

/** ?1: what is typed. ?2: folded. ?3: how many. */
interface Question {
  readonly sql: string
  readonly read: (row: Row) => Found
}

/** SQL for the rows of `from`, of which each is given once, and the best first. */
const firstOf = (...parts: readonly string[]) =>
  parts.map((part, rank) => `SELECT *, ${rank} AS rank FROM (${part} LIMIT CAST(?3 AS INTEGER))`).join(' UNION ALL ')

/** A column that begins so, by its index. */
const begins = (column: string, words: string) => `${column} >= ${words} AND ${column} < ${words} || char(1114111)`

/** `dev_` and four more characters: as wherever an id may be cut. */
const idBegins = "length(?1) >= 8 AND id >= ?1 AND id < ?1 || '~'"

const PERSON = 'number AS key FROM humans'
const DEVICE = 'id AS key FROM devices'
const REGISTRATION = 'number AS key FROM registrations'

/** Of reasons. Older stops are found by their ids only. */
const NEWEST_STOPS = 1_000

const things = (kind: 'agent' | 'mcp-server') => `
  SELECT f.item, f.devices, f.running, (SELECT name FROM sightings s INDEXED BY sightings_by_item
    WHERE s.kind = '${kind}' AND s.item = f.item AND s.gone_at IS NULL LIMIT 1) AS name
  FROM (SELECT item, devices, running FROM fleet_items INDEXED BY fleet_items_common
    WHERE kind = '${kind}' AND devices > 0
      AND (instr(lower(item), ?2) > 0 OR instr(lower(item), replace(?2, ' ', '-')) > 0)
    ORDER BY devices DESC, item LIMIT CAST(?3 AS INTEGER)) f`

const found = (from: string, columns: string, keys: string) =>
  `SELECT ${columns} FROM (SELECT key, min(rank) AS rank FROM (${keys}) GROUP BY key) k JOIN ${from}`

const QUESTIONS: Readonly<Record<FoundKind, Question>> = {
  people: {
    sql: `${found(
      'humans h ON h.number = k.key',
      'h.id, h.user_name, h.display_name, h.email, h.status',
      firstOf(
        `SELECT ${PERSON} INDEXED BY humans_by_name WHERE deleted_at IS NULL AND ${begins('user_key', '?2')} ORDER BY user_key`,
        `SELECT ${PERSON} INDEXED BY humans_by_email WHERE email_key IS NOT NULL AND deleted_at IS NULL AND ${begins('email_key', '?2')}
           ORDER BY email_key`,
        `SELECT ${PERSON} INDEXED BY humans_by_display_name WHERE deleted_at IS NULL AND instr(${DISPLAY_NAME}, lower(?1)) > 0`,
        `SELECT ${PERSON} WHERE deleted_at IS NULL AND ${idBegins}`,
      ),
    )} ORDER BY k.rank, h.status, h.user_key LIMIT CAST(?3 AS INTEGER)`,
    read(row) {
      const [name, email] = [textOf(row, 'user_name'), optionalTextOf(row, 'email')]
      const others = [textOf(row, 'display_name'), email].filter((one) => one !== undefined && one !== name)
      const gone = textOf(row, 'status') === 'active' ? [] : ['deactivated']
      return { id: textOf(row, 'id'), name, about: [...others, ...gone].join(', ') }
    },
  },
  devices: {
    sql: `${found(
      'devices d ON d.id = k.key',
      "d.id, d.owner, d.status, json_extract(d.label_json, '$.hostname') AS host",
      firstOf(
        ...['active', 'retired'].map(
          (status) =>
            `SELECT device AS key FROM listed_devices INDEXED BY listed_by_host WHERE status = '${status}' AND ${begins('host', '?2')} ORDER BY host`,
        ),
        `SELECT ${DEVICE} INDEXED BY devices_by_owner_key WHERE owner_key IS NOT NULL AND ${begins('owner_key', '?2')} ORDER BY owner_key`,
        ...['?1', 'upper(?1)'].map(
          (words) =>
            `SELECT ${DEVICE} INDEXED BY devices_by_serial WHERE ${begins("json_extract(label_json, '$.serial')", words)}`,
        ),
        `SELECT ${DEVICE} WHERE ${idBegins}`,
      ),
    )} ORDER BY d.status, k.rank, lower(host), d.id LIMIT CAST(?3 AS INTEGER)`,
    read(row) {
      const id = textOf(row, 'id')
      const retired = textOf(row, 'status') === 'retired' ? ', retired' : ''
      return { id, name: optionalTextOf(row, 'host') ?? id, about: `${textOf(row, 'owner')}${retired}` }
    },
  },
  registrations: {
    sql: `${found(
      'registrations r ON r.number = k.key',
      'r.id, r.name, r.state, (SELECT user_name FROM humans h WHERE h.id = r.owner) AS owner',
      firstOf(
        `SELECT ${REGISTRATION} INDEXED BY registrations_by_name WHERE ${begins('name_key', '?2')} ORDER BY name_key`,
        `SELECT ${REGISTRATION} WHERE ${idBegins}`,
      ),
    )} ORDER BY r.state = 'retired', k.rank, r.name_key LIMIT CAST(?3 AS INTEGER)`,
    read(row) {
      const owner = optionalTextOf(row, 'owner')
      const about = `${textOf(row, 'state')}${owner === undefined ? '' : `, owner ${owner}`}`
      return { id: textOf(row, 'id'), name: textOf(row, 'name'), about }
    },
  },
  stops: {
    sql: `SELECT id, kind, state, json ->> '$.reason' AS reason FROM stops
      WHERE (${idBegins}) OR (number > (SELECT max(number) FROM stops) - ${NEWEST_STOPS}
        AND instr(lower(json ->> '$.reason'), lower(?1)) > 0)
      ORDER BY number DESC LIMIT CAST(?3 AS INTEGER)`,
    read: (row) => ({
      id: textOf(row, 'id'),
      name: textOf(row, 'reason'),
      about: `${textOf(row, 'kind')}, ${textOf(row, 'state')}`,
    }),
  },
  agents: { sql: things('agent'), read: thingOf },
  mcpServers: { sql: things('mcp-server'), read: thingOf },
}

function thingOf(row: Row): Found {
  const [devices, running] = [numberOf(row, 'devices'), numberOf(row, 'running')]
  const key = textOf(row, 'item')
  const where = `on ${counted(devices)} ${devices === 1 ? 'device' : 'devices'}`
  return {
    id: key,
    name: optionalTextOf(row, 'name') ?? key,
    about: running === 0 ? where : `${where}, running ${counted(running)} times`,
  }
}

export function searchStore(database: Database): SearchStore {
  const statements = new Map(Object.entries(QUESTIONS).map(([kind, { sql }]) => [kind, database.prepare(sql)] as const))
  return {
    async find(kind, words, limit) {
      const key = foldName(words)
      const rows = await statements.get(kind)?.all(words.trim(), key, limit)
      return (rows ?? []).map(QUESTIONS[kind].read)
    },
  }
}
