import fc from 'fast-check'
import type { TSchema } from '../../../src/base/schema.ts'

/** The keywords that our schemas use. */
interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly maxProperties?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly minimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly patternProperties?: unknown
}

/**
 * A value that fits a schema, with as many optional members as it may have.
 *
 * @param text what stands where any text may stand.
 */
export function valueOfSchema(schema: TSchema, text = 'text'): unknown {
  return sampleOf(schema, text)
}

function sampleOf(schema: JsonSchema, text: string): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0] ?? {}, text)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .slice(0, schema.maxProperties)
          .map(([name, member]) => [name, sampleOf(member, text)]),
      )
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => sampleOf(schema.items ?? {}, text))
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 0)
    case 'boolean':
      return true
    case 'null':
      return null
    case 'string':
      return schema.pattern === undefined ? text : matching(schema.pattern, schema.maxLength)
    default:
      return {}
  }
}

/** Drawing one takes milliseconds. */
const matched = new Map<string, string>()

function matching(pattern: string, maxLength = Number.POSITIVE_INFINITY): string {
  const key = `${maxLength} ${pattern}`
  const known = matched.get(key)
  if (known !== undefined) return known
  const matches = fc.stringMatching(new RegExp(pattern, 'u')).filter(({ length }) => length <= maxLength)
  const [text = ''] = fc.sample(matches, { seed: 1, numRuns: 1 })
  matched.set(key, text)
  return text
}
