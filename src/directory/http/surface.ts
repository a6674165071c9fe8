import type { SuretyError } from '../../base/errors.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { ConsoleFiles } from './files.ts'
import type { Refusal } from './http-status.ts'
import type { Idempotency } from './idempotency.ts'
import type { RequestLimiter } from './request-limiter.ts'
import type { Route, SessionMark } from './route.ts'

/** Routes below one path that share authentication, headers and the shape of errors. The API is one. */
export interface HttpSurface {
  /** Such as `/api/v1`. Empty for routes at the root, whose refusals are those of the first surface. */
  readonly base: string
  readonly authenticate: (request: Credentials) => Promise<Authentication>
  /** Looks at every request first, also at those of open routes. @throws the refusal. */
  readonly admit?: (request: Credentials) => void
  /** On every answer. */
  readonly headers: Readonly<Record<string, string>>
  readonly errorShape: (refusal: Refusal) => object | string
  /** The media type of errors. */
  readonly errorType: string
  /** What replaces the status of a refusal, by that status. */
  readonly statuses?: Readonly<Record<number, number>>
  readonly routes: readonly Route[]
  /**
   * The media type of bodies, which may be sent as `application/json` too, and how deeply they may be nested. Absent: JSON. `forms`:
   * also as the fields of a form, as RFC 7662 wants it.
   */
  readonly media?: { readonly type: string; readonly maxDepth: number; readonly forms?: true }
  /** Answers have the `x-request-id` of their request. */
  readonly echoesRequestId?: true
  /** Absent: requests with a valid token are not limited. */
  readonly limiter?: RequestLimiter
  /** Absent: routes that create ignore idempotency keys. */
  readonly idempotency?: Idempotency
  /** What a GET of no route is answered with. Everybody may read it. */
  readonly files?: ConsoleFiles
  /** Present if the surface serves its OpenAPI document at `/openapi.json`. */
  readonly description?: SurfaceDescription
}

/** The part of a request that says who sends it. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly address: string
  readonly method: string
  readonly cookie: string | undefined
  /** The page that sends the request, as browsers say it. */
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  /** The token against cross-site requests. */
  readonly csrf: string | undefined
  /** Who is asked about again while a request is answered: no use of a session, which may end meanwhile. */
  readonly isAgain?: boolean
}

/** Who sends a request, and the session of the browser that it comes from. A bearer token has none. */
export interface Authenticated {
  readonly principal: Principal
  readonly session?: SessionMark
}

/** `headers` tell the client what to do, such as `retry-after`. */
export type Authentication =
  | Authenticated
  | { readonly error: SuretyError; readonly headers: Readonly<Record<string, string | number>> }

/** What OpenAPI says about the whole surface. */
export interface SurfaceDescription {
  readonly title: string
  readonly version: string
  readonly text: string
  /** Name and text of the bearer token that the routes need. */
  readonly bearer: { readonly name: string; readonly text: string }
}
