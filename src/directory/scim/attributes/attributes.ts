/** What a schema of SCIM says about one attribute (RFC 7643, section 7). */
export interface Attribute {
  readonly name: string
  /** Other names that clients may send. */
  readonly aliases?: readonly string[]
  readonly type: 'string' | 'boolean' | 'complex' | 'reference' | 'dateTime' | 'binary'
  readonly description: string
  readonly multiValued?: true
  /** Where it is less than for all others. */
  readonly maxCharacters?: number
  readonly required?: true
  readonly caseExact?: true
  /** Absent: `readWrite`. */
  readonly mutability?: 'readOnly' | 'writeOnly' | 'immutable'
  /** Absent: `default`. */
  readonly returned?: 'always' | 'never' | 'request'
  /** Absent: `none`. */
  readonly uniqueness?: 'server'
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: readonly Attribute[]
}

export interface Schema {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly attributes: readonly Attribute[]
}

export interface ResourceType {
  readonly name: string
  /** Below the base of the surface: `/Users`. */
  readonly endpoint: string
  readonly description: string
  readonly schema: Schema
  readonly extensions: readonly Schema[]
  /** Another endpoint and schema that clients may use for the same resources. */
  readonly aliases?: {
    readonly endpoint: string
    readonly schema: string
    /** Required attributes of the schema, and what takes their place in the other one. */
    readonly names: Readonly<Record<string, string>>
  }
}

/** A resource with attribute names as its schemas spell them. Extensions are members with the id of their schema. */
export type Resource = Readonly<Record<string, unknown>>

/** Attributes of every resource (RFC 7643, section 3.1). Schemas do not list them. */
export const COMMON: readonly Attribute[] = [
  {
    name: 'schemas',
    type: 'reference',
    multiValued: true,
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    description: 'schemas of the resource',
  },
  {
    name: 'id',
    type: 'string',
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    description: 'id of the resource',
  },
  {
    name: 'externalId',
    type: 'string',
    caseExact: true,
    maxCharacters: 256,
    description: 'id of the resource at the client',
  },
  {
    name: 'meta',
    type: 'complex',
    mutability: 'readOnly',
    description: 'what the directory knows about the resource',
    subAttributes: [
      { name: 'resourceType', type: 'string', caseExact: true, mutability: 'readOnly', description: 'type' },
      { name: 'created', type: 'dateTime', mutability: 'readOnly', description: 'time of creation' },
      { name: 'lastModified', type: 'dateTime', mutability: 'readOnly', description: 'time of the last change' },
      { name: 'location', type: 'reference', caseExact: true, mutability: 'readOnly', description: 'URL' },
      { name: 'version', type: 'string', caseExact: true, mutability: 'readOnly', description: 'entity tag' },
    ],
  },
]

/** Where a path leads: an attribute, one of its sub-attributes, or a whole extension. */
export interface Place {
  /** Present if the attribute is one of an extension. */
  readonly extension?: Schema | undefined
  /** Absent: the whole extension. */
  readonly attribute?: Attribute | undefined
  readonly sub?: Attribute | undefined
}

/** Names are compared without regard to case. */
export function attributeNamed(attributes: readonly Attribute[], name: string): Attribute | undefined {
  const wanted = name.toLowerCase()
  const isNamed = ({ name: own, aliases = [] }: Attribute) =>
    [own, ...aliases].some((one) => one.toLowerCase() === wanted)
  return attributes.find(isNamed)
}

export function coreAttributes({ schema }: ResourceType): readonly Attribute[] {
  return [...COMMON, ...schema.attributes]
}

/**
 * Finds what a path names: `userName`, `name.givenName`, `urn:…:User:manager.value`, or the id of an extension.
 *
 * An attribute of an extension is found without the id of its schema too, if the core has none of that name.
 */
export function placeOf(type: ResourceType, path: string): Place | undefined {
  const core = coreAttributes(type)
  const prefix = prefixOf(type, path)
  if (prefix !== undefined) {
    const { id, extension } = prefix
    if (path.length === id.length) return extension === undefined ? undefined : { extension }
    return placeAmong(extension?.attributes ?? core, path.slice(id.length + 1), extension)
  }
  if (path.toLowerCase().startsWith('urn:')) return undefined
  const place = placeAmong(core, path, undefined)
  if (place !== undefined) return place
  for (const extension of type.extensions) {
    const there = placeAmong(extension.attributes, path, extension)
    if (there !== undefined) return there
  }
  return undefined
}

/** The schema that a path begins with. */
function prefixOf(
  { schema, aliases, extensions }: ResourceType,
  path: string,
): { readonly id: string; readonly extension?: Schema } | undefined {
  const lower = path.toLowerCase()
  const begins = (id: string) => {
    const wanted = id.toLowerCase()
    return lower === wanted || lower.startsWith(`${wanted}:`) || lower.startsWith(`${wanted}.`)
  }
  const core = [schema.id, ...(aliases === undefined ? [] : [aliases.schema])].find(begins)
  if (core !== undefined) return { id: core }
  const extension = extensions.find(({ id }) => begins(id))
  return extension === undefined ? undefined : { id: extension.id, extension }
}

function placeAmong(attributes: readonly Attribute[], path: string, extension: Schema | undefined): Place | undefined {
  const [name = '', subName, ...more] = path.split('.')
  const attribute = attributeNamed(attributes, name)
  // Of what is dropped, every part is.
  if (attribute?.returned === 'never') return { extension, attribute }
  if (attribute === undefined || more.length > 0) return undefined
  if (subName === undefined) return { extension, attribute }
  const sub = attributeNamed(attribute.subAttributes ?? [], subName)
  return sub === undefined ? undefined : { extension, attribute, sub }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
