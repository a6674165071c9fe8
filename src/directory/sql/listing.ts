import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { reader, Type } from '../../base/schema.ts'
import { foldedName, foldName } from '../../base/text/fold-name.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { DEFAULT_LIMIT, foreignCursor } from '../http/paging.ts'
import { numberOf } from './columns.ts'
import type { Database, Row, SqlValue } from './database.ts'
import { statementCache } from './statement-cache.ts'

/** The list of a noun: filters that combine, an order, pages that stay right while items are added, and the total. */

/** Returns the place of a value in the SQL. */
export type Place = (value: SqlValue) => string

/** The filters that are asked for, as a request has them. */
export type Given = Readonly<Record<string, string | number | boolean | undefined>>

/** The columns that tell items apart. */
const KEYS = { number: ['number'], id: ['id'], account: ['device', 'user_id'], listed: ['l.device'] } as const
type Key = keyof typeof KEYS

/** @returns the SQL of a condition. */
type Condition = (wanted: string, value: Place, now: number, given: Given) => string

export interface ListingInit<T> {
  /** A table, or tables by what is asked for. */
  readonly from: string | ((given: Given) => string)
  /** What is read of a row. Absent: all columns. */
  readonly columns?: string
  /** `?1` is the time in all of its SQL but that of `counted`. */
  readonly timed?: true
  /** What holds for each item of the list. */
  readonly where?: string
  /** The usual order, and the last word in each other one. */
  readonly key: Key
  /** The name of the usual order, if that is not the key's. */
  readonly usual?: string
  /** The usual order is descending. */
  readonly newestFirst?: true
  readonly read: (row: Row) => T
  readonly filters: Readonly<Record<string, Condition>>
  /** SQL by name, never NULL where its condition holds. */
  readonly sorts: Readonly<Record<string, string | { readonly by: string; readonly where: string }>>
  /** `INDEXED BY …`, by what is asked for. Absent: SQLite chooses. */
  readonly index?: (given: Given, sort: string | undefined, read: Reading) => string
  /** SQL of the total, where it is counted already. Absent or undefined: rows are counted. */
  readonly counted?: (given: Given, value: Place) => string | undefined
  /** A list of more items than these has no total: counting them would take longer than the page. */
  readonly mostCounted?: number
  /** What is read beside the columns of a row, for the rows of a page only. That page is the table `page`. */
  readonly joined?: { readonly columns: string; readonly tables: string }
}

interface Reading {
  readonly of: 'page' | 'total'
  /** A broad search. */
  readonly broad: boolean
}

/** A search that more items fit is broad. It reads rows in the order of the page, since an index of names would sort them all. */
const BROAD = 10_000

const sortValueReader = reader(Type.Union([Type.String({ maxLength: 2_000 }), Type.Number()]), { name: 'cursor' })

/** @returns what answers a request: one page, on the first one with the total. It throws `INPUT_MALFORMED` for a foreign cursor. */
export function listing<T>(database: Database, init: ListingInit<T>) {
  const { key, read, sorts, usual, newestFirst, index = () => '', mostCounted, columns: shown = '*' } = init
  const columns: readonly string[] = KEYS[key]
  const cached = statementCache(database)
  return async ({ limit = DEFAULT_LIMIT, cursor, sort, order, ...given }: ListRequest, now = 0): Promise<Listed<T>> => {
    const sorted = sorts[sort ?? usual ?? '']
    const by = typeof sorted === 'object' ? sorted.by : sorted
    const isDescending = order === undefined ? sort === undefined && newestFirst === true : order === 'descending'
    const [direction, after] = isDescending ? ['DESC', '<'] : ['ASC', '>']
    const values: SqlValue[] = init.timed === undefined ? [] : [now]
    // A value that is bound is in the SQL.
    const time = init.timed === undefined ? '' : ', ?1 AS now'
    const value = (one: SqlValue) => `?${values.push(one)}`
    const conditions = conditionsOf(init, given, value, now)
    if (typeof sorted === 'object') conditions.set('sorted', sorted.where)
    const tables = typeof init.from === 'string' ? init.from : init.from(given)
    const from = (of: Reading['of'], broad = false) =>
      `${tables} ${index(given, sort, { of, broad })}${whereOf(conditions, broad)}`
    const count = async ({ sql, values: bound }: Query) => numberOf((await cached(sql).get(...bound)) ?? {}, 'total')
    const some = `SELECT count(*) AS total${time} FROM (SELECT 1 FROM ${from('total')} LIMIT ${BROAD + 1})`
    const isBroad = given.search !== undefined && (await count({ sql: some, values })) > BROAD
    const all = from('total', isBroad)
    const bounded = `(SELECT 1 FROM ${all} LIMIT ${(mostCounted ?? 0) + 1})`
    const rows = {
      sql: `SELECT count(*) AS total${time} FROM ${mostCounted === undefined ? all : bounded}`,
      values: [...values],
    }
    if (cursor !== undefined) {
      const places = placeOf(cursor, key, by !== undefined)
        .map(value)
        .join(', ')
      conditions.set('cursor', `(${[...(by === undefined ? [] : [by]), ...columns].join(', ')}) ${after} (${places})`)
    }
    const ordered = [...(by === undefined ? [] : [by]), ...columns].map((one) => `${one} ${direction}`).join(', ')
    // The cast hides the limit from SQLite, which would otherwise plan again for every limit.
    const page = `SELECT ${shown}, ${by ?? 'NULL'} AS sort_value, ${columns.join(" || '.' || ")} AS sort_key${time} FROM ${from('page', isBroad)}
       ORDER BY ${ordered} LIMIT CAST(${value(limit + 1)} AS INTEGER)`
    const found = await cached(joinedTo(page, init, direction)).all(...values)
    const items = found.slice(0, limit).map(read)
    const last = found.length > limit ? found[limit - 1] : undefined
    const next = last === undefined ? {} : { next: cursorAfter(last) }
    if (cursor !== undefined) return { items, ...next }
    if (last === undefined) return { items, total: items.length }
    const counted = totalOf(init, given)
    const total = await count(counted ?? rows)
    return counted === undefined && total > (mostCounted ?? total) ? { items, ...next } : { items, ...next, total }
  }
}

interface Query {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

function totalOf<T>({ counted }: ListingInit<T>, given: Given): Query | undefined {
  const values: SqlValue[] = []
  const sql = counted?.(given, (one) => `?${values.push(one)}`)
  return sql === undefined ? undefined : { sql, values }
}

/** For `counted`: the rows of a noun in `register_counts`, if `state` is all that is asked for. @param all of a list without filters. */
export function countedByState(noun: string, { state, all }: { readonly state: string; readonly all?: string }) {
  return (given: Given, value: Place): string | undefined => {
    const asked = Object.keys(given).filter((name) => given[name] !== undefined)
    if (asked.some((name) => name !== state)) return undefined
    const wanted = given[state] ?? all
    const ofState = wanted === undefined ? '' : ` AND state = ${value(`${wanted}`)}`
    return `SELECT coalesce(sum(count), 0) AS total FROM register_counts WHERE noun = '${noun}'${ofState}`
  }
}

function conditionsOf<T>({ where, filters }: ListingInit<T>, given: Given, value: Place, now: number) {
  const conditions = new Map(where === undefined ? [] : [['where', where]])
  for (const [name, wanted] of Object.entries(given)) {
    if (wanted === undefined) continue
    const condition = filters[name]
    if (condition === undefined) throw new SuretyError('INPUT_MALFORMED', `this list has no filter ${name}`)
    conditions.set(name, condition(`${wanted}`, value, now, given))
  }
  return conditions
}

function joinedTo(page: string, { joined }: Pick<ListingInit<unknown>, 'joined'>, direction: string): string {
  if (joined === undefined) return page
  return `SELECT page.*, ${joined.columns} FROM (${page}) AS page ${joined.tables}
    ORDER BY page.sort_value ${direction}, page.sort_key ${direction}`
}

function whereOf(conditions: ReadonlyMap<string, string>, broad: boolean): string {
  const all = [...conditions].map(([name, condition]) =>
    // No index is used for such an expression.
    broad && name === 'search' ? `(${condition}) IS TRUE` : condition,
  )
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`
}

/** The key of the last item, and what it is sorted by. */
function cursorAfter(row: Row): string {
  const value = row.sort_value
  return value === null ? `${row.sort_key}` : `${row.sort_key}.${toBase64Url(utf8(JSON.stringify(value)))}`
}

const PARTS: Readonly<Record<string, RegExp>> = {
  number: /^(0|[1-9]\d{0,15})$/,
  id: /^[a-z]{1,8}_[\w-]{1,64}$/,
  device: /^dev_[\w-]{22}$/,
  'l.device': /^dev_[\w-]{22}$/,
  user_id: /^[\w-]{1,256}$/,
}

/** @throws `INPUT_MALFORMED`. */
function placeOf(cursor: string, key: Key, sorted: boolean): readonly SqlValue[] {
  const columns = KEYS[key]
  const parts = cursor.split('.')
  const [rest, ...more] = parts.slice(columns.length)
  const isForeign = columns.some((column, at) => PARTS[column]?.test(parts[at] ?? '') !== true)
  if (isForeign || more.length > 0 || sorted !== (rest !== undefined)) throw foreignCursor()
  const place = columns.map((column, at) => (column === 'number' ? Number(parts[at]) : (parts[at] ?? '')))
  return rest === undefined ? place : [sortValueIn(rest), ...place]
}

function sortValueIn(encoded: string): string | number {
  try {
    return sortValueReader.readJson(fromUtf8(fromBase64Url(encoded) ?? new Uint8Array()))
  } catch {
    throw foreignCursor()
  }
}

/** A column of folded text that begins with what was searched for. */
export function startsWith(column: string, search: string, value: Place): string {
  const start = foldName(search)
  return `(${column} >= ${value(start)} AND ${column} < ${value(`${start}\u{10ffff}`)})`
}

/** An item by its whole name in any case, or by at least eight characters of its id. */
export function namedOrId(named: string, value: Place): string {
  const key = foldedName(named)
  const begins = beginsWith('id', value(named))
  return key === undefined ? begins : `(name_key = ${value(key)} OR ${begins})`
}

/** `dev_` and four more characters. A shorter beginning could be a name that matches ids by chance. */
const SHORTEST_ID = 8

/** The beginning of an id, of at least eight characters. Ids have no `~`. */
export function beginsWith(id: string, beginning: string): string {
  return `(length(${beginning}) >= ${SHORTEST_ID} AND ${id} >= ${beginning} AND ${id} < ${beginning} || '~'
    AND substr(${id}, 1, length(${beginning})) = ${beginning})`
}
