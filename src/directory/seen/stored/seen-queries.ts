import { SuretyError } from '../../../base/errors.ts'
import { reader, Type } from '../../../base/schema.ts'
import { SEEN_STATES, type SeenState } from '../../../protocol/nouns/agents/seen-agents.ts'
import { signalSchema } from '../../../protocol/sighting.ts'
import { numberOf, optionalJsonOf, optionalNumberOf, optionalTextOf, textOf } from '../../sql/columns.ts'
import type { Database, Row, SqlValue } from '../../sql/database.ts'
import { statementCache } from '../../sql/statement-cache.ts'
import { labelReader } from '../../sql/stored-readers.ts'
import type { ListedSeen, SeenPosition, SeenQueries, SeenQuestion } from '../seen-store.ts'
import { seenOf } from './seen-store.ts'

/**
 * Lists of seen agents. Each starts at one index that has the order of the list, so no query sorts. What no index narrows is
 * filtered row by row, and a page ends after so many rows.
 */

/** Rows that one page reads, some ten milliseconds. */
const MAX_READ = 2_000
/** A page holds no more characters of JSON, as every list of sightings. */
const PAGE_CHARACTERS = 8 * 1024 * 1024

const evidenceReader = reader(Type.Array(Type.String()), { name: 'stored evidence' })
const signalsReader = reader(Type.Array(signalSchema), { name: 'stored signals' })

export function seenQueries(database: Database): SeenQueries {
  const one = database.prepare('SELECT number FROM seen_agents WHERE id = ?')
  const whole = wholeRows(database)
  const counts = database.prepare(
    "SELECT noun, state, count FROM register_counts WHERE noun IN ('seen_agents', 'deviating_agents')",
  )
  const devices = database.prepare("SELECT count FROM register_counts WHERE noun = 'devices' AND state = 'active'")
  const launches = database.prepare(
    `SELECT id, name, json_extract(json, '$.launchHash') AS hash FROM sightings
     WHERE device = ?1 AND id IN (SELECT value FROM json_each(?2)) AND gone_at IS NULL AND kind = 'mcp-server'`,
  )
  return {
    list: lists(database, whole),
    async view(id) {
      const row = await one.get(id)
      return row && (await whole(numberOf(row, 'number')))
    },
    async launchesNow(device, sightings) {
      if (sightings.length === 0) return new Map()
      const rows = await launches.all(device, JSON.stringify(sightings))
      return new Map(
        rows.map((row) => [textOf(row, 'id'), { name: textOf(row, 'name'), launchHash: textOf(row, 'hash') }]),
      )
    },
    async counts() {
      const found = new Map(
        (await counts.all()).map((row) => [`${textOf(row, 'noun')} ${textOf(row, 'state')}`, numberOf(row, 'count')]),
      )
      const of = (state: SeenState) => [state, found.get(`seen_agents ${state}`) ?? 0] as const
      return {
        // The type of Object.fromEntries loses the keys.
        seen: Object.fromEntries(SEEN_STATES.map(of)) as Record<SeenState, number>,
        deviating: found.get('deviating_agents now') ?? 0,
      }
    },
    activeDevices: async () => numberOf((await devices.get()) ?? { count: 0 }, 'count'),
  }
}

/** Where a list starts. Naming the index makes SQLite fail rather than sort. */
interface Start {
  readonly from: string
  readonly where: readonly string[]
  readonly values: readonly SqlValue[]
  /** Columns of the order, all in one direction, the last of them unique. */
  readonly order: readonly string[]
  readonly descending: boolean
}

const NEWEST = { order: ['s.first_seen', 's.number'], descending: true }
const seenBy = (index: string) => `seen_agents s INDEXED BY ${index}`

function startOf(question: SeenQuestion): Start {
  const { named, registration, search, device, human, item, state } = question
  const present = NEWEST
  if (named !== undefined) {
    const where = ["s.id >= ? AND s.id < ? || '~'"]
    return { from: 'seen_agents s', where, values: [named, named], order: ['s.id'], descending: false }
  }
  if (registration !== undefined) {
    const where = ['s.registration = ? AND s.registration IS NOT NULL']
    return { ...NEWEST, from: seenBy('seen_agents_by_registration'), where, values: [registration] }
  }
  if (search !== undefined) {
    const where = ['s.name_key >= ? AND s.name_key < ? || char(1114111) AND s.present > 0']
    const byName = { order: ['s.name_key', 's.number'], descending: false }
    return { ...byName, from: seenBy('seen_agents_by_name'), where, values: [search, search] }
  }
  if (device !== undefined) {
    return { ...present, from: seenBy('seen_agents_by_device'), where: ['s.device = ?', PRESENT], values: [device] }
  }
  if (human !== undefined) {
    const where = ['s.human = ? AND s.human IS NOT NULL', PRESENT]
    return { ...present, from: seenBy('seen_agents_by_human'), where, values: [human] }
  }
  if (item !== undefined && state === undefined) {
    const where = ['s.item = ?', PRESENT]
    return { ...present, from: seenBy('seen_agents_by_item'), where, values: [item], order: ['s.number'] }
  }
  if (item !== undefined && state !== undefined) {
    const where = ['s.item = ? AND s.state = ?', PRESENT]
    return { ...present, from: seenBy('seen_agents_by_item_and_state'), where, values: [item, state] }
  }
  if (question.deviating === true) {
    return { ...present, from: seenBy('seen_agents_deviating'), where: ["s.deviations <> '[]'"], values: [] }
  }
  if (state === undefined)
    return { ...present, from: 'seen_agents s', where: [PRESENT], values: [], order: ['s.number'] }
  const index = question.autonomous === true ? 'seen_agents_autonomous' : 'seen_agents_by_state'
  const autonomous = question.autonomous === true ? ['s.autonomous > 0'] : []
  return { ...present, from: seenBy(index), where: ['s.state = ?', PRESENT, ...autonomous], values: [state] }
}

const PRESENT = 's.present > 0'

/** Filters that the start leaves over: a condition of each row, not of the query. */
function filtersOf(question: SeenQuestion): { readonly sql: string; readonly values: readonly SqlValue[] } {
  const { state, item, device, human, firstSeenSince, onAtMost } = question
  const conditions: [sql: string, value?: SqlValue][] = []
  if (state !== undefined) conditions.push(['s.state = ?', state])
  if (item !== undefined) conditions.push(['s.item = ?', item])
  if (device !== undefined) conditions.push(['s.device = ?', device])
  if (human !== undefined) conditions.push(['s.human = ?', human])
  if (firstSeenSince !== undefined) conditions.push(['s.first_seen >= ?', firstSeenSince])
  if (question.autonomous !== undefined) conditions.push([`(s.autonomous > 0) = ${question.autonomous ? 1 : 0}`])
  if (question.deviating !== undefined) conditions.push([`(s.deviations <> '[]') = ${question.deviating ? 1 : 0}`])
  if (onAtMost !== undefined) {
    conditions.push([
      `(SELECT devices FROM fleet_items WHERE kind = 'agent' AND item = s.item) BETWEEN 1 AND ?`,
      onAtMost,
    ])
  }
  return {
    sql: ['true', ...conditions.map(([sql]) => sql)].join(' AND '),
    values: conditions.flatMap(([, value]) => (value === undefined ? [] : [value])),
  }
}

export interface SeenQuery {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

interface ListQuery extends SeenQuery {
  /** Of the order. */
  readonly columns: number
}

/** Selects `number`, the columns of the order and whether the row `fits`. */
export function seenQuery(question: SeenQuestion): ListQuery {
  const { from, where, values, order, descending } = startOf(question)
  const filters = filtersOf(question)
  const { after, firstSeenSince } = question
  const direction = descending ? 'DESC' : 'ASC'
  // Lists of the newest end where others are older.
  const since = firstSeenSince !== undefined && order[0] === 's.first_seen' ? ['s.first_seen >= ?'] : []
  const cursor = after === undefined ? undefined : cursorOf(order, after, descending ? '<' : '>')
  return {
    columns: order.length,
    sql: `SELECT s.number, (${filters.sql}) AS fits, ${order.map((column, at) => `${column} AS o${at}`).join(', ')}
      FROM ${from} WHERE ${[...where, ...since, ...(cursor === undefined ? [] : [cursor.sql])].join(' AND ')}
      ORDER BY ${order.map((column) => `${column} ${direction}`).join(', ')}`,
    values: [
      ...filters.values,
      ...values,
      ...(since.length > 0 && firstSeenSince !== undefined ? [firstSeenSince] : []),
      ...(cursor?.values ?? []),
    ],
  }
}

function cursorOf(order: readonly string[], after: SeenPosition, sign: '<' | '>'): SeenQuery {
  if (after.length !== order.length) throw foreignCursor()
  return { sql: `(${order.join(', ')}) ${sign} (${order.map(() => '?').join(', ')})`, values: after }
}

function foreignCursor(): SuretyError {
  return new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
}

/** A row that was read. Undefined: it does not fit, or a product has none. */
interface FoundRow {
  readonly number: number | undefined
  readonly position: SeenPosition
}

function lists(database: Database, whole: (number: number) => Promise<ListedSeen | undefined>): SeenQueries['list'] {
  const rowsOf = rowReader(database)
  const read = async (question: SeenQuestion) => {
    const items: ListedSeen[] = []
    let [looked, characters] = [0, 0]
    let last: SeenPosition | undefined
    for await (const { number, position } of rowsOf(question)) {
      const isFull = items.length === question.limit || characters > PAGE_CHARACTERS || looked === MAX_READ
      if (isFull) return { items, next: last }
      looked++
      last = position
      const found = number === undefined ? undefined : await whole(number)
      if (found === undefined) continue
      items.push(found)
      characters += found.characters
    }
    return { items }
  }
  return (question) => database.snapshot(() => read(question))
}

/** Rare products in the order of rarity. Without another filter that starts a list, it starts there. */
export const RARE = `SELECT devices, item FROM fleet_items INDEXED BY fleet_items_rare
  WHERE kind = 'agent' AND devices > 0 AND devices <= ?1 AND (devices, item) >= (?2, ?3) ORDER BY devices, item`

/** Stands for the product in a query that is made once for all of them. No item begins like this. */
const ANY_ITEM = '\u0000item'

function rowReader(database: Database): (question: SeenQuestion) => AsyncGenerator<FoundRow> {
  const statementOf = statementCache(database)
  const rare = database.prepare(RARE)
  const plain = (question: SeenQuestion) => read(seenQuery(question))
  const read = async function* ({ sql, values, columns }: ListQuery): AsyncGenerator<FoundRow> {
    for await (const row of statementOf(sql).iterate(...values)) {
      yield { number: row.fits === 1 ? numberOf(row, 'number') : undefined, position: positionIn(row, columns) }
    }
  }
  const byRarity = async function* (question: SeenQuestion, onAtMost: number): AsyncGenerator<FoundRow> {
    const [devices = 0, product = '', ...rest] = question.after ?? []
    if (typeof devices !== 'number' || typeof product !== 'string') throw foreignCursor()
    const ofAny = seenQuery({ ...question, item: ANY_ITEM, after: undefined })
    const of = (item: string) => ({
      ...ofAny,
      values: ofAny.values.map((value) => (value === ANY_ITEM ? item : value)),
    })
    for await (const row of rare.iterate(onAtMost, devices, product)) {
      const [ofDevices, item] = [numberOf(row, 'devices'), textOf(row, 'item')]
      const isFirst = ofDevices === devices && item === product
      // A product that ended the page before has only the position of its own.
      if (isFirst && rest.length === 0) continue
      let hasAny = false
      for await (const found of isFirst ? plain({ ...question, item, after: rest }) : read(of(item))) {
        hasAny = true
        yield { ...found, position: [ofDevices, item, ...found.position] }
      }
      // What shows nothing counts as read.
      if (!hasAny) yield { number: undefined, position: [ofDevices, item] }
    }
  }
  return (question) => {
    const { onAtMost, named, registration, search, device, human, item } = question
    const startsElsewhere = [named, registration, search, device, human, item].some((one) => one !== undefined)
    return onAtMost === undefined || startsElsewhere ? plain(question) : byRarity(question, onAtMost)
  }
}

function positionIn(row: Row, columns: number): SeenPosition {
  return Array.from({ length: columns }, (_, at) => {
    const value = row[`o${at}`]
    return typeof value === 'number' ? value : typeof value === 'string' ? value : ''
  })
}

/** Reads the sighting in SQL: of many processes its JSON may be large, and little of it is shown. */
function wholeRows(database: Database): (number: number) => Promise<ListedSeen | undefined> {
  const member = (name: string) => `json_extract(x.json, '$.${name}')`
  const whole = database.prepare(
    `SELECT s.*, d.label_json, d.owner AS device_owner, f.devices, f.first_seen AS fleet_first_seen,
       x.last_seen AS shown_last_seen, octet_length(x.json) AS characters, ${member('autonomy.level')} AS autonomy,
       ${member('evidence')} AS evidence, ${member('score')} AS score, ${member('signals')} AS signals,
       h.display_name, h.status = 'active' AS human_active, a.state = 'confirmed' AS confirmed, r.name AS registration_name,
       p.name AS decided_by_name, i.name AS ignored_by_name,
       (SELECT count(*) FROM sightings z INDEXED BY sightings_frozen WHERE z.device = s.device AND z.gone_at IS NULL
         AND z.frozen = 1 AND z.item = s.item AND z.user_id = s.user_id) AS frozen
     FROM seen_agents s CROSS JOIN devices d ON d.id = s.device
     LEFT JOIN fleet_items f ON f.kind = 'agent' AND f.item = s.item
     LEFT JOIN sightings x ON x.device = s.device AND x.id = s.sighting
     LEFT JOIN humans h ON h.id = s.human
     LEFT JOIN accounts a ON a.device = s.device AND a.user_id = s.user_id
     LEFT JOIN registrations r ON r.id = s.registration
     LEFT JOIN principals p ON p.id = s.decided_by
     LEFT JOIN principals i ON i.id = s.ignored_by
     WHERE s.number = ?`,
  )
  return async (number) => {
    const row = await whole.get(number)
    return row && listedOf(row)
  }
}

function listedOf(row: Row): ListedSeen {
  const [autonomy, name] = [optionalTextOf(row, 'autonomy'), optionalTextOf(row, 'display_name')]
  return {
    seen: seenOf(row),
    hostname: optionalJsonOf(row, 'label_json', labelReader)?.hostname,
    deviceOwner: textOf(row, 'device_owner'),
    devices: optionalNumberOf(row, 'devices') ?? 0,
    fleetFirstSeen: optionalNumberOf(row, 'fleet_first_seen'),
    shown: {
      lastSeen: optionalNumberOf(row, 'shown_last_seen'),
      autonomy: autonomy === 'asks' || autonomy === 'autonomous' ? autonomy : 'unknown',
      evidence: optionalJsonOf(row, 'evidence', evidenceReader) ?? [],
      score: optionalNumberOf(row, 'score'),
      signals: optionalJsonOf(row, 'signals', signalsReader),
    },
    characters: optionalNumberOf(row, 'characters') ?? 0,
    frozen: numberOf(row, 'frozen'),
    human: name === undefined ? undefined : { name, isActive: row.human_active === 1 },
    accountConfirmed: optionalNumberOf(row, 'confirmed') === 1,
    registrationName: optionalTextOf(row, 'registration_name'),
    decidedByName: optionalTextOf(row, 'decided_by_name'),
    ignoredByName: optionalTextOf(row, 'ignored_by_name'),
  }
}
