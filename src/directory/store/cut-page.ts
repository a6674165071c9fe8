import type { Row } from '../../system/sqlite/sqlite.ts'
import { textOf } from './columns.ts'

/** A page is cut after so many characters of sightings: one of many processes may take a quarter of a million. */
const PAGE_CHARACTERS = 8 * 1024 * 1024

export interface CutPage<T> {
  readonly items: readonly T[]
  /** The list goes on behind them. */
  readonly more: boolean
}

/** As many of `rows` as a page holds: at most `limit`, fewer where what stands in their `json` is much, and one at least. */
export function cutPage<T>(rows: Iterable<Row>, limit: number, read: (row: Row) => T): CutPage<T> {
  const items: T[] = []
  let characters = 0
  for (const row of rows) {
    characters += textOf(row, 'json').length
    if (items.length === limit || (items.length > 0 && characters > PAGE_CHARACTERS)) return { items, more: true }
    items.push(read(row))
  }
  return { items, more: false }
}
