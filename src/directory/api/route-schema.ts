import type { TSchema } from '../../base/schema.ts'
import { API_BASE, apiErrorSchema } from '../../protocol/api-common.ts'
import type { Route } from './route.ts'

/** A route as fastify and its OpenAPI plugin want it: the schemas that validate are the ones that document. */
export function schemaOf(one: Route) {
  const { operationId, summary, params, query, body, response, contentType, status } = one
  return {
    operationId,
    summary,
    tags: [one.path.split('/')[1] ?? 'directory'],
    ...(one.open === true ? { security: [] } : {}),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    response: {
      [status]:
        contentType === undefined
          ? described(response)
          : { description: 'the answer', content: { [contentType]: { schema: response } } },
      default: { ...apiErrorSchema, description: 'a refusal' },
    },
  }
}

/** OpenAPI wants words for every answer. */
function described(schema: TSchema): TSchema {
  return { description: 'the answer', ...schema }
}

/** @returns the URL of a route as OpenAPI writes it. */
export function documentedPath(one: Route): string {
  return API_BASE + one.path
}
