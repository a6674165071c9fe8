import type { Readable } from 'node:stream'
import type { Static, TSchema } from '../../base/schema.ts'
import type { Action, Principal } from '../../protocol/noun/permissions.ts'
import type { Commit } from './idempotency.ts'

/** A route as data: its schemas validate requests and document them, its handler answers. */

export interface RouteRequest<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly principal: Principal
  /** The principal of this request, if it would still be answered: for answers that last. */
  readonly principalNow: () => Promise<Principal | undefined>
  /** What a route that creates does its work in. With an idempotency key the answer is stored in the same transaction. */
  readonly commit: Commit
  readonly headers: {
    readonly accept: string | undefined
    readonly host: string | undefined
    readonly ifMatch: string | undefined
    readonly ifNoneMatch: string | undefined
    readonly cookie: string | undefined
    readonly userAgent: string | undefined
    /** `x-surety-NAME`. */
    readonly surety: (name: string) => string | undefined
  }
  readonly address: string
  /** Of the console. A bearer token has none. */
  readonly session: SessionMark | undefined
}

/** The session of the console that sends a request. */
export interface SessionMark {
  /** `ses_…`, no secret. */
  readonly id: string
  /** Its person signed in, or showed the passkey, within the last minutes. */
  readonly isFresh: boolean
}

/** An answer with a status, a media type or headers of its own. */
export class Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: object | string | Readable | undefined
  constructor(init: Pick<Reply, 'status' | 'headers' | 'body'>) {
    this.status = init.status
    this.headers = init.headers
    this.body = init.body
  }
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The table of permissions has the roles that may do it. Absent: the route is open. */
  readonly action?: Action
  /** Below the base of its surface, with parameters as `{id}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  /** What it is about: the tag in OpenAPI. */
  readonly room?: string
  /** The commands of `surety-directory` that send this request. */
  readonly commands?: readonly string[]
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** Replaces the limit of all other routes. */
  readonly bodyMaxBytes?: number
  readonly status: number
  readonly response: TSchema
  /** Absent: JSON. Otherwise the handler returns text. */
  readonly contentType?: string
  /** A POST that creates something: its handler calls `commit` once, and it takes an idempotency key. */
  readonly creates?: true
  /** A POST that asks and changes nothing. It is not in the log. */
  readonly changesNothing?: true
  /** Whether a session of the console needs a fresh sign-in. Absent: as its action says. */
  readonly stepUp?: boolean
  /** Needs no authentication. Only for routes that reveal nothing. */
  readonly open?: true
  readonly answer: (request: RouteRequest<unknown, unknown, unknown>) => unknown
}

/** Every route has an action or is open. */
type Access = { readonly action: Action; readonly open?: never } | { readonly open: true; readonly action?: never }

type Read<S> = S extends TSchema ? Static<S> : undefined

interface RouteInit<P, Q, B, R extends TSchema>
  extends Omit<Route, 'params' | 'query' | 'body' | 'status' | 'answer' | 'action' | 'open'> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly status?: number
  readonly response: R
  readonly answer: (request: RouteRequest<Read<P>, Read<Q>, Read<B>>) => Static<R> | Reply | Promise<Static<R> | Reply>
}

/** Gives a handler the types of its route's schemas. */
export function route<
  const R extends TSchema,
  const P extends TSchema | undefined = undefined,
  const Q extends TSchema | undefined = undefined,
  const B extends TSchema | undefined = undefined,
>(init: RouteInit<P, Q, B, R> & Access): Route {
  // The server calls a handler only with values that these schemas have validated.
  return { status: 200, ...init } as Route
}
