import type { Static, TSchema } from '../../base/schema.ts'
import type { Principal } from '../../protocol/api-principals.ts'

/** A route as data: its schemas validate requests and document them, its handler answers. */

export interface RouteRequest<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly principal: Principal
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the base of its surface, with parameters as `{id}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** Replaces the limit of all other routes. */
  readonly bodyMaxBytes?: number
  readonly status: number
  readonly response: TSchema
  /** Absent: JSON. Otherwise the handler returns text. */
  readonly contentType?: string
  /** Needs no authentication. Only for routes that reveal nothing. */
  readonly open?: true
  readonly answer: (request: RouteRequest<unknown, unknown, unknown>) => unknown
}

type Read<S> = S extends TSchema ? Static<S> : undefined

interface RouteInit<P, Q, B, R extends TSchema> extends Omit<Route, 'params' | 'query' | 'body' | 'status' | 'answer'> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly status?: number
  readonly response: R
  readonly answer: (request: RouteRequest<Read<P>, Read<Q>, Read<B>>) => Static<R> | Promise<Static<R>>
}

/** Gives a handler the types of its route's schemas. */
export function route<
  const R extends TSchema,
  const P extends TSchema | undefined = undefined,
  const Q extends TSchema | undefined = undefined,
  const B extends TSchema | undefined = undefined,
>(init: RouteInit<P, Q, B, R>): Route {
  // The server calls a handler only with values that these schemas have validated.
  return { status: 200, ...init } as Route
}
