import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'

/** The HTTP status of each error code. A code without one is a failure of the directory: 500, with the reason in the log. */
export const HTTP_STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  INPUT_MALFORMED: 400,
  INPUT_NOT_CANONICAL: 400,
  INPUT_TOO_DEEP: 400,
  UNAUTHENTICATED: 401,
  NOT_PERMITTED: 403,
  NOT_YET_PERMITTED: 403,
  STEP_UP_REQUIRED: 403,
  NOT_FOUND: 404,
  DEVICE_UNKNOWN: 404,
  TOKEN_UNKNOWN: 404,
  CONFLICT: 409,
  DEVICE_RETIRED: 409,
  TOKEN_EXPIRED: 409,
  TOKEN_USED: 409,
  TOKEN_REVOKED: 409,
  TIER_TOO_LOW: 409,
  TRANSITION_REFUSED: 409,
  OWNER_REQUIRED: 409,
  VERSION_STALE: 412,
  SCIM_FILTER_INVALID: 400,
  SCIM_PATH_INVALID: 400,
  SCIM_NO_TARGET: 400,
  SCIM_VALUE_INVALID: 400,
  SCIM_MUTABILITY: 400,
  SCIM_CURSOR_INVALID: 400,
  SCIM_COUNT_INVALID: 400,
  DEACTIVATIONS_HELD: 403,
  IDEMPOTENCY_KEY_BUSY: 409,
  ANSWER_NOT_KEPT: 409,
  INPUT_TOO_LARGE: 413,
  IDEMPOTENCY_KEY_REUSED: 422,
  QUOTA_EXCEEDED: 429,
  RATE_LIMITED: 429,
}

/** What a client learns about an error. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** An operator can fix these. The reason, with its paths, is in the log. */
const STORE_REFUSALS: Readonly<Partial<Record<ErrorCode, Refusal>>> = {
  STORE_FAILED: {
    status: 503,
    code: 'STORE_FAILED',
    message:
      'the directory cannot write now: its disk is full or failing, or another process locks the database; see the log',
  },
  STORE_CORRUPT: { status: 500, code: 'STORE_CORRUPT', message: 'the stored data is damaged; see the log' },
}

/** Turns anything that a handler, a schema or fastify throws into a refusal. */
export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  const status = code === undefined ? undefined : HTTP_STATUS[code]
  if (code !== undefined && status !== undefined) return { status, code, message: describeError(error).slice(0, 1000) }
  const stored = code === undefined ? undefined : STORE_REFUSALS[code]
  if (stored !== undefined) return stored
  return fastifyRefusal(error) ?? { status: 500, code: 'INTERNAL', message: 'the directory failed; see its log' }
}

/** Fastify's own refusals carry a status below 500. */
function fastifyRefusal(error: unknown): Refusal | undefined {
  if (error instanceof SuretyError || !(error instanceof Error) || !('statusCode' in error)) return undefined
  switch (error.statusCode) {
    case 413:
      return { status: 413, code: 'INPUT_TOO_LARGE', message: 'the body is too large' }
    case 415:
      return { status: 415, code: 'INPUT_MALFORMED', message: 'the body must be application/json' }
    case 400:
      return { status: 400, code: 'INPUT_MALFORMED', message: 'the request is not well-formed' }
    default:
      return undefined
  }
}
