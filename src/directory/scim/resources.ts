import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { Held } from './attributes/documents.ts'
import type { Filter, FilterValue } from './attributes/filter.ts'
import type { Listed } from './attributes/listing.ts'

/** Who asks, and which version they know. */
export interface Request {
  readonly by: Person
  readonly ifMatch?: string | undefined
}

/** Resources of one type. Each method that changes is one transaction. */
export interface Resources extends Listed {
  /** PATCH is answered without the resource, which may have thousands of values. */
  readonly isLarge: boolean
  /** @throws `NOT_FOUND`. */
  get(id: string): Held
  /** @throws `INPUT_MALFORMED`, `SCIM_VALUE_INVALID`; `CONFLICT` for a name in use. */
  create(body: unknown, request: Request): Held
  /** PUT. @throws as `create`; `NOT_FOUND`, `VERSION_STALE`. */
  replace(id: string, body: unknown, request: Request): Held
  /** @throws as `replace`; `SCIM_PATH_INVALID`, `SCIM_NO_TARGET`, `SCIM_MUTABILITY`. */
  patch(id: string, body: unknown, request: Request): Held
  /** @throws `NOT_FOUND`, `VERSION_STALE`. */
  remove(id: string, request: Request): void
}

/** Finds resources by the value of one attribute. The key is the path in lower case. */
export type Lookups = Readonly<Record<string, (value: string) => Held | undefined>>

/** All resources that can fit a filter, if an index finds them. Undefined: no index does. */
export function candidatesOf(filter: Filter, lookups: Lookups): readonly Held[] | undefined {
  switch (filter.kind) {
    case 'compare':
      return filter.operator === 'eq' ? found(filter.path, filter.value, lookups) : undefined
    case 'and':
      return filter.filters.map((one) => candidatesOf(one, lookups)).find((some) => some !== undefined)
    case 'or': {
      const parts = filter.filters.map((one) => candidatesOf(one, lookups))
      if (parts.includes(undefined)) return undefined
      const different = new Map(parts.flatMap((part) => part ?? []).map((held) => [held.id, held]))
      return [...different.values()].toSorted((a, b) => a.number - b.number)
    }
    default:
      return undefined
  }
}

function found(path: string, value: FilterValue, lookups: Lookups): readonly Held[] | undefined {
  const name = (path.split(':').at(-1) ?? '').toLowerCase()
  const lookup = Object.hasOwn(lookups, name) ? lookups[name] : undefined
  if (lookup === undefined || typeof value !== 'string') return undefined
  const held = lookup(value)
  return held === undefined ? [] : [held]
}

/** A name that humans and groups cannot have is a wrong value of an attribute here. */
export function asValueFault<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) !== 'INPUT_MALFORMED') throw error
    throw new SuretyError('SCIM_VALUE_INVALID', describeError(error), { cause: error })
  }
}
