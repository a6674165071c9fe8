import type * as TypeBox from 'typebox'
import { Build, Check, Errors } from 'typebox/schema'
import { type ErrorCode, SuretyError } from './errors.ts'
import { type JsonLimits, parseCanonicalJson, parseJson } from './json.ts'

/**
 * The only file that loads the schema library. Schemas are JSON Schema, so one object validates, types and documents.
 * Objects are closed unless they say otherwise.
 */
export type { Static, TSchema } from 'typebox'

type TSchema = TypeBox.TSchema
type LibraryError = ReturnType<typeof Errors>[1][number]

/** The schemas of optional members. Their object does not list them as required. */
const optional = new WeakSet<object>()

/**
 * Builders that write the same JSON Schema as the library's (a test compares them), with its types. The library's builders
 * clone and mark their arguments, which is slow: the daemon builds five hundred schemas at start.
 */
const builders = {
  Array: (items: TSchema, options?: object) => ({ type: 'array', items, ...options }),
  Boolean: (options?: object) => ({ type: 'boolean', ...options }),
  Integer: (options?: object) => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean, options?: object) => ({ type: typeof value, const: value, ...options }),
  Null: (options?: object) => ({ type: 'null', ...options }),
  Number: (options?: object) => ({ type: 'number', ...options }),
  Object(properties: Readonly<Record<string, object>>, options?: object) {
    const required = Object.keys(properties).filter((name) => !optional.has(properties[name] ?? {}))
    return { type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...options }
  },
  /** Copies the schema, because it may be a required member elsewhere. */
  Optional(schema: object) {
    const copy = { ...schema }
    optional.add(copy)
    return copy
  },
  /** A record with string keys that match the pattern of `key`, if it has one. */
  Record(key: { readonly type?: string; readonly pattern?: string }, value: object, options?: object) {
    if (key.type !== 'string') throw new TypeError('the keys of a record are strings')
    return { type: 'object', patternProperties: { [key.pattern ?? '^.*$']: value }, ...options }
  },
  String: (options?: object) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly object[], options?: object) => ({ anyOf, ...options }),
  Unknown: (options?: object) => ({ ...options }),
  Unsafe: (schema: object) => ({ ...schema }),
}

type Builders = Pick<typeof TypeBox, keyof typeof builders>

// The builders return what the library's return, without its invisible marks.
export const Type = builders as unknown as Builders

/** Turns a value from outside into a `T`, or refuses it with a code. */
export interface Reader<T> {
  readonly schema: TSchema
  /** @throws the reader's code. The message has the path of the first fault and never the value. */
  read(value: unknown): T
  /** Any spelling of JSON, within the reader's limits. */
  readJson(text: string): T
  /** Only the canonical spelling (see `parseCanonicalJson`). */
  readCanonicalJson(text: string): T
}

export interface ReaderInit {
  /** The name in messages: `hello`, `configuration file`. */
  readonly name: string
  /** The code of a value that does not fit the schema. */
  readonly code?: ErrorCode
  readonly limits?: JsonLimits
  /** The message names the member and what it must be, and no schema: `body: owner: must not be empty`. */
  readonly forPeople?: boolean
}

const DEFAULT_LIMITS: JsonLimits = { maxBytes: 64 * 1024, maxDepth: 12 }

/**
 * A compiled schema checks ten times faster, but compiling takes milliseconds and memory. A schema is compiled once it has
 * checked this many characters.
 */
const COMPILED_AFTER_CHARACTERS = 32 * 1024
/** The least that a value counts for, and the count of a value of unknown size. */
const LEAST_CHARACTERS = 256

export function reader<S extends TSchema>(schema: S, init: ReaderInit): Reader<TypeBox.Static<S>> {
  const limits = init.limits ?? DEFAULT_LIMITS
  const fits = checkOf(schema)
  const read = (value: unknown, characters = 0): TypeBox.Static<S> => {
    if (fits(value, characters)) return value as TypeBox.Static<S> // `fits` has checked it
    const fault = isSmall(value) ? firstFault(schema, value) : undefined
    throw new SuretyError(init.code ?? 'INPUT_MALFORMED', messageOf(init, fault))
  }
  return {
    schema,
    read: (value) => read(value),
    readJson: (text) => read(parseJson(text, limits), text.length),
    readCanonicalJson: (text) => read(parseCanonicalJson(text, limits), text.length),
  }
}

function messageOf({ name, forPeople }: ReaderInit, fault: Fault | undefined): string {
  if (forPeople === true) {
    if (fault === undefined) return `${name} does not have the form that it must have`
    return [name, fault.place.slice(1), fault.wanted].filter((one) => one !== '').join(': ')
  }
  const where = fault === undefined ? '' : ` at ${fault.place || 'the top'}: ${fault.wanted}`
  return `${name} does not fit its schema${where}`
}

function checkOf(schema: TSchema): (value: unknown, characters: number) => boolean {
  let checked = 0
  let compiled: ((value: unknown) => boolean) | undefined
  return (value, characters) => {
    checked += Math.max(characters, LEAST_CHARACTERS)
    if (checked > COMPILED_AFTER_CHARACTERS) compiled ??= compile(schema)
    return compiled === undefined ? Check(schema, value) : compiled(value)
  }
}

/** Keeps only the function. The library's result also holds its source code: two thirds of a megabyte for evidence. */
function compile(schema: TSchema): (value: unknown) => boolean {
  const { check } = Build(schema).Evaluate() as unknown as { readonly check: (value: unknown) => boolean } // private there
  // The library holds the source code of its last schema as well, until the next one.
  Build({})
  return check
}

/** The first fault of a value that does not fit the schema. Undefined if it fits. For documents that are explained by their lines. */
export function faultOf(schema: TSchema, value: unknown): Fault | undefined {
  return Check(schema, value) ? undefined : firstFault(schema as JsonSchema, value)
}

/** The keywords of JSON Schema that `firstFault` uses. */
interface JsonSchema {
  readonly const?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: unknown
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** The first fault of a value: a JSON Pointer, and what is wrong there. It never holds the value. */
export interface Fault {
  readonly place: string
  readonly wanted: string
}

/**
 * Finds the first fault of an invalid value. For a union it explains the kind that the value names; the library would explain
 * the first kind in the list.
 */
function firstFault(schema: JsonSchema, value: unknown, place = ''): Fault {
  if (Array.isArray(value)) return faultOfItem(schema, value, place) ?? libraryFault(schema, value, place)
  if (!isObject(value)) return libraryFault(schema, value, place)
  return faultOfKind(schema, value, place) ?? faultOfMember(schema, value, place) ?? libraryFault(schema, value, place)
}

function faultOfItem({ items }: JsonSchema, value: readonly unknown[], place: string): Fault | undefined {
  const at = items === undefined ? -1 : value.findIndex((item) => !Check(items, item))
  return items === undefined || at === -1 ? undefined : firstFault(items, value[at], `${place}/${at}`)
}

function faultOfKind({ anyOf = [] }: JsonSchema, value: object, place: string): Fault | undefined {
  const tag = Object.keys(anyOf[0]?.properties ?? {}).find((name) =>
    anyOf.every(({ properties }) => properties?.[name]?.const !== undefined),
  )
  if (tag === undefined) return undefined
  const named = memberOf(value, tag)
  if (named === undefined) return { place, wanted: `lacks ${tag}` }
  const kind = anyOf.find(({ properties }) => properties?.[tag]?.const === named)
  if (kind !== undefined) return firstFault(kind, value, place)
  const kinds = anyOf.map(({ properties }) => JSON.stringify(properties?.[tag]?.const))
  return { place: `${place}/${tag}`, wanted: `must be one of ${kinds.join(', ')}` }
}

function faultOfMember({ properties, ...schema }: JsonSchema, value: object, place: string): Fault | undefined {
  if (properties === undefined) return undefined
  const missing = (schema.required ?? []).filter((name) => memberOf(value, name) === undefined)
  if (missing.length > 0) return { place, wanted: `lacks ${missing.join(', ')}` }
  for (const [name, member] of Object.entries(value)) {
    const at = `${place}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known !== undefined && !Check(known, member)) return firstFault(known, member, at)
    if (known === undefined && schema.additionalProperties === false) return { place: at, wanted: 'no such member' }
  }
  return undefined
}

function libraryFault(schema: JsonSchema, value: unknown, place: string): Fault {
  const first = Errors(schema, value)[1][0]
  return { place: `${place}${first?.instancePath ?? ''}`, wanted: first === undefined ? 'must fit' : plainWords(first) }
}

/** Without the language of schemas: a person reads it. */
function plainWords(error: LibraryError): string {
  switch (error.keyword) {
    case 'enum':
      return `must be one of ${error.params.allowedValues.join(', ')}`
    case 'minLength':
      return error.params.limit === 1 ? 'must not be empty' : `must have at least ${error.params.limit} characters`
    case 'maxLength':
      return `must have at most ${error.params.limit} characters`
    case 'minItems':
      return `must have at least ${error.params.limit} items`
    case 'maxItems':
      return `must have at most ${error.params.limit} items`
    case 'minProperties':
      return 'has too few members'
    case 'minimum':
      return `must be at least ${error.params.limit}`
    case 'maximum':
      return `must be at most ${error.params.limit}`
    case 'pattern':
      return `${error.params.pattern}`.includes(CONTROLS)
        ? 'must have a visible character and no control characters'
        : 'does not have the form that it must have'
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`
    case 'required':
      return `lacks ${error.params.requiredProperties.join(', ')}`
    case 'additionalProperties':
    case 'propertyNames':
      return 'has a member with a name that is not allowed'
    case 'boolean':
      return 'is not allowed here'
    case 'anyOf':
    case 'oneOf':
      return 'has none of the forms that it may have'
    default:
      return error.message
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function memberOf(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value
}

/** Larger values get no explanation: explaining a megabyte would take a second. */
const MAX_EXPLAINED_VALUES = 5_000

function isSmall(value: unknown): boolean {
  const values = [value]
  for (let at = 0; at < values.length; at++) {
    const one = values[at]
    if (typeof one !== 'object' || one === null) continue
    const members = Object.values(one)
    if (values.length + members.length > MAX_EXPLAINED_VALUES) return false
    values.push(...members)
  }
  return true
}

/** An object that refuses unlisted members. */
export function closed<P extends Record<string, TSchema>>(properties: P) {
  return Type.Object(properties, { additionalProperties: false })
}

/** One of these words: an `enum`. */
export function words<const W extends readonly string[]>(...values: W) {
  return Type.Unsafe<W[number]>({ type: 'string', enum: [...values] })
}

/** Base64url without padding of exactly `bytes` bytes. */
export function base64UrlOf(bytes: number) {
  return Type.String({ pattern: `^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$` })
}

/** Base64url without padding of at most `maxBytes` bytes. */
export function base64Url(maxBytes: number) {
  return Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength: Math.ceil((maxBytes * 4) / 3) })
}

/** A whole number from 0 to the largest that JSON carries exactly. */
export function counter() {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
}

export function text(maxLength: number) {
  return Type.String({ maxLength })
}

/** Controls but line feed and carriage return (C0, DEL, C1), and what turns the direction of writing. */
const CONTROLS =
  '\\u0000-\\u0009\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'
const LINE_BREAKS = '\\n\\r\\u2028\\u2029'
/** Spaces, joiners, selectors of variants, fillers and the like: allowed, and not visible. */
const UNSEEN =
  '\\u0020\\u00a0\\u00ad\\u034f\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200d\\u202f\\u205f-\\u2065\\u206a-\\u206f' +
  '\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0'

/**
 * One line that a person gives, with at least one visible character. Only for input: what was stored before a character was
 * refused is read as `text`.
 */
export function legibleText(maxLength: number) {
  // No character is in two neighbouring parts of the pattern, so that it never looks back.
  const pattern = `^[${UNSEEN}]*[^${UNSEEN}${CONTROLS}${LINE_BREAKS}][^${CONTROLS}${LINE_BREAKS}]*$`
  return Type.String({ minLength: 1, maxLength, pattern })
}

/** Why a person does something. Like `legibleText`, of any number of lines. */
export function legibleReason() {
  const pattern = `^[${UNSEEN}${LINE_BREAKS}]*[^${UNSEEN}${CONTROLS}${LINE_BREAKS}][^${CONTROLS}]*$`
  return Type.String({ minLength: 1, maxLength: 500, pattern })
}
