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
  get(id: string): Promise<Held>
  /** @throws `INPUT_MALFORMED`, `SCIM_VALUE_INVALID`; `CONFLICT` for a name in use. */
  create(body: unknown, request: Request): Promise<Held>
  /** PUT. @throws as `create`; `NOT_FOUND`, `VERSION_STALE`. */
  replace(id: string, body: unknown, request: Request): Promise<Held>
  /** @throws as `replace`; `SCIM_PATH_INVALID`, `SCIM_NO_TARGET`, `SCIM_MUTABILITY`. */
  patch(id: string, body: unknown, request: Request): Promise<Held>
  /** @throws `NOT_FOUND`, `VERSION_STALE`. */
  remove(id: string, request: Request): Promise<void>
}

/** Finds resources by the value of one attribute. The key is the path in lower case. */
export type Lookups = Readonly<Record<string, (value: string) => Promise<Held | undefined>>>

/** All resources that can fit a filter, if an index finds them. Undefined: no index does. */
export async function candidatesOf(filter: Filter, lookups: Lookups): Promise<readonly Held[] | undefined> {
  switch (filter.kind) {
    case 'compare':
      return filter.operator === 'eq' ? await found(filter.path, filter.value, lookups) : undefined
    case 'and':
      return (await Promise.all(filter.filters.map((one) => candidatesOf(one, lookups)))).find(
        (some) => some !== undefined,
      )
    case 'or': {
      const parts = await Promise.all(filter.filters.map((one) => candidatesOf(one, lookups)))
      if (parts.includes(undefined)) return undefined
      const different = new Map(parts.flatMap((part) => part ?? []).map((held) => [held.id, held]))
      return [...different.values()].toSorted((a, b) => a.number - b.number)
    }
    default:
      return undefined
  }
}

async function found(path: string, value: FilterValue, lookups: Lookups): Promise<readonly Held[] | undefined> {
  const name = (path.split(':').at(-1) ?? '').toLowerCase()
  const lookup = Object.hasOwn(lookups, name) ? lookups[name] : undefined
  if (lookup === undefined || typeof value !== 'string') return undefined
  const held = await lookup(value)
  return held === undefined ? [] : [held]
}

/** A name that humans and groups cannot have is a wrong value of an attribute here. */
export async function asValueFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error) !== 'INPUT_MALFORMED') throw error
    throw new SuretyError('SCIM_VALUE_INVALID', describeError(error), { cause: error })
  }
}
