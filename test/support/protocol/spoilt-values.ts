import { faultOf, type TSchema } from '../../../src/base/schema.ts'
import { valueOfSchema } from './value-of-schema.ts'

/** The keywords that our schemas use. */
interface JsonSchema {
  readonly type?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

export interface Spoilt {
  /** Where, and what is wrong there: `owner is too long`. */
  readonly what: string
  readonly value: unknown
}

/** Turns the direction of writing, ends a text in C, and cannot be seen. */
const UNSEEN = '\u202e\u0000\u200b'

/** Longer than any text may be that has no limit of its own. */
const TOO_LONG = 5_000

/** Values with one fault each: a member is missing, unknown, of another type, too long, too short or out of its range, at any depth. */
export function spoiltValues(schema: TSchema): readonly Spoilt[] {
  return faultsIn(schema, '')
}

function faultsIn(schema: JsonSchema, place: string): readonly Spoilt[] {
  if (schema.anyOf === undefined) return [...faultsOfType(schema, place), ...faultsWithin(schema, place)]
  const [first = {}] = schema.anyOf
  // What is a fault of one kind may be another kind.
  return faultsIn(first, place).filter(({ value }) => faultOf(schema, value) !== undefined)
}

function faultsOfType({ type }: JsonSchema, place: string): readonly Spoilt[] {
  const others = [{ a: [] }, 1e300, null].filter((value) => typeof value !== type && type !== 'integer')
  return type === undefined ? [] : others.map((value) => spoilt(place, `is ${JSON.stringify(value)}`, value))
}

function faultsWithin(schema: JsonSchema, place: string): readonly Spoilt[] {
  switch (schema.type) {
    case 'object':
      return schema.properties === undefined ? [] : faultsOfMembers(schema, place)
    case 'array':
      return faultsOfItems(schema, place)
    case 'integer':
    case 'number':
      return [
        spoilt(place, 'is a list', []),
        spoilt(place, 'is text', '1e0'),
        spoilt(place, 'is not whole', 1.5),
        ...(schema.minimum === undefined ? [] : [spoilt(place, 'is too small', schema.minimum - 1)]),
        ...(schema.maximum === undefined ? [] : [spoilt(place, 'is too large', schema.maximum + 1)]),
      ]
    case 'string':
      return [
        spoilt(place, 'is too long', 'x'.repeat((schema.maxLength ?? TOO_LONG) + 1)),
        ...['', UNSEEN, 'nonsense']
          .filter((text) => faultOf(schema, text) !== undefined)
          .map((text) => spoilt(place, `is ${JSON.stringify(text)}`, text)),
      ]
    case 'boolean':
      return [spoilt(place, 'is text', 'yes')]
    default:
      return []
  }
}

function faultsOfMembers({ properties = {}, required = [], ...schema }: JsonSchema, place: string): readonly Spoilt[] {
  const sound = Object(valueOfSchema({ ...schema, properties, required }))
  const of = (name: string) => (place === '' ? name : `${place}.${name}`)
  return [
    spoilt(of('nonsense'), 'is unknown', { ...sound, nonsense: 1 }),
    ...required.map((name) => spoilt(of(name), 'is missing', { ...sound, [name]: undefined })),
    ...Object.entries(properties).flatMap(([name, member]) =>
      faultsIn(member, of(name)).map((one) => ({ ...one, value: { ...sound, [name]: one.value } })),
    ),
  ]
}

function faultsOfItems({ items = {}, minItems = 0, maxItems }: JsonSchema, place: string): readonly Spoilt[] {
  return [
    ...(minItems > 0 ? [spoilt(place, 'has too few', [])] : []),
    ...(maxItems === undefined ? [] : [spoilt(place, 'has too many', Array(maxItems + 1).fill(valueOfSchema(items)))]),
    ...faultsIn(items, `${place}[]`).map((one) => ({ ...one, value: [one.value] })),
  ]
}

function spoilt(place: string, what: string, value: unknown): Spoilt {
  return { what: `${place || 'it'} ${what}`, value }
}
