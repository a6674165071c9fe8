import { fullJitterMs } from '../../base/clock.ts'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { type Refusal, refusalReader } from '../../protocol/messages/frames.ts'

/** How soon to connect again after an error. `slow` means that a person must act first. */
export type RetryPace = 'prompt' | 'patient' | 'slow'

/** The codes that a directory refuses with. Other errors, such as those of the network, are `prompt`. */
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
  // The device's own clock. Setting it ends the wait.
  CLOCK_OFF: 'patient',
  // The device's own keys. A TPM that is busy or missing may be back soon.
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
const MAX_WAIT_MS = 3_600_000

export function paceOf(code: ErrorCode | undefined): RetryPace {
  return code !== undefined && isRefusalCode(code) ? PACES[code] : 'prompt'
}

export function backoffOf(code: ErrorCode | undefined) {
  return BACKOFF[paceOf(code)]
}

/** Milliseconds to wait after failure number `attempt`, from 0. */
export function backoffMs(code: ErrorCode | undefined, attempt: number, random: () => number): number {
  const { baseMs, capMs, leastMs } = backoffOf(code)
  return leastMs + fullJitterMs(attempt, { baseMs, capMs, random })
}

/** The wait that a refusal asks for. It is bounded, because refusals are not signed. */
export function retryAfterMs(error: unknown): number | undefined {
  const after = error instanceof RefusalError ? error.refusal.retryAfterMs : undefined
  return after === undefined ? undefined : Math.min(after, MAX_WAIT_MS)
}

/** An error that the directory sent. Refusals are not signed, so that nothing durable may follow from one. */
class RefusalError extends SuretyError {
  readonly refusal: Refusal
  constructor(code: ErrorCode, refusal: Refusal) {
    const unknown = refusal.code === code ? '' : ` (${refusal.code})`
    super(code, `the directory refuses: ${refusal.message}${unknown}`)
    this.refusal = refusal
  }
}

/** Says whether the directory sent the error. The same code may also come from this device. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RefusalError
}

/** @throws `FRAME_MALFORMED` when the frame is not a refusal. */
export function parseRefusal(frame: string): SuretyError {
  const refusal = refusalReader.readCanonicalJson(frame)
  // A later version may have codes that this one does not know.
  return new RefusalError(isRefusalCode(refusal.code) ? refusal.code : 'FRAME_UNEXPECTED', refusal)
}

function isRefusalCode(code: string): code is keyof typeof PACES {
  return Object.hasOwn(PACES, code)
}
