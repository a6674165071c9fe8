import { SuretyError } from '../../base/errors.ts'
import { closed, type TSchema, Type } from '../../base/schema.ts'
import { cursorSchema } from '../../protocol/noun/answers.ts'
import { DEFAULT_PAGE, MAX_PAGE } from '../../protocol/noun/noun.ts'
import type { Listed, ListRequest } from './listed.ts'

/** Lists continue from a cursor, so pages stay right while items are added before it. */

export const DEFAULT_LIMIT = DEFAULT_PAGE

/** A page in the order of ids. */
export interface Page {
  /** The id after which the page begins. */
  readonly after?: string | undefined
  readonly limit: number
}

/** A page in the order of descending numbers. */
export interface NumberedPage {
  readonly before?: number | undefined
  readonly limit: number
}

/** The query of a list. @param cursor the schema of this list's cursors. */
export function pageQuery<P extends Record<string, TSchema>>(filters: P, cursor: typeof cursorSchema = cursorSchema) {
  return closed({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(cursor),
    ...filters,
  })
}

/**
 * Makes one page.
 *
 * @param load returns up to that many items. It is asked for one more than the page holds.
 * @param cursorOf returns the cursor after an item.
 */
export async function page<T>(
  limit: number = DEFAULT_LIMIT,
  load: (limit: number) => Promise<readonly T[]>,
  cursorOf: (item: T) => string,
): Promise<{ items: T[]; next?: string }> {
  const loaded = await load(limit + 1)
  return pageOf({ items: loaded.slice(0, limit), more: loaded.length > limit }, cursorOf)
}

/** As `page`, of items that are already cut to the page. */
export function pageOf<T>(
  { items, more }: { readonly items: readonly T[]; readonly more: boolean },
  cursorOf: (item: T) => string,
): { items: T[]; next?: string } {
  const last = items.at(-1)
  return more && last !== undefined ? { items: [...items], next: cursorOf(last) } : { items: [...items] }
}

/**
 * Yields all pages, and lets other work run in between.
 *
 * @param load returns the page after the last item of the one before.
 */
export async function* eachPage<T>(load: (last: T | undefined) => Promise<readonly T[]>): AsyncGenerator<readonly T[]> {
  for (let last: T | undefined; ; await new Promise((resolve) => setImmediate(resolve))) {
    const loaded = await load(last)
    last = loaded.at(-1)
    if (last === undefined) return
    yield loaded
  }
}

/** One page of items that are all in memory. @throws `INPUT_MALFORMED` for a cursor of no item. */
export function listedFrom<T extends { readonly id: string }>(
  items: readonly T[],
  { limit = DEFAULT_LIMIT, cursor }: Pick<ListRequest, 'limit' | 'cursor'>,
): Listed<T> {
  const start = cursor === undefined ? 0 : items.findIndex(({ id }) => id === cursor) + 1
  if (cursor !== undefined && start === 0) throw foreignCursor()
  const shown = items.slice(start, start + limit)
  const last = start + limit < items.length ? shown.at(-1) : undefined
  return {
    items: shown,
    ...(last === undefined ? {} : { next: last.id }),
    ...(cursor === undefined ? { total: items.length } : {}),
  }
}

/** Reads a cursor of `count` numbers. @throws `INPUT_MALFORMED`. */
export function cursorNumbers(cursor: string | undefined, count: number): readonly number[] | undefined {
  if (cursor === undefined) return undefined
  const numbers = cursor.split('.').map((part) => (/^(0|[1-9]\d{0,15})$/.test(part) ? Number(part) : Number.NaN))
  if (numbers.length === count && numbers.every(Number.isSafeInteger)) return numbers
  throw foreignCursor()
}

export function foreignCursor(): SuretyError {
  return new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
}
