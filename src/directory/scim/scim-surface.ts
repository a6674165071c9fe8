import type { ErrorCode } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Refusal } from '../http/http-status.ts'
import type { HttpSurface } from '../http/surface.ts'
import type { Resource } from './attributes/attributes.ts'

/** SCIM 2.0 below `/scim/v2`, beside the administrators' API and with its authentication. */

export const SCIM_BASE = '/scim/v2'
const SCIM_TYPE = 'application/scim+json'
const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error'
/** A PATCH has a value of an attribute within an operation within a list. */
const MAX_DEPTH = 16

/** @param api the surface whose authentication, headers and limit are used. */
export function scimSurface(api: HttpSurface, routes: HttpSurface['routes']): HttpSurface {
  return {
    base: SCIM_BASE,
    authenticate: api.authenticate,
    ...member('limiter', api.limiter),
    headers: { ...api.headers, 'content-type': SCIM_TYPE },
    errorShape: scimError,
    errorType: SCIM_TYPE,
    routes,
    media: { type: SCIM_TYPE, maxDepth: MAX_DEPTH },
  }
}

/** `scimType` of RFC 7644, table 9, and of RFC 9865. */
const SCIM_TYPES: Readonly<Partial<Record<ErrorCode, string>>> = {
  INPUT_MALFORMED: 'invalidSyntax',
  INPUT_NOT_CANONICAL: 'invalidSyntax',
  INPUT_TOO_DEEP: 'invalidSyntax',
  SCIM_FILTER_INVALID: 'invalidFilter',
  SCIM_PATH_INVALID: 'invalidPath',
  SCIM_NO_TARGET: 'noTarget',
  SCIM_VALUE_INVALID: 'invalidValue',
  SCIM_MUTABILITY: 'mutability',
  SCIM_CURSOR_INVALID: 'invalidCursor',
  SCIM_COUNT_INVALID: 'invalidCount',
  CONFLICT: 'uniqueness',
  INPUT_TOO_LARGE: 'tooManyOperations',
}

export function scimError({ status, code, message }: Refusal): Resource {
  const type = Object.entries(SCIM_TYPES).find(([one]) => one === code)?.[1]
  return {
    schemas: [ERROR_SCHEMA],
    status: String(status),
    ...(type === undefined ? {} : { scimType: type }),
    detail: message,
  }
}
