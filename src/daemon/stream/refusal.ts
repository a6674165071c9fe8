import { fullJitterMs } from '../../base/clock.ts'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { type Refusal, refusalReader } from '../../protocol/frames.ts'

/** What to do about a connection that ended: how soon to try again, and whether a person has to act. */
export type RetryPace = 'prompt' | 'patient' | 'slow'

/** Codes that a directory refuses with, and what each asks of us. Others of ours, and network errors: `prompt`. */
const PACES = {
  PROTOCOL_UNSUPPORTED: 'slow',
  FRAME_TOO_LARGE: 'patient',
  FRAME_MALFORMED: 'patient',
  FRAME_UNEXPECTED: 'patient',
  INPUT_NOT_CANONICAL: 'patient',
  INPUT_MALFORMED: 'patient',
  INPUT_TOO_DEEP: 'patient',
  INPUT_TOO_LARGE: 'patient',
  SIGNATURE_HEADER_REFUSED: 'patient',
  SIGNATURE_INVALID: 'slow',
  KEY_MALFORMED: 'slow',
  KEY_UNSUPPORTED: 'slow',
  NONCE_UNKNOWN: 'prompt',
  TOKEN_UNKNOWN: 'slow',
  TOKEN_USED: 'slow',
  TOKEN_EXPIRED: 'slow',
  TOKEN_REVOKED: 'slow',
  TOKEN_SERIAL_MISMATCH: 'slow',
  TIER_TOO_LOW: 'slow',
  ENROLMENT_PENDING: 'patient',
  ENROLMENT_DENIED: 'slow',
  DEVICE_UNKNOWN: 'slow',
  DEVICE_RETIRED: 'slow',
  EPOCH_MISMATCH: 'slow',
  CERTIFICATE_MALFORMED: 'slow',
  CERTIFICATE_CHAIN_INVALID: 'slow',
  CERTIFICATE_EXPIRED: 'slow',
  DELEGATION_REFUSED: 'slow',
  PIN_MISMATCH: 'slow',
  TPM_STRUCTURE_MALFORMED: 'slow',
  ATTESTATION_EK_MISMATCH: 'slow',
  ATTESTATION_KEY_ATTRIBUTES: 'slow',
  ATTESTATION_CERTIFY_INVALID: 'slow',
  ATTESTATION_QUOTE_INVALID: 'slow',
  ATTESTATION_BINDING_MISMATCH: 'slow',
  ATTESTATION_PCR_MISMATCH: 'patient',
  ATTESTATION_COUNTER_REGRESSED: 'slow',
  ATTESTATION_CREDENTIAL_WRONG: 'slow',
  EVIDENCE_OUT_OF_ORDER: 'patient',
  EVIDENCE_FORKED: 'slow',
  EVIDENCE_GAP_UNPROVEN: 'patient',
  SESSION_SUPERSEDED: 'patient',
  SESSION_LIMIT: 'patient',
  SESSION_TIMEOUT: 'prompt',
  QUOTA_EXCEEDED: 'patient',
  STORE_FAILED: 'patient',
  // Of our own clock: tried at once when it was set.
  CLOCK_OFF: 'patient',
  // Of our own keys: a TPM that is busy or gone is asked again before long.
  KEY_NOT_FOUND: 'slow',
  KEY_PROVIDER_UNAVAILABLE: 'patient',
  KEY_AUTHORISATION_FAILED: 'slow',
  TPM_UNAVAILABLE: 'patient',
  TPM_BUSY: 'prompt',
  TPM_LOCKED_OUT: 'slow',
  TPM_IDENTITY_LOST: 'slow',
  TPM_COMMAND_FAILED: 'patient',
} as const satisfies Partial<Record<ErrorCode, RetryPace>>

const BACKOFF: Readonly<
  Record<RetryPace, { readonly baseMs: number; readonly capMs: number; readonly leastMs: number }>
> = {
  prompt: { baseMs: 1_000, capMs: 60_000, leastMs: 100 },
  patient: { baseMs: 10_000, capMs: 300_000, leastMs: 2_000 },
  slow: { baseMs: 120_000, capMs: 1_800_000, leastMs: 30_000 },
}
const LONGEST_WAIT_MS = 3_600_000

export function paceOf(code: ErrorCode | undefined): RetryPace {
  return code !== undefined && isRefusalCode(code) ? PACES[code] : 'prompt'
}

export function backoffOf(code: ErrorCode | undefined) {
  return BACKOFF[paceOf(code)]
}

/** How long to wait after the `attempt`th failure, from 0, in milliseconds. */
export function backoffMs(code: ErrorCode | undefined, attempt: number, random: () => number): number {
  const { baseMs, capMs, leastMs } = backoffOf(code)
  return leastMs + fullJitterMs(attempt, { baseMs, capMs, random })
}

/** What the directory asked for, bounded: it is unsigned. */
export function retryAfterMs(error: unknown): number | undefined {
  const after = error instanceof Refused ? error.refusal.retryAfterMs : undefined
  return after === undefined ? undefined : Math.min(after, LONGEST_WAIT_MS)
}

/** The cause of an error that the other end told: unsigned, so nothing durable hangs on it. */
class Refused extends SuretyError {
  readonly refusal: Refusal
  constructor(code: ErrorCode, refusal: Refusal) {
    super(code, `the directory refuses: ${refusal.message} (${refusal.code})`)
    this.refusal = refusal
  }
}

/** Did the other end say it? Else it is ours, whatever its code. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Refused
}

/** @throws `FRAME_MALFORMED` when the frame is no refusal. */
export function refusedBy(frame: string): SuretyError {
  const refusal = refusalReader.readCanonicalJson(frame)
  // A code of a later version: we cannot know what it asks of us.
  return new Refused(isRefusalCode(refusal.code) ? refusal.code : 'FRAME_UNEXPECTED', refusal)
}

function isRefusalCode(code: string): code is keyof typeof PACES {
  return Object.hasOwn(PACES, code)
}
