import { codeOf, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Refusal } from '../../protocol/frames.ts'

/** When to come again, where trying sooner is of no use. */
const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = {
  SESSION_LIMIT: 5_000,
  ENROLMENT_PENDING: 15_000,
  STORE_FAILED: 10_000,
  QUOTA_EXCEEDED: 3_600_000,
}

/** Failures of our own that say more than a device should know. */
const INTERNAL: readonly ErrorCode[] = ['STORE_FAILED', 'STORE_CORRUPT', 'CONFLICT']

/** What a device is told; an error that is none of ours, or is about us, tells nothing of itself. */
export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  const known = code !== undefined && !INTERNAL.includes(code) && error instanceof SuretyError
  const told = known ? code : 'STORE_FAILED'
  const retryAfterMs = RETRY_AFTER_MS[told]
  return {
    type: 'refusal',
    code: told,
    message: known ? error.message.slice(0, 500) : 'the directory could not do that now',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}
