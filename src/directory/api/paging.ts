import { SuretyError } from '../../base/errors.ts'
import { closed, type TSchema, Type } from '../../base/schema.ts'
import { cursorSchema } from '../../protocol/api-common.ts'

/** Lists go by cursor, so that a page stays right while things are added before it. */

export const DEFAULT_LIMIT = 100

/** The query of a list, with whatever else narrows it. `cursor`: what this very list gives as one. */
export function pageQuery<P extends Record<string, TSchema>>(filters: P, cursor: typeof cursorSchema = cursorSchema) {
  return closed({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(cursor),
    ...filters,
  })
}

/**
 * One page, from a `load` that gives one item more than fits when there are more.
 *
 * @param cursorOf where the list goes on after an item.
 */
export function page<T>(
  limit: number = DEFAULT_LIMIT,
  load: (limit: number) => readonly T[],
  cursorOf: (item: T) => string,
): { items: T[]; next?: string } {
  const loaded = load(limit + 1)
  const items = loaded.slice(0, limit)
  const last = items.at(-1)
  return loaded.length > limit && last !== undefined ? { items, next: cursorOf(last) } : { items }
}

/** @throws `INPUT_MALFORMED` for a cursor that no list gave. */
export function numbersOf(cursor: string | undefined, count: number): readonly number[] | undefined {
  if (cursor === undefined) return undefined
  const numbers = cursor.split('.').map((part) => (/^(0|[1-9]\d{0,15})$/.test(part) ? Number(part) : Number.NaN))
  if (numbers.length === count && numbers.every(Number.isSafeInteger)) return numbers
  throw new SuretyError('INPUT_MALFORMED', 'the cursor is not one that this list gave')
}
