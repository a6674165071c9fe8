import { SuretyError } from '../../base/errors.ts'
import { closed, Type } from '../../base/schema.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import { Reply, type Route, type RouteRequest, route } from '../http/route.ts'
import type { Resource } from './attributes/attributes.ts'
import { documentOf, type Held, locationOf, namesTag, readProjection, tagOf } from './attributes/documents.ts'
import { type Listed, listed, type Query, SEARCH_SCHEMA } from './attributes/listing.ts'
import { requireSchema } from './attributes/values.ts'
import { listOf, MAX_BODY, resourceTypeDocument, schemaDocument, serviceProviderConfig } from './discovery.ts'
import type { Resources } from './resources.ts'
import { SCIM_BASE } from './scim-surface.ts'

export interface ScimRoutesComponents {
  /** One per resource type. */
  readonly scimResources: readonly Resources[]
}

// SCIM compares names without regard to case, so bodies are read by its own schemas. Unknown parameters are ignored.
const anything = Type.Unknown()
const query = Type.Object({})
const idParams = closed({ id: Type.String({ minLength: 1, maxLength: 200 }) })
const ACTION = 'provision'

type Asked = RouteRequest<unknown, unknown, unknown>

/** Routes of the surface for SCIM. */
export function scimRoutes({ scimResources: resources }: ScimRoutesComponents): readonly Route[] {
  return [
    ...discoveryRoutes(resources),
    ...searchRoutes(resources),
    ...resources.flatMap((one) => resourceRoutes(one, one.type.endpoint, one.type.name)),
    ...resources.flatMap((one) => {
      const { aliases } = one.type
      return aliases === undefined ? [] : resourceRoutes(one, aliases.endpoint, aliases.endpoint.slice(1))
    }),
  ]
}

function discoveryRoutes(resources: readonly Resources[]): readonly Route[] {
  const types = resources.map(({ type }) => type)
  const schemas = types.flatMap(({ schema, extensions }) => [schema, ...extensions])
  const list = (
    path: string,
    operationId: string,
    summary: string,
    documents: (base: string) => readonly Resource[],
  ) => [
    route({
      method: 'GET',
      path,
      operationId: `list${operationId}s`,
      action: ACTION,
      summary: `${summary}s`,
      query,
      response: anything,
      answer(request) {
        // By RFC 7644, section 4.
        if (memberOf(request.query, 'filter') !== undefined) {
          throw new SuretyError('NOT_PERMITTED', 'this list has no filter')
        }
        return listOf(documents(baseOf(request)))
      },
    }),
    route({
      method: 'GET',
      path: `${path}/{id}`,
      operationId: `get${operationId}`,
      action: ACTION,
      summary: `One ${summary}`,
      params: idParams,
      response: anything,
      answer(request) {
        const { id } = request.params
        const found = documents(baseOf(request)).find((one) => String(one.id).toLowerCase() === id.toLowerCase())
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no ${summary} ${id}`)
        return found
      },
    }),
  ]
  return [
    route({
      method: 'GET',
      path: '/ServiceProviderConfig',
      operationId: 'getServiceProviderConfig',
      action: ACTION,
      summary: 'What this service can do',
      response: anything,
      answer: (request) => serviceProviderConfig(baseOf(request), types),
    }),
    ...list('/ResourceTypes', 'ResourceType', 'resource type', (base) =>
      types.map((type) => resourceTypeDocument(type, base)),
    ),
    ...list('/Schemas', 'Schema', 'schema', (base) => schemas.map((schema) => schemaDocument(schema, base))),
  ]
}

function searchRoutes(resources: readonly Resources[]): readonly Route[] {
  return [
    searchRoute(resources, '/.search', 'searchScim'),
    ...resources.map((one) => searchRoute([one], `${one.type.endpoint}/.search`, `search${one.type.name}s`)),
  ]
}

function searchRoute(lists: readonly Listed[], path: string, operationId: string): Route {
  return route({
    method: 'POST',
    path,
    operationId,
    action: ACTION,
    summary: 'A list by a query in the body',
    body: anything,
    response: anything,
    answer(request) {
      requireSchema(request.body, SEARCH_SCHEMA)
      return listed(lists, queryOf(request.body), baseOf(request))
    },
  })
}

/** @param name in the operation ids. */
function resourceRoutes(resources: Resources, endpoint: string, name: string): readonly Route[] {
  const { type } = resources
  const one = `${endpoint}/{id}`
  const document = async (held: Held, request: Pick<Asked, 'query' | 'headers'>, status: number) => {
    const base = baseOf(request)
    const { attributes, excludedAttributes } = queryOf(request.query)
    const projection = readProjection(type, attributes, excludedAttributes)
    const headers = { etag: tagOf(held), location: locationOf(type, held.id, base) }
    return new Reply({ status, headers, body: await documentOf(type, held, { base, projection }) })
  }
  const asked = ({ principal, headers }: Pick<Asked, 'principal' | 'headers'>) => ({
    by: personOf(principal),
    ifMatch: headers.ifMatch,
  })
  const writes = { body: anything, bodyMaxBytes: MAX_BODY, query, response: anything, action: ACTION } as const
  return [
    route({
      method: 'GET',
      path: endpoint,
      operationId: `list${name}sByScim`,
      action: ACTION,
      summary: `Resources of the type ${name}`,
      query,
      response: anything,
      answer: (request) => listed([resources], queryOf(request.query), baseOf(request)),
    }),
    route({
      method: 'POST',
      path: endpoint,
      operationId: `create${name}ByScim`,
      summary: `Create a ${name}`,
      ...writes,
      status: 201,
      answer: async (request) => document(await resources.create(request.body, asked(request)), request, 201),
    }),
    route({
      method: 'GET',
      path: one,
      operationId: `get${name}ByScim`,
      action: ACTION,
      summary: `One ${name}`,
      params: idParams,
      query,
      response: anything,
      async answer(request) {
        const held = await resources.get(request.params.id)
        const { ifNoneMatch } = request.headers
        if (ifNoneMatch !== undefined && namesTag(ifNoneMatch, held)) {
          return new Reply({ status: 304, headers: { etag: tagOf(held) }, body: undefined })
        }
        return document(held, request, 200)
      },
    }),
    route({
      method: 'PUT',
      path: one,
      operationId: `replace${name}ByScim`,
      summary: `Replace a ${name}`,
      ...writes,
      params: idParams,
      answer: async (request) =>
        document(await resources.replace(request.params.id, request.body, asked(request)), request, 200),
    }),
    route({
      method: 'PATCH',
      path: one,
      operationId: `patch${name}ByScim`,
      summary: `Change a ${name}`,
      ...writes,
      params: idParams,
      async answer(request) {
        const held = await resources.patch(request.params.id, request.body, asked(request))
        const { attributes, excludedAttributes } = queryOf(request.query)
        const asksForMore = attributes !== undefined || excludedAttributes !== undefined
        // A client that adds one member does not want all the others back.
        if (!resources.isLarge || asksForMore) return document(held, request, 200)
        return new Reply({ status: 204, headers: { etag: tagOf(held) }, body: undefined })
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      operationId: `delete${name}ByScim`,
      action: ACTION,
      summary: `Delete a ${name}. Its id is never used again`,
      params: idParams,
      status: 204,
      response: anything,
      async answer(request) {
        await resources.remove(request.params.id, asked(request))
        return new Reply({ status: 204, headers: {}, body: undefined })
      },
    }),
  ]
}

const PARAMETERS = ['filter', 'startIndex', 'count', 'cursor', 'attributes', 'excludedAttributes'] as const

/** Names of parameters are compared without regard to case. */
function queryOf(value: unknown): Query {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(
    members.flatMap(([name, member]) => {
      const known = PARAMETERS.find((one) => one.toLowerCase() === name.toLowerCase())
      return known === undefined ? [] : [[known, member] as const]
    }),
  )
}

function memberOf(value: unknown, name: keyof Query): unknown {
  return queryOf(value)[name]
}

/** The host as the client calls it, since it is told to nobody else. */
function baseOf({ headers }: Pick<Asked, 'headers'>): string {
  const { host = '' } = headers
  return /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host) ? `https://${host}${SCIM_BASE}` : SCIM_BASE
}

function personOf({ id, name }: Principal): { readonly id: string; readonly name: string } {
  return { id, name }
}
