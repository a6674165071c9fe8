import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import { closed, reader, Type } from '../../base/schema.ts'
import type { CountedRisk, CountedSort } from '../../protocol/nouns/agents/counted-things.ts'
import { RISKS, type Risk } from '../../protocol/risks.ts'
import type { Listed } from '../http/listed.ts'
import { foreignCursor } from '../http/paging.ts'
import { numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row, SqlValue } from '../sql/database.ts'
import { statementCache } from '../sql/statement-cache.ts'

/** Things in the fleet, counted. Each count is kept, so a page reads little more than it shows. */
export interface CountedStore {
  things(question: CountedQuestion): Promise<Listed<CountedThing>>
  risks(): Promise<readonly CountedRisk[]>
}

export interface CountedQuestion {
  readonly kind: 'agent' | 'mcp-server' | 'extension'
  readonly limit: number
  readonly cursor?: string | undefined
  readonly sort?: CountedSort | undefined
  readonly order?: 'ascending' | 'descending' | undefined
  /** Part of the key, in any case. */
  readonly search?: string | undefined
  readonly running?: boolean | undefined
  /** In no catalogue. */
  readonly unrecognised?: boolean | undefined
  readonly risk?: Risk | undefined
}

export interface CountedThing {
  readonly key: string
  readonly name: string
  readonly devices: number
  readonly sightings: number
  readonly running: number
  readonly firstSeenAt: number
  readonly lastSeenAt?: number | undefined
  readonly versions: number
  readonly risks: readonly { readonly risk: Risk; readonly sightings: number }[]
  /** Keys of the agents that an MCP server is configured for. */
  readonly agents: readonly string[]
  /** Seen agents by state. */
  readonly seen: { readonly registered: number; readonly blocked: number; readonly unknown: number }
}

/** Beyond so many devices the newest report is not looked for: it is minutes ago. */
const FEW_DEVICES = 20
/** Agents of an MCP server that are listed. */
const MOST_AGENTS = 20

export function countedStore(database: Database): CountedStore {
  return { things: things(database), risks: risks(database) }
}

interface Order {
  readonly column: string
  readonly descending?: true
}

const SORTS: Readonly<Record<CountedSort, Order>> = {
  devices: { column: 'devices', descending: true },
  running: { column: 'running', descending: true },
  name: { column: 'item' },
  'first seen': { column: 'first_seen', descending: true },
}

function things(database: Database): CountedStore['things'] {
  const statementOf = statementCache(database)
  const thingOf = details(database)
  return async (question) => {
    const { cursor, limit, sort = 'devices', order } = question
    const values: SqlValue[] = []
    const value = (one: SqlValue) => `?${values.push(one)}`
    const where = [...conditionsOf(question, value)]
    const counted = {
      sql: `SELECT count(*) AS total FROM fleet_items WHERE ${where.join(' AND ')}`,
      values: [...values],
    }
    const { column, descending } = SORTS[sort]
    const isDescending = order === undefined ? descending === true : order === 'descending'
    if (cursor !== undefined) {
      const { shown, item } = placeIn(cursor)
      const place = value(shown)
      const after = isDescending ? '<' : '>'
      // Of equal ones the keys ascend, whatever the order is.
      where.push(`${column} ${after}= ${place} AND (${column} ${after} ${place} OR item > ${value(item)})`)
    }
    const rows = await statementOf(
      `SELECT kind, item, devices, present, running, first_seen, ${column} AS sort_value FROM fleet_items
       WHERE ${where.join(' AND ')} ORDER BY ${column} ${isDescending ? 'DESC' : 'ASC'}, item
       LIMIT CAST(${value(limit + 1)} AS INTEGER)`,
    ).all(...values)
    const items: CountedThing[] = []
    for (const row of rows.slice(0, limit)) items.push(await thingOf(row))
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const next = last === undefined ? {} : { next: cursorAfter(last) }
    if (cursor !== undefined) return { items, ...next }
    return { items, ...next, total: numberOf((await statementOf(counted.sql).get(...counted.values)) ?? {}, 'total') }
  }
}

function* conditionsOf(
  { kind, search, running, unrecognised, risk }: CountedQuestion,
  value: (one: SqlValue) => string,
) {
  yield `kind = ${value(kind)} AND devices > 0`
  if (search !== undefined) yield `instr(lower(item), lower(${value(search)})) > 0`
  if (running !== undefined) yield `(running > 0) = ${running ? 1 : 0}`
  if (unrecognised !== undefined) yield `(substr(item, 1, 8) = 'unknown/') = ${unrecognised ? 1 : 0}`
  if (risk !== undefined) {
    yield `EXISTS (SELECT 1 FROM item_facts f WHERE f.kind = fleet_items.kind AND f.item = fleet_items.item AND f.fact = 'risk'
      AND f.value = ${value(risk)})`
  }
}

function details(database: Database): (row: Row) => Promise<CountedThing> {
  const one = database.prepare(
    'SELECT name FROM sightings INDEXED BY sightings_by_item WHERE kind = ? AND item = ? AND gone_at IS NULL LIMIT 1',
  )
  const versions = database.prepare(
    "SELECT count(*) AS number FROM item_facts WHERE kind = ? AND item = ? AND fact = 'version'",
  )
  const facts = database.prepare(
    'SELECT value, number FROM item_facts WHERE kind = ? AND item = ? AND fact = ? ORDER BY number DESC, value LIMIT ?',
  )
  const lastSeen = database.prepare(
    `SELECT max(d.last_seen) AS at FROM sightings s INDEXED BY sightings_by_item CROSS JOIN devices d ON d.id = s.device
     WHERE s.kind = ? AND s.item = ? AND s.gone_at IS NULL AND d.status = 'active'`,
  )
  return async (row) => {
    const [kind, key, devices] = [textOf(row, 'kind'), textOf(row, 'item'), numberOf(row, 'devices')]
    const of = (fact: string, most: number) => facts.all(kind, key, fact, most)
    const named = await one.get(kind, key)
    const seen = new Map(
      (await of('seen', RISKS.length)).map((fact) => [textOf(fact, 'value'), numberOf(fact, 'number')]),
    )
    return {
      key,
      name: named === undefined ? key.slice(0, 256) : textOf(named, 'name'),
      devices,
      sightings: numberOf(row, 'present'),
      running: numberOf(row, 'running'),
      firstSeenAt: numberOf(row, 'first_seen'),
      lastSeenAt: devices > FEW_DEVICES ? undefined : optionalNumberOf((await lastSeen.get(kind, key)) ?? {}, 'at'),
      versions: numberOf((await versions.get(kind, key)) ?? {}, 'number'),
      risks: (await of('risk', RISKS.length)).map((fact) => ({
        risk: wordOf(fact, 'value', RISKS),
        sightings: numberOf(fact, 'number'),
      })),
      agents: (await of('client', MOST_AGENTS)).map((fact) => textOf(fact, 'value')),
      seen: {
        registered: seen.get('registered') ?? 0,
        blocked: seen.get('blocked') ?? 0,
        unknown: seen.get('unknown') ?? 0,
      },
    }
  }
}

const placeReader = reader(closed({ shown: Type.Union([Type.String(), Type.Number()]), item: Type.String() }), {
  name: 'cursor',
})

function cursorAfter(row: Row): string {
  return toBase64Url(utf8(JSON.stringify({ shown: row.sort_value, item: row.item })))
}

/** @throws `INPUT_MALFORMED`. */
function placeIn(cursor: string): { readonly shown: string | number; readonly item: string } {
  try {
    return placeReader.readJson(fromUtf8(fromBase64Url(cursor) ?? new Uint8Array()))
  } catch {
    throw foreignCursor()
  }
}

function risks(database: Database): CountedStore['risks'] {
  const all = database.prepare(
    'SELECT risk, number, devices FROM fleet_risks WHERE devices > 0 ORDER BY number DESC, risk',
  )
  const worst = database.prepare(
    `SELECT r.device, r.number, d.owner, json_extract(d.label_json, '$.hostname') AS hostname FROM (
       SELECT device, number FROM device_risks INDEXED BY device_risks_worst WHERE risk = ? ORDER BY number DESC LIMIT 1) r
     JOIN devices d ON d.id = r.device`,
  )
  return async () => {
    const found: CountedRisk[] = []
    for (const row of await all.all()) {
      const most = (await worst.get(textOf(row, 'risk'))) ?? {}
      const hostname = optionalTextOf(most, 'hostname')
      found.push({
        risk: wordOf(row, 'risk', RISKS),
        sightings: numberOf(row, 'number'),
        devices: numberOf(row, 'devices'),
        worst: {
          device: textOf(most, 'device'),
          ...(hostname === undefined ? {} : { hostname }),
          owner: textOf(most, 'owner'),
          sightings: numberOf(most, 'number'),
        },
      })
    }
    return found
  }
}
