import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'

/** The one table from our codes to HTTP statuses. What is not in it is our own failure: 500, and the log has the reason. */
export const HTTP_STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  INPUT_MALFORMED: 400,
  INPUT_NOT_CANONICAL: 400,
  INPUT_TOO_DEEP: 400,
  UNAUTHENTICATED: 401,
  NOT_PERMITTED: 403,
  NOT_FOUND: 404,
  DEVICE_UNKNOWN: 404,
  TOKEN_UNKNOWN: 404,
  CONFLICT: 409,
  DEVICE_RETIRED: 409,
  TOKEN_EXPIRED: 409,
  TOKEN_USED: 409,
  TOKEN_REVOKED: 409,
  TIER_TOO_LOW: 409,
  INPUT_TOO_LARGE: 413,
  QUOTA_EXCEEDED: 429,
}

/** Code and message of an answer. Messages of failures that are ours stay in the log. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** What an operator can mend. The reason, with its paths, is in the log. */
const OF_THE_STORE: Readonly<Partial<Record<ErrorCode, Refusal>>> = {
  STORE_FAILED: {
    status: 503,
    code: 'STORE_FAILED',
    message:
      'nothing can be kept now: the disk is full or failing, or another process holds the register; the log says which',
  },
  STORE_CORRUPT: { status: 500, code: 'STORE_CORRUPT', message: 'what is kept of this is damaged; the log says where' },
}

/** @returns the answer for anything a handler, a schema or fastify itself may throw. */
export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  const status = code === undefined ? undefined : HTTP_STATUS[code]
  if (code !== undefined && status !== undefined) return { status, code, message: describeError(error).slice(0, 1000) }
  const stored = code === undefined ? undefined : OF_THE_STORE[code]
  if (stored !== undefined) return stored
  const foreign = statusOfForeign(error)
  if (foreign !== undefined) return foreign
  return { status: 500, code: 'INTERNAL', message: 'the directory failed; its log says why' }
}

/** Fastify's own refusals of a request carry a status below 500. */
function statusOfForeign(error: unknown): Refusal | undefined {
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
