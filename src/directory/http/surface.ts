import type { SuretyError } from '../../base/errors.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { Refusal } from './http-status.ts'
import type { Idempotency } from './idempotency.ts'
import type { RequestLimiter } from './request-limiter.ts'
import type { Route } from './route.ts'

/** Routes below one path that share authentication, headers and the shape of errors. The API is one. */
export interface HttpSurface {
  /** Such as `/api/v1`. Empty for routes at the root, whose refusals are those of the first surface. */
  readonly base: string
  readonly authenticate: (request: Credentials) => Promise<Authentication>
  /** On every answer. */
  readonly headers: Readonly<Record<string, string>>
  readonly errorShape: (refusal: Refusal) => object
  /** The media type of errors. */
  readonly errorType: string
  readonly routes: readonly Route[]
  /** The media type of bodies, which may be sent as `application/json` too, and how deeply they may be nested. Absent: JSON. */
  readonly media?: { readonly type: string; readonly maxDepth: number }
  /** Absent: requests with a valid token are not limited. */
  readonly limiter?: RequestLimiter
  /** Absent: routes that create ignore idempotency keys. */
  readonly idempotency?: Idempotency
  /** Present if the surface serves its OpenAPI document at `/openapi.json`. */
  readonly description?: SurfaceDescription
}

/** The part of a request that says who sends it. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly address: string
}

/** `headers` tell the client what to do, such as `retry-after`. */
export type Authentication =
  | { readonly principal: Principal }
  | { readonly error: SuretyError; readonly headers: Readonly<Record<string, string | number>> }

/** What OpenAPI says about the whole surface. */
export interface SurfaceDescription {
  readonly title: string
  readonly version: string
  readonly text: string
  /** Name and text of the bearer token that the routes need. */
  readonly bearer: { readonly name: string; readonly text: string }
}
