import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { SuretyError } from '../../base/errors.ts'
import { type Reader, reader, type TSchema } from '../../base/schema.ts'
import { PROBLEM_TYPE, problemSchema } from '../../protocol/noun/answers.ts'
import { PERMISSIONS } from '../../protocol/noun/permissions.ts'
import { idempotencyHeadersSchema } from './idempotency.ts'
import type { Route } from './route.ts'
import type { SurfaceDescription } from './surface.ts'

/** Fastify validates and documents with our schemas: the check is the compiled one that is used everywhere else. */

type Part = 'body' | 'params' | 'querystring' | 'headers'
type Outcome = { value: unknown } | { error: Error }

const NAMES: Readonly<Record<Part, string>> = {
  body: 'body',
  params: 'path',
  querystring: 'query',
  headers: 'headers',
}

/** A route's schema as fastify passes it to the compiler. */
interface Compiled {
  readonly schema: TSchema
  readonly httpPart?: string
}

export function compileValidator({ schema, httpPart }: Compiled) {
  const part = isPart(httpPart) ? httpPart : 'body'
  const read: Reader<unknown> = reader(schema, { name: NAMES[part], code: 'INPUT_MALFORMED', forPeople: true })
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

/** A query is text. Members with an integer schema become numbers if they are spelled canonically. */
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

/** The `schema` of a route for fastify and its OpenAPI plugin. */
export function schemaOf(one: Route) {
  const { operationId, summary, room, commands = [], action, params, query, body, response, contentType, status } = one
  return {
    operationId,
    summary,
    ...(room === undefined ? {} : { tags: [room] }),
    ...(one.open === true ? { security: [] } : {}),
    ...(action === undefined ? {} : { description: `Roles: ${PERMISSIONS[action].join(', ')}` }),
    ...(commands.length === 0 ? {} : { 'x-commands': commands.map((command) => `surety-directory ${command}`) }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    ...(one.creates === true ? { headers: idempotencyHeadersSchema } : {}),
    response: {
      [status]:
        contentType === undefined
          ? described(response)
          : { description: 'the answer', content: { [contentType]: { schema: response } } },
    },
  }
}

/** What every operation may answer, once for all of them. */
const REFUSALS = {
  Refusal: { description: 'a refusal', content: { [PROBLEM_TYPE]: { schema: problemSchema } } },
  Failure: { description: 'the directory failed', content: { [PROBLEM_TYPE]: { schema: problemSchema } } },
}

/** OpenAPI requires a description of every answer. */
function described(schema: TSchema): TSchema {
  return { description: 'the answer', ...schema }
}

/** The OpenAPI document of a surface. */
export function swaggerOptions({ title, version, text, bearer }: SurfaceDescription): FastifyDynamicSwaggerOptions {
  return {
    convertConstToEnum: false,
    transformObject: (made) => ('openapiObject' in made ? withRefusals(made.openapiObject) : made.swaggerObject),
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description: text, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      security: [{ [bearer.name]: [] }],
      components: {
        securitySchemes: { [bearer.name]: { type: 'http', scheme: 'bearer', description: bearer.text } },
        responses: REFUSALS,
      },
    },
  }
}

/** Every operation may answer with them. */
function withRefusals<D extends { readonly paths?: object }>(document: D): D {
  const refusals = {
    '4XX': { $ref: '#/components/responses/Refusal' },
    '5XX': { $ref: '#/components/responses/Failure' },
  }
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values<{ readonly responses: object }>(path)) {
      Object.assign(operation.responses, refusals)
    }
  }
  return document
}
