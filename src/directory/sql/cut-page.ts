import { textOf } from './columns.ts'
import type { Row } from './database.ts'

/** A page holds no more characters of JSON: one sighting of many processes may have a quarter of a million. */
const PAGE_CHARACTERS = 8 * 1024 * 1024

export interface CutPage<T> {
  readonly items: readonly T[]
  /** The list continues after them. */
  readonly more: boolean
}

/** Reads rows until the page is full: at most `limit`, fewer if their `json` is large, and at least one. */
export async function cutPage<T>(rows: AsyncIterable<Row>, limit: number, read: (row: Row) => T): Promise<CutPage<T>> {
  const items: T[] = []
  let characters = 0
  for await (const row of rows) {
    characters += textOf(row, 'json').length
    if (items.length === limit || (items.length > 0 && characters > PAGE_CHARACTERS)) return { items, more: true }
    items.push(read(row))
  }
  return { items, more: false }
}
