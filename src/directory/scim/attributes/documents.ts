import { SuretyError } from '../../../base/errors.ts'
import {
  type Attribute,
  coreAttributes,
  isObject,
  type Place,
  placeOf,
  type Resource,
  type ResourceType,
} from './attributes.ts'

/** Resources as clients see them, cut to the attributes that they ask for (RFC 7644, section 3.9). */

/** A resource of the store. */
export interface Held {
  readonly id: string
  /** In the order of creation. */
  readonly number: number
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
  attributes(wanted: Wanted): Promise<Resource>
}

export interface Wanted {
  /** URL of the surface. */
  readonly base: string
  /** Whether an attribute that costs a question of its own is needed. */
  readonly wants: (name: string) => boolean
}

export interface Projection {
  /** Attributes to show. Absent: those that are returned by default. */
  readonly only?: readonly Place[]
  readonly without: readonly Place[]
}

const MAX_NAMES = 200

/**
 * Reads `attributes` and `excludedAttributes`, as lists or with commas. Names that the type does not have are ignored.
 *
 * @throws `INPUT_MALFORMED`.
 */
export function readProjection(type: ResourceType, attributes: unknown, excluded: unknown): Projection {
  const only = namesOf(attributes, 'attributes')
  const without = namesOf(excluded, 'excludedAttributes')
  if (only.length > 0 && without.length > 0) {
    throw new SuretyError('INPUT_MALFORMED', 'give attributes or excludedAttributes, not both')
  }
  const places = (names: readonly string[]) => names.flatMap((name) => placeOf(type, name) ?? [])
  return { ...(only.length === 0 ? {} : { only: places(only) }), without: places(without) }
}

function namesOf(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return []
  const names = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(names) || names.length > MAX_NAMES || names.some((one) => typeof one !== 'string')) {
    throw new SuretyError('INPUT_MALFORMED', `${name} must be a list of at most ${MAX_NAMES} names`)
  }
  return names.map((one: string) => one.trim()).filter((one) => one !== '')
}

/** Whether anything of an attribute of the core is shown. */
export function shows({ only, without }: Projection, name: string): boolean {
  const names = (places: readonly Place[]) =>
    places.filter(({ extension }) => extension === undefined).filter(({ attribute }) => attribute?.name === name)
  if (only !== undefined) return names(only).length > 0
  return !names(without).some(({ sub }) => sub === undefined)
}

/** The URL of a resource. */
export function locationOf(type: ResourceType, id: string, base: string): string {
  return `${base}${type.endpoint}/${id}`
}

export function tagOf({ version }: Pick<Held, 'version'>): string {
  return `W/"${version}"`
}

/** A resource with all that the directory adds, for filters and for clients. */
export async function wholeDocument(type: ResourceType, held: Held, wanted: Wanted): Promise<Resource> {
  const { base } = wanted
  const attributes = await held.attributes(wanted)
  const extensions = type.extensions.filter(({ id }) => attributes[id] !== undefined).map(({ id }) => id)
  return {
    schemas: [type.schema.id, ...extensions],
    id: held.id,
    ...attributes,
    meta: {
      resourceType: type.name,
      created: new Date(held.createdAt).toISOString(),
      lastModified: new Date(held.changedAt).toISOString(),
      location: locationOf(type, held.id, base),
      version: tagOf(held),
    },
  }
}

/** What a client gets of a resource. */
export async function documentOf(
  type: ResourceType,
  held: Held,
  { base, projection }: { readonly base: string; readonly projection: Projection },
): Promise<Resource> {
  const whole = await wholeDocument(type, held, { base, wants: (name) => shows(projection, name) })
  const extensions = type.extensions.flatMap((extension) => {
    const members = whole[extension.id]
    if (!isObject(members)) return []
    const shown = projected(extension.attributes, members, among(projection, extension))
    return Object.keys(shown).length === 0 ? [] : [[extension.id, shown] as const]
  })
  return { ...projected(coreAttributes(type), whole, among(projection, undefined)), ...Object.fromEntries(extensions) }
}

/** The part of a projection that is about the core, or about one extension. */
function among({ only, without }: Projection, extension: Place['extension']): Projection {
  const own = (places: readonly Place[]) => places.filter((place) => place.extension === extension)
  return { ...(only === undefined ? {} : { only: own(only) }), without: own(without) }
}

function projected(attributes: readonly Attribute[], members: Resource, { only, without }: Projection): Resource {
  // Without an attribute, the whole extension is named.
  const named = (places: readonly Place[], { name }: Attribute) =>
    places.filter(({ attribute }) => attribute === undefined || attribute.name === name)
  return Object.fromEntries(
    attributes.flatMap((attribute) => {
      const value = members[attribute.name]
      if (value === undefined || attribute.returned === 'never') return []
      if (attribute.returned === 'always') return [[attribute.name, value]]
      const wanted = only === undefined ? undefined : named(only, attribute)
      if (wanted?.length === 0) return []
      const unwanted = named(without, attribute)
      if (unwanted.some(({ sub }) => sub === undefined)) return []
      const subs = wanted?.every(({ sub }) => sub !== undefined) === true ? wanted : undefined
      const kept = (name: string) =>
        (subs === undefined || subs.some(({ sub }) => sub?.name === name)) &&
        !unwanted.some(({ sub }) => sub?.name === name)
      return [[attribute.name, withSubs(value, kept)]]
    }),
  )
}

function withSubs(value: unknown, kept: (name: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => withSubs(one, kept))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => kept(name)))
}

/** Whether a list of entity tags, as in `If-Match`, has this one. */
export function namesTag(header: string, held: Pick<Held, 'version'>): boolean {
  const own = tagOf(held).slice(2)
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === own)
}

/** @throws `VERSION_STALE` if `If-Match` names other versions. */
export function requireMatch(header: string | undefined, held: Pick<Held, 'version' | 'id'>): void {
  if (header === undefined || namesTag(header, held)) return
  throw new SuretyError('VERSION_STALE', `${held.id} has the version ${tagOf(held)}: read it again`)
}
