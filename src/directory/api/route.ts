import type { Static, TSchema } from '../../base/schema.ts'

/** One route of the API as data: what validates it, documents it and answers it. */

/** Who asks: an administrator's token that was found and is not revoked. */
export interface Administrator {
  readonly id: string
  readonly name: string
}

export interface RouteRequest<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly administrator: Administrator
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the API's base, parameters as `{id}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** Where it is more than any other route takes. */
  readonly bodyMaxBytes?: number
  readonly status: number
  readonly response: TSchema
  /** Anything but JSON; the handler then answers text. */
  readonly contentType?: string
  /** Answered without a token. Only for what says nothing. */
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

/** Ties the types of a handler to the schemas of its route. */
export function route<
  const R extends TSchema,
  const P extends TSchema | undefined = undefined,
  const Q extends TSchema | undefined = undefined,
  const B extends TSchema | undefined = undefined,
>(init: RouteInit<P, Q, B, R>): Route {
  // A handler is called only with what these very schemas have read (see `server.ts`).
  return { status: 200, ...init } as Route
}
