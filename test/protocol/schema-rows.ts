import { protocolSchemas } from '../../scripts/protocol-schemas.ts'

/** A longer list of words is in the schema only. */
const MOST_LISTED = 32

/** A document of docs/schemas/ as rows of a table: what docs/protocol.md must say of each member. */

interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly maxItems?: number
  readonly anyOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

export interface SchemaRow {
  /** Members of members by a dot, of items of a list by `[]` and a dot. */
  readonly member: string
  readonly required: 'yes' | 'no'
  readonly type: string
}

/** By name: the documents, and the parts in their `$defs`. */
const schemas = new Map(
  [...protocolSchemas()].flatMap(([file, made]) => {
    const document = made as JsonSchema // it was made as one
    return [[file.replace('.json', ''), document] as const, ...Object.entries(document.$defs ?? {})]
  }),
)

/**
 * @param name of a document, `hello`, or of a part of one, `quote`.
 * @param kind where the schema is one of several: the value of the member that tells them apart.
 */
export function schemaRows(name: string, { kind }: { kind?: string } = {}): SchemaRow[] {
  const schema = schemas.get(name)
  const one = kind === undefined ? schema : schema?.anyOf?.find((each) => isKind(each, kind))
  if (one === undefined) throw new TypeError(`there is no schema ${name} ${kind}`)
  return rowsOf(one)
}

function isKind({ properties = {} }: JsonSchema, kind: string): boolean {
  return Object.values(properties).some((member) => member.const === kind)
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix = ''): SchemaRow[] {
  return Object.entries(properties).flatMap(([name, member]) => {
    const row = {
      member: prefix + name,
      required: required.includes(name) ? 'yes' : 'no',
      type: typeOf(member),
    } as const
    return [row, ...rowsOf(member, `${prefix}${name}.`), ...rowsOf(member.items ?? {}, `${prefix}${name}[].`)]
  })
}

const PATTERNS: Readonly<Record<string, string>> = {
  '^[0-9a-f]{32}$': '32 hex digits',
  '^[0-9a-f]{64}$': '64 hex digits',
  '^[A-Z][A-Z0-9_]{2,63}$': 'code',
}

/** In the words of the section "Types". */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, items, maxItems, pattern, maxLength, minimum, maximum } = schema
  if ($ref !== undefined) return $ref.replace(/^.*[:/]/, '').replaceAll(/(?<!\bre)-/g, ' ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.enum !== undefined && schema.enum.length > MOST_LISTED) return 'a word of the schema’s list'
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (items !== undefined)
    return `list of${maxItems === undefined ? '' : ` at most ${thousands(maxItems)}`}: ${typeOf(items)}`
  switch (schema.type) {
    case 'boolean':
      return 'boolean'
    case 'integer':
      return `whole number ${minimum} to ${maximum === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : maximum}`
    case 'number':
      return `number from ${minimum}`
    case 'string':
      return stringOf(pattern, maxLength)
    default:
      return 'object'
  }
}

function stringOf(pattern = '', maxLength = 0): string {
  if (pattern === '') return `text ${thousands(maxLength)}`
  if (pattern === '^[A-Za-z0-9_-]*$') return `base64url ${thousands(Math.floor((maxLength * 3) / 4))}`
  if (pattern.includes('\\.[A-Za-z0-9_-]+\\.')) return `JWS ${thousands(maxLength)}`
  return PATTERNS[pattern] ?? (pattern.startsWith('^wss') ? 'URL' : `text ${thousands(maxLength)}`)
}

function thousands(value: number): string {
  return value.toLocaleString('en-US')
}
