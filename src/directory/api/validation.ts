import { SuretyError } from '../../base/errors.ts'
import { type Reader, reader, type TSchema } from '../../base/schema.ts'

/** Fastify's door to our schemas: the same compiled check as everywhere else, and no second validator. */

type Part = 'body' | 'params' | 'querystring' | 'headers'
type Outcome = { value: unknown } | { error: Error }

const NAMES: Readonly<Record<Part, string>> = {
  body: 'body',
  params: 'path',
  querystring: 'query',
  headers: 'headers',
}

/** A route's schema as fastify hands it back. */
interface Compiled {
  readonly schema: TSchema
  readonly httpPart?: string
}

export function compileValidator({ schema, httpPart }: Compiled) {
  const part = isPart(httpPart) ? httpPart : 'body'
  const read: Reader<unknown> = reader(schema, { name: NAMES[part], code: 'INPUT_MALFORMED' })
  return (value: unknown): Outcome => {
    try {
      return { value: read.read(part === 'querystring' ? withNumbers(schema, value) : value) }
    } catch (error) {
      return { error: error instanceof SuretyError ? error : new SuretyError('INPUT_MALFORMED', 'not readable') }
    }
  }
}

function isPart(text: string | undefined): text is Part {
  return text !== undefined && Object.hasOwn(NAMES, text)
}

/** A query is text; members that the schema calls integers are read as such, in their one spelling. */
function withNumbers(schema: TSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('properties' in schema)) return value
  const properties: Readonly<Record<string, unknown>> = { ...Object(schema.properties) }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const known = properties[key]
      const integer = typeof known === 'object' && known !== null && 'type' in known && known.type === 'integer'
      return [
        key,
        integer && typeof member === 'string' && /^(0|[1-9]\d{0,14})$/.test(member) ? Number(member) : member,
      ]
    }),
  )
}
