import { codeOf, type ErrorCode, SuretyError } from '../../../base/errors.ts'
import type { Refusal } from '../../../protocol/messages/frames.ts'

/** When to retry, where retrying sooner would not help. */
const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = {
  SESSION_LIMIT: 5_000,
  ENROLMENT_PENDING: 15_000,
  STORE_FAILED: 10_000,
  QUOTA_EXCEEDED: 3_600_000,
}

/** Internal errors, whose messages must not reach a device. */
const INTERNAL: readonly ErrorCode[] = ['STORE_FAILED', 'STORE_CORRUPT', 'CONFLICT']

/** The refusal that a device receives for an error. Internal and unexpected errors are replaced by a general one. */
export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  const known = code !== undefined && !INTERNAL.includes(code) && error instanceof SuretyError
  const disclosed = known ? code : 'STORE_FAILED'
  const retryAfterMs = RETRY_AFTER_MS[disclosed]
  return {
    type: 'refusal',
    code: disclosed,
    message: known ? error.message.slice(0, 500) : 'the directory could not do that now',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}
