import { faultOf, type Reader, type Static, type TSchema } from '../../base/schema.ts'
import { apiAnswer } from '../../protocol/noun/answers.ts'
import {
  type BodyOf,
  type Item,
  type ListQuery,
  listCommandOf,
  MAX_PAGE,
  type Noun,
  usualQuery,
  type Verbs,
} from '../../protocol/noun/noun.ts'
import { queryOf } from '../command/command-line.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { itemIdOf } from '../names/name-item.ts'

/** A client of the nouns, from their declarations. All throw what the API refuses with. */

interface CallInit<B> {
  /** Of an item. */
  readonly id?: string
  readonly body?: B
}

export function call<V extends Verbs, K extends keyof V & string>(
  api: ApiClient,
  noun: { readonly one: string; readonly path: string; readonly verbs: V },
  verb: K,
  { id, body }: CallInit<BodyOf<V[K]>> = {},
): Promise<Static<V[K]['response']>> {
  const { method, path = '', response } = noun.verbs[verb] ?? never(verb)
  const place = `${noun.path}${id === undefined ? '' : `/${id}`}${path}`
  return api.ask(method, place, readerOf<Static<V[K]['response']>>(response, noun.one), body)
}

export function show<T extends Item>(api: ApiClient, noun: Noun<T>, id: string): Promise<T> {
  return api.ask('GET', `${noun.path}/${id}`, readerOf<T>(noun.item, noun.one))
}

export interface Loaded<T> {
  readonly items: readonly T[]
  /** Of the whole list. Absent: the directory does not count it, and there are more. */
  readonly total: number | undefined
}

/** @param limit how many at most; absent: all. @param isWanted the list ends with the page that has others. */
export async function list<T extends Item>(
  api: ApiClient,
  { path, page, many }: Noun<T>,
  { limit = Number.POSITIVE_INFINITY, ...query }: ListQuery = {},
  isWanted: (item: T) => boolean = () => true,
): Promise<Loaded<T>> {
  const answer = readerOf<{ items: T[]; next?: string; total?: number }>(page, `list of ${many}`)
  const items: T[] = []
  let total: number | undefined
  let cursor: string | undefined
  do {
    const asked = { ...query, limit: Math.min(MAX_PAGE, limit - items.length), cursor }
    const loaded = await api.ask('GET', `${path}${queryOf(asked)}`, answer)
    const wanted = loaded.items.filter(isWanted)
    items.push(...wanted)
    if (wanted.length < loaded.items.length) return { items, total: items.length }
    total ??= loaded.total
    cursor = loaded.next
  } while (cursor !== undefined && items.length < limit)
  return { items, total: total ?? (cursor === undefined ? items.length : undefined) }
}

/** The id of what a person means. @throws `NOT_FOUND` where it may be none or more than one. */
export function idOf<T extends Item>(api: ApiClient, noun: Noun<T>, wanted: string): Promise<string> {
  const { id, path, page, spoken, onlyUsual } = noun
  return itemIdOf<T>(api, wanted, {
    wholeId: { test: (text) => faultOf(id, text) === undefined },
    path: onlyUsual === undefined ? path : `${path}${queryOf(usualQuery(noun))}`,
    reader: readerOf(page, `list of ${spoken.many}`),
    noun: onlyUsual ?? spoken.one,
    list: listCommandOf(noun),
    preferred: (item) => noun.preferred?.(item) ?? true,
    describe: (item) => noun.describe(item),
  })
}

const readers = new WeakMap<TSchema, Reader<unknown>>()

function readerOf<T>(schema: TSchema, name: string): Reader<T> {
  const known = readers.get(schema) ?? apiAnswer(schema, name)
  readers.set(schema, known)
  return known as Reader<T> // of this very schema
}

function never(verb: string): never {
  throw new TypeError(`there is no verb ${verb}`)
}
