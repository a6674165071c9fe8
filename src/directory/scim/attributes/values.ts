import { SuretyError } from '../../../base/errors.ts'
import {
  type Attribute,
  attributeNamed,
  coreAttributes,
  isObject,
  type Resource,
  type ResourceType,
} from './attributes.ts'

/** Reads what clients send. What comes out has the names of the schemas only, so no member of it can be one of JavaScript's. */

/** Characters of one value. */
const MAX_TEXT = 2_048
/** Values of one attribute. Members of groups are read apart. */
export const MAX_VALUES = 100

/** Unknown names are refused where a client names what it changes, and ignored in whole resources. */
export type Unknown = 'ignore' | 'refuse'

/**
 * Reads a whole resource of POST or PUT. Unknown and read-only attributes are ignored.
 *
 * @throws `INPUT_MALFORMED` without the schema of the type; `SCIM_VALUE_INVALID`.
 */
export function readResource(type: ResourceType, body: unknown): Resource {
  const isAlias = requireSchema(body, type.schema.id, type.aliases?.schema) !== type.schema.id
  const core = readMembers(coreAttributes(type), objectOf(body), { unknown: 'ignore', readOnly: 'ignore', at: '' })
  const extensions = type.extensions.map(({ id, attributes }) => {
    const value = memberNamed(objectOf(body), id)
    if (value === undefined || value === null) return {}
    if (!isObject(value)) throw new SuretyError('SCIM_VALUE_INVALID', `${id} must be an object`)
    const members = readMembers(attributes, value, { unknown: 'ignore', readOnly: 'ignore', at: '' })
    return Object.keys(members).length === 0 ? {} : { [id]: members }
  })
  const resource: Record<string, unknown> = Object.assign({}, core, ...extensions)
  for (const [name, instead] of Object.entries(isAlias ? (type.aliases?.names ?? {}) : {})) {
    if (resource[name] === undefined && resource[instead] !== undefined) resource[name] = resource[instead]
  }
  const missing = type.schema.attributes.find(({ name, required }) => required === true && resource[name] === undefined)
  if (missing !== undefined) throw new SuretyError('SCIM_VALUE_INVALID', `${missing.name} must be given`)
  return resource
}

/** @returns which of the schemas the body names. @throws `INPUT_MALFORMED` if it names none. */
export function requireSchema(body: unknown, id: string, alias?: string): string {
  const schemas = memberNamed(objectOf(body), 'schemas')
  const names = (wanted: string) =>
    Array.isArray(schemas) && schemas.some((one) => typeof one === 'string' && same(one, wanted))
  if (names(id)) return id
  if (alias !== undefined && names(alias)) return alias
  throw new SuretyError('INPUT_MALFORMED', `schemas must name ${id}`)
}

/** @throws `INPUT_MALFORMED`. */
export function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (isObject(body)) return body
  throw new SuretyError('INPUT_MALFORMED', 'the body must be an object')
}

/** A member whose name is compared without regard to case. @throws `INPUT_MALFORMED` if there are two. */
export function memberNamed(value: Readonly<Record<string, unknown>>, name: string): unknown {
  const names = Object.keys(value).filter((one) => same(one, name))
  if (names.length > 1) throw new SuretyError('INPUT_MALFORMED', `${name} is given twice`)
  return names[0] === undefined ? undefined : value[names[0]]
}

interface Reading {
  readonly unknown: Unknown
  readonly readOnly: 'ignore' | 'refuse'
  /** Of the object that has the members, for messages. */
  readonly at: string
}

function readMembers(
  attributes: readonly Attribute[],
  value: Readonly<Record<string, unknown>>,
  { unknown, readOnly, at }: Reading,
): Resource {
  const read = new Map<string, unknown>()
  for (const [key, member] of Object.entries(value)) {
    const attribute = attributeNamed(attributes, key)
    const path = at === '' ? key : `${at}.${key}`
    if (attribute === undefined) {
      if (unknown === 'refuse') throw noSuchAttribute(path)
      continue
    }
    if (attribute.mutability === 'readOnly' || attribute.returned === 'never') {
      if (readOnly === 'refuse') throw new SuretyError('SCIM_MUTABILITY', `${path} cannot be changed`)
      continue
    }
    if (read.has(attribute.name)) throw new SuretyError('INPUT_MALFORMED', `${path} is given twice`)
    read.set(attribute.name, readValue(attribute, member, { unknown, path }))
  }
  return Object.fromEntries([...read].filter(([, one]) => one !== undefined))
}

export function noSuchAttribute(path: string): SuretyError {
  return new SuretyError('SCIM_PATH_INVALID', `there is no attribute ${JSON.stringify(path.slice(0, 200))}`)
}

interface ReadValue {
  readonly unknown: Unknown
  readonly path: string
}

/**
 * Reads all values of an attribute.
 *
 * @returns undefined if there is none: null, an empty text, an empty list, an empty object.
 * @throws `SCIM_VALUE_INVALID`.
 */
export function readValue(attribute: Attribute, value: unknown, init: ReadValue): unknown {
  if (attribute.multiValued !== true) return readOne(attribute, value, init)
  const values = (Array.isArray(value) ? value : [value]).flatMap((one) => readOne(attribute, one, init) ?? [])
  if (values.length > MAX_VALUES) throw tooManyValues(attribute)
  if (values.filter(isPrimary).length > 1)
    throw new SuretyError('SCIM_VALUE_INVALID', `${init.path} has two primary values`)
  return values.length === 0 ? undefined : values
}

export function tooManyValues({ name }: Attribute): SuretyError {
  return new SuretyError('SCIM_VALUE_INVALID', `${name} has more than ${MAX_VALUES} values`)
}

/** Reads one value, also of a multi-valued attribute. Undefined: there is none. @throws `SCIM_VALUE_INVALID`. */
export function readOne(attribute: Attribute, value: unknown, { unknown, path }: ReadValue): unknown {
  if (value === null || value === undefined) return undefined
  const { type } = attribute
  switch (type) {
    case 'complex':
      return readComplex(attribute, value, { unknown, path })
    case 'boolean':
      return readBoolean(value, path)
    case 'string':
    case 'reference':
    case 'dateTime':
    case 'binary':
      return readText(value, path, attribute.maxCharacters)
    default:
      return type satisfies never
  }
}

function readComplex(attribute: Attribute, value: unknown, { unknown, path }: ReadValue): Resource | undefined {
  const subAttributes = attribute.subAttributes ?? []
  // Entra ID sends the manager as text, and some clients an email as text.
  const object = typeof value === 'string' && attributeNamed(subAttributes, 'value') !== undefined ? { value } : value
  if (!isObject(object)) throw new SuretyError('SCIM_VALUE_INVALID', `${path} must be an object`)
  const members = readMembers(subAttributes, object, { unknown, readOnly: 'ignore', at: path })
  return Object.keys(members).length === 0 ? undefined : members
}

/** Entra ID sends `"False"`. */
function readBoolean(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  if (text === 'true') return true
  if (text === 'false') return false
  throw new SuretyError('SCIM_VALUE_INVALID', `${path} must be true or false`)
}

function readText(value: unknown, path: string, most = MAX_TEXT): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string') throw new SuretyError('SCIM_VALUE_INVALID', `${path} must be a text`)
  if (text.length > most) throw new SuretyError('SCIM_VALUE_INVALID', `${path} has more than ${most} characters`)
  return text === '' ? undefined : text
}

export function isPrimary(value: unknown): boolean {
  return isObject(value) && value.primary === true
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
