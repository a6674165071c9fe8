import { member } from '../../base/json-object.ts'
import { Type } from '../../base/schema.ts'
import { ACCESS_BASE } from '../../protocol/nouns/directory/decisions.ts'
import { type Route, route } from '../http/route.ts'
import type { HttpSurface } from '../http/surface.ts'

/** The Authorization API 1.0 below `/access/v1`, beside the administrators' API and with its authentication. */

/** A property is a value within an object of the subject, within an evaluation. */
const MAX_DEPTH = 16

/** @param api the surface whose authentication, headers and limit are used. */
export function accessSurface(api: HttpSurface, routes: HttpSurface['routes']): HttpSurface {
  return {
    base: ACCESS_BASE,
    authenticate: api.authenticate,
    ...member('limiter', api.limiter),
    headers: api.headers,
    // The document wants a text.
    errorShape: ({ code, message }) => `${code}: ${message}`,
    errorType: 'text/plain; charset=utf-8',
    // It has no other status for a request that cannot be read.
    statuses: { 413: 400, 415: 400 },
    routes,
    media: { type: 'application/json', maxDepth: MAX_DEPTH, forms: true },
    echoesRequestId: true,
  }
}

const ENDPOINTS = {
  access_evaluation_endpoint: '/evaluation',
  access_evaluations_endpoint: '/evaluations',
  search_subject_endpoint: '/search/subject',
  search_resource_endpoint: '/search/resource',
  search_action_endpoint: '/search/action',
} as const

/** Whoever asks learns of the address only by which they asked. */
export function accessConfigurationRoute(): Route {
  return route({
    method: 'GET',
    path: '/.well-known/authzen-configuration',
    operationId: 'getAccessConfiguration',
    summary: 'Where the Authorization API is (AuthZEN 1.0)',
    response: Type.Record(Type.String(), Type.String()),
    open: true,
    answer({ headers: { host = 'localhost' } }) {
      const point = `https://${host}`
      const endpoints = Object.entries(ENDPOINTS).map(([name, path]) => [name, `${point}${ACCESS_BASE}${path}`])
      return { policy_decision_point: point, ...Object.fromEntries(endpoints) }
    },
  })
}
