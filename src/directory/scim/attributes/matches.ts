import { SuretyError } from '../../../base/errors.ts'
import {
  type Attribute,
  attributeNamed,
  isObject,
  type Place,
  placeOf,
  type Resource,
  type ResourceType,
} from './attributes.ts'
import type { Filter, FilterValue, Operator } from './filter.ts'

/** Evaluates filters on resources. */

type Compare = Extract<Filter, { kind: 'compare' }>

/**
 * Whether a resource fits a filter. An attribute that its type does not have has no value.
 *
 * @throws `SCIM_FILTER_INVALID` for an operator that the type of the attribute does not have.
 */
export function matches(filter: Filter, resource: Resource, type: ResourceType): boolean {
  return holds(filter, (path) => {
    const place = placeOf(type, path)
    return place?.attribute === undefined ? undefined : found(resource, place, place.attribute)
  })
}

/** As `matches`, for one value of a complex attribute. */
export function valueMatches(filter: Filter, value: unknown, attribute: Attribute): boolean {
  return holds(filter, (path) => {
    const sub = attributeNamed(attribute.subAttributes ?? [], path)
    return sub === undefined ? undefined : { attribute: sub, values: isObject(value) ? valuesOf(value[sub.name]) : [] }
  })
}

interface Found {
  /** What is compared: `emails eq "a"` compares what `emails.value eq "a"` compares. */
  readonly attribute: Attribute
  readonly values: readonly unknown[]
  /** The complex attribute and its values, for a filter in brackets. */
  readonly whole?: { readonly attribute: Attribute; readonly values: readonly unknown[] }
}

function found(resource: Resource, { extension, sub }: Place, attribute: Attribute): Found {
  const container = extension === undefined ? resource : resource[extension.id]
  const values = isObject(container) ? valuesOf(container[attribute.name]) : []
  const compared = sub ?? attributeNamed(attribute.subAttributes ?? [], 'value')
  if (compared === undefined) return { attribute, values, whole: { attribute, values } }
  const inside = values.flatMap((value) => (isObject(value) ? valuesOf(value[compared.name]) : []))
  return { attribute: compared, values: inside, ...(sub === undefined ? { whole: { attribute, values } } : {}) }
}

type Find = (path: string) => Found | undefined

function holds(filter: Filter, find: Find): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => holds(one, find))
    case 'or':
      return filter.filters.some((one) => holds(one, find))
    case 'not':
      return !holds(filter.filter, find)
    case 'present':
      return find(filter.path)?.values.some((value) => value !== '') === true
    case 'compare':
      return compares(filter, find(filter.path))
    case 'value':
      return holdsForValue(filter, find(filter.path))
    default:
      return filter satisfies never
  }
}

function holdsForValue({ path, filter }: Extract<Filter, { kind: 'value' }>, there: Found | undefined): boolean {
  if (there === undefined) return false
  const { whole } = there
  if (whole?.attribute.subAttributes === undefined) {
    throw new SuretyError('SCIM_FILTER_INVALID', `${path} has no sub-attributes: leave out the brackets`)
  }
  return whole.values.some((value) => valueMatches(filter, value, whole.attribute))
}

function compares({ operator, value, path }: Compare, there: Found | undefined): boolean {
  const { attribute, values = [] } = there ?? {}
  if (attribute?.type === 'boolean' && operator !== 'eq' && operator !== 'ne') {
    throw new SuretyError('SCIM_FILTER_INVALID', `${path} is true or false: ${operator} cannot compare it`)
  }
  if (value === null) return nullCompares(operator, values.length > 0)
  if (attribute === undefined || values.length === 0) return operator === 'ne'
  // No value may be equal: `ne` is the opposite of `eq`.
  if (operator === 'ne') return !values.some((one) => fits('eq', one, value, attribute))
  return values.some((one) => fits(operator, one, value, attribute))
}

function nullCompares(operator: Operator, present: boolean): boolean {
  return operator === 'eq' ? !present : operator === 'ne' && present
}

function fits(operator: Operator, held: unknown, wanted: Exclude<FilterValue, null>, attribute: Attribute): boolean {
  if (attribute.type === 'boolean') return held === booleanOf(wanted)
  const [left, right] = comparable(String(held), String(wanted), attribute)
  switch (operator) {
    case 'eq':
      return left === right
    case 'ne':
      return left !== right
    case 'co':
      return left.includes(right)
    case 'sw':
      return left.startsWith(right)
    case 'ew':
      return left.endsWith(right)
    case 'gt':
      return left > right
    case 'ge':
      return left >= right
    case 'lt':
      return left < right
    case 'le':
      return left <= right
    default:
      return operator satisfies never
  }
}

/** Entra ID sends `"True"`. */
function booleanOf(value: string | number | boolean): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = String(value).toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : undefined
}

function comparable(held: string, wanted: string, attribute: Attribute): readonly [string, string] {
  if (attribute.type === 'dateTime') {
    const times = [Date.parse(held), Date.parse(wanted)] as const
    // One spelling of a time sorts as text.
    if (times.every(Number.isFinite)) return [new Date(times[0]).toISOString(), new Date(times[1]).toISOString()]
  }
  return attribute.caseExact === true ? [held, wanted] : [folded(held), folded(wanted)]
}

/** As `foldName`, for parts of texts too. */
function folded(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

function valuesOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
