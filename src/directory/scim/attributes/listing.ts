import { setImmediate } from 'node:timers/promises'
import { SuretyError } from '../../../base/errors.ts'
import { hashOfText } from '../../../crypto/hash.ts'
import { placeOf, type Resource, type ResourceType } from './attributes.ts'
import { documentOf, type Held, type Projection, readProjection, wholeDocument } from './documents.ts'
import { type Filter, parseFilter } from './filter.ts'
import { matches } from './matches.ts'

/** Lists by index (RFC 7644, section 3.4.2.4) and by cursor (RFC 9865). */

export const PAGE = { usual: 100, most: 500 } as const
export const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
export const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

/** What a list is made of: one type, in the order of numbers. */
export interface Listed {
  readonly type: ResourceType
  count(): Promise<number>
  /** The number of the resource with so many before it. */
  numberBefore(offset: number): Promise<number>
  after(number: number, limit: number): Promise<readonly Held[]>
  /** All that can fit a filter, by an index. Undefined: no index helps. */
  candidates(filter: Filter): Promise<readonly Held[] | undefined>
}

export interface Query {
  readonly filter?: unknown
  readonly startIndex?: unknown
  readonly count?: unknown
  readonly cursor?: unknown
  readonly attributes?: unknown
  readonly excludedAttributes?: unknown
}

/** Resources looked at before other requests get their turn. */
const TURN = 200

/** @throws `SCIM_FILTER_INVALID`, `SCIM_COUNT_INVALID`, `SCIM_CURSOR_INVALID`, `INPUT_MALFORMED`. */
export async function listed(lists: readonly Listed[], query: Query, base: string): Promise<Resource> {
  const text = textOf(query.filter, 'filter')
  const filter = text === undefined ? undefined : parseFilter(text)
  const projections = lists.map(({ type }) => readProjection(type, query.attributes, query.excludedAttributes))
  const cursor = textOf(query.cursor, 'cursor')
  const byCursor = cursor !== undefined
  const count = countOf(query.count, byCursor)
  const key = hashOfText(JSON.stringify([text ?? '', lists.map(({ type }) => type.name)])).slice(0, 12)
  const page = byCursor
    ? await pageAfter(lists, { filter, base, count, ...placeOfCursor(cursor, { key, lists: lists.length }) })
    : await pageFrom(lists, { filter, base, count, startIndex: startOf(query.startIndex) })
  const Resources = await shownOf(page.items, async ({ list, held }) => {
    const { type } = lists[list] as Listed
    return documentOf(type, held, { base, projection: projections[list] as Projection })
  })
  const last = page.items[Resources.length - 1]
  const more = last !== undefined && (page.more === true || Resources.length < page.items.length)
  return {
    schemas: [LIST_SCHEMA],
    totalResults: page.total,
    itemsPerPage: Resources.length,
    ...(byCursor ? {} : { startIndex: startOf(query.startIndex) }),
    ...(byCursor && more ? { nextCursor: `${last.list}.${last.held.number}.${key}` } : {}),
    Resources,
  }
}

/** Values on one page: groups may have thousands of members. A page ends early, which both ways of paging allow. */
const MAX_VALUES = 100_000

async function shownOf(
  items: readonly Found[],
  document: (item: Found) => Promise<Resource>,
): Promise<readonly Resource[]> {
  const shown: Resource[] = []
  let values = 0
  for (const item of items) {
    const one = await document(item)
    shown.push(one)
    const { members } = one
    values += Array.isArray(members) ? members.length : 0
    if (values >= MAX_VALUES) break
    if (shown.length % TURN === 0) await setImmediate()
  }
  return shown
}

interface Found {
  /** Which of the lists. */
  readonly list: number
  readonly held: Held
}

interface FoundPage {
  readonly total: number
  readonly items: readonly Found[]
  /** There is another page. Known by cursor only. */
  readonly more?: boolean
}

interface Asked {
  readonly filter: Filter | undefined
  readonly base: string
  readonly count: number
}

async function pageFrom(
  lists: readonly Listed[],
  { startIndex, ...asked }: Asked & { startIndex: number },
): Promise<FoundPage> {
  const { count, filter } = asked
  const items: Found[] = []
  let total = 0
  for (const [list, one] of lists.entries()) {
    // How many of this list come before the page.
    const skipped = Math.max(0, startIndex - 1 - total)
    const room = count - items.length
    if (filter === undefined) {
      const all = await one.count()
      if (room > 0 && skipped < all) {
        items.push(...(await one.after(await one.numberBefore(skipped), room)).map((held) => ({ list, held })))
      }
      total += all
      continue
    }
    let fitting = 0
    for await (const held of fitted(one, asked)) {
      if (fitting >= skipped && items.length < count) items.push({ list, held })
      fitting++
    }
    total += fitting
  }
  return { total, items }
}

interface Cursor {
  readonly list: number
  readonly number: number
}

async function pageAfter(
  lists: readonly Listed[],
  { list: from, number, ...asked }: Asked & Cursor,
): Promise<FoundPage> {
  const { count, filter } = asked
  const items: Found[] = []
  let total = 0
  for (const [list, one] of lists.entries()) {
    const after = list < from ? Number.MAX_SAFE_INTEGER : list === from ? number : 0
    // One more than the page holds says whether there is another page.
    const room = count + 1 - items.length
    if (filter === undefined) {
      total += await one.count()
      if (room > 0 && list >= from) items.push(...(await one.after(after, room)).map((held) => ({ list, held })))
      continue
    }
    for await (const held of fitted(one, asked)) {
      total++
      if (held.number > after && items.length <= count) items.push({ list, held })
    }
  }
  return { total, items: items.slice(0, count), more: items.length > count }
}

/** What fits a filter, in the order of numbers. */
async function* fitted({ type, after, candidates }: Listed, { filter, base }: Asked): AsyncGenerator<Held> {
  if (filter === undefined) return
  const named = namesIn(filter, type)
  const fits = async (held: Held) =>
    matches(filter, await wholeDocument(type, held, { base, wants: (name) => named.has(name) }), type)
  const some = await candidates(filter)
  if (some !== undefined) {
    for (const held of some) if (await fits(held)) yield held
    return
  }
  let number = 0
  for (;;) {
    const batch = await after(number, TURN)
    for (const held of batch) if (await fits(held)) yield held
    const last = batch.at(-1)
    if (last === undefined || batch.length < TURN) return
    number = last.number
    await setImmediate()
  }
}

function namesIn(filter: Filter, type: ResourceType): ReadonlySet<string> {
  const paths = (one: Filter): readonly string[] => {
    if ('filters' in one) return one.filters.flatMap(paths)
    if (one.kind === 'not') return paths(one.filter)
    return [one.path]
  }
  return new Set(paths(filter).flatMap((path) => placeOf(type, path)?.attribute?.name ?? []))
}

function placeOfCursor(cursor: string, { key, lists }: { readonly key: string; readonly lists: number }): Cursor {
  if (cursor === '') return { list: 0, number: 0 }
  const [, list = '', number = '', of] = /^(\d)\.(\d{1,15})\.([\w-]{12})$/.exec(cursor) ?? []
  if (of === key && Number(list) < lists) return { list: Number(list), number: Number(number) }
  throw new SuretyError('SCIM_CURSOR_INVALID', 'the cursor is not one of this query: begin with an empty cursor')
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new SuretyError('INPUT_MALFORMED', `${name} must be given once, as text`)
}

function integerOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  return typeof value === 'string' && /^[-+]?\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** By index, RFC 7644 reads what is too small as the least. RFC 9865 refuses it. */
function countOf(value: unknown, byCursor: boolean): number {
  if (value === undefined || value === null) return PAGE.usual
  const count = integerOf(value)
  const fits = count !== undefined && (!byCursor || (count >= 1 && count <= PAGE.most))
  if (!fits) throw new SuretyError('SCIM_COUNT_INVALID', `count must be a number from 1 to ${PAGE.most}`)
  return Math.min(Math.max(0, count), PAGE.most)
}

function startOf(value: unknown): number {
  if (value === undefined || value === null) return 1
  const start = integerOf(value)
  if (start === undefined) throw new SuretyError('SCIM_COUNT_INVALID', 'startIndex must be a number from 1')
  return Math.max(1, start)
}
