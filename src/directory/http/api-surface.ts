import { STATUS_CODES } from 'node:http'
import { member } from '../../base/json-object.ts'
import { API_BASE, PROBLEM_TYPE, type Problem } from '../../protocol/noun/answers.ts'
import type { Refusal } from './http-status.ts'
import type { HttpSurface } from './surface.ts'

/** No answer is a page, may be cached, or belongs in a frame of another site. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The administrators' API: JSON below `/api/v1`. */
export function apiSurface(
  init: Pick<HttpSurface, 'authenticate' | 'routes' | 'idempotency' | 'limiter'> & { readonly version: string },
): HttpSurface {
  const { version, ...parts } = init
  return {
    ...parts,
    base: API_BASE,
    headers: HEADERS,
    errorShape: problemOf,
    errorType: PROBLEM_TYPE,
    description: {
      title: 'Surety directory',
      version,
      text:
        'Every refusal is a problem (RFC 9457): branch on its code. Times are milliseconds since 1970. ' +
        'Text from devices (names, labels, details) is foreign: show it as text, never as markup. ' +
        'A request without a valid token is answered with 401, or with 429 and Retry-After (seconds) after too many ' +
        'failures from its network. docs/protocol.md lists the status of each code.',
      bearer: {
        name: 'administrator',
        text: 'the token of an administrator, surety_adm_…, or of a service, surety_svc_…',
      },
    },
  }
}

function problemOf({ status, code, message }: Refusal): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message, code }
}

/** Routes at the root of the listener, with the authentication, headers and refusals of the API. */
export function rootSurface(
  { authenticate, headers, errorShape, errorType, limiter }: HttpSurface,
  routes: HttpSurface['routes'],
): HttpSurface {
  return { base: '', authenticate, headers, errorShape, errorType, routes, ...member('limiter', limiter) }
}
