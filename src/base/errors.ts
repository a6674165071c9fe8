/**
 * Every failure that a caller may branch on. `docs/protocol.md` lists those that cross the wire.
 * Add a code in the change that first throws it; see `docs/how-to-add.md`.
 */
export const ERROR_CODES = [
  // input of any kind
  'USAGE_INVALID',
  'INPUT_TOO_LARGE',
  'INPUT_MALFORMED',
  'INPUT_NOT_CANONICAL',
  'INPUT_TOO_DEEP',
  'CONFIG_INVALID',
  // signatures, certificates, TPM structures
  'SIGNATURE_INVALID',
  'SIGNATURE_HEADER_REFUSED',
  'PROOF_INVALID',
  'LOG_UNKNOWN',
  'LOG_INCONSISTENT',
  'COSIGNATURES_MISSING',
  'KEY_MALFORMED',
  'KEY_UNSUPPORTED',
  'KEY_NOT_FOUND',
  'KEY_PROVIDER_UNAVAILABLE',
  'KEY_CLOSED',
  'KEY_AUTHORISATION_FAILED',
  'CERTIFICATE_MALFORMED',
  'CERTIFICATE_CHAIN_INVALID',
  'CERTIFICATE_EXPIRED',
  'DELEGATION_REFUSED',
  'TPM_UNAVAILABLE',
  'TPM_BUSY',
  'TPM_LOCKED_OUT',
  'TPM_IDENTITY_LOST',
  'TPM_COMMAND_FAILED',
  'TPM_STRUCTURE_MALFORMED',
  // attestation and enrolment
  'ATTESTATION_BINDING_MISMATCH',
  'ATTESTATION_QUOTE_INVALID',
  'ATTESTATION_PCR_MISMATCH',
  'ATTESTATION_COUNTER_REGRESSED',
  'ATTESTATION_KEY_ATTRIBUTES',
  'ATTESTATION_CERTIFY_INVALID',
  'ATTESTATION_EK_MISMATCH',
  'ATTESTATION_CREDENTIAL_WRONG',
  'TOKEN_UNKNOWN',
  'TOKEN_EXPIRED',
  'TOKEN_USED',
  'TOKEN_REVOKED',
  'TOKEN_SERIAL_MISMATCH',
  'TIER_TOO_LOW',
  'ENROLMENT_PENDING',
  'ENROLMENT_DENIED',
  'ENROLMENT_STRING_INVALID',
  // stream
  'PROTOCOL_UNSUPPORTED',
  'FRAME_TOO_LARGE',
  'FRAME_UNEXPECTED',
  'FRAME_MALFORMED',
  'NONCE_UNKNOWN',
  'DEVICE_UNKNOWN',
  'DEVICE_RETIRED',
  'EPOCH_MISMATCH',
  'EVIDENCE_OUT_OF_ORDER',
  'EVIDENCE_FORKED',
  'EVIDENCE_GAP_UNPROVEN',
  'SESSION_SUPERSEDED',
  'RATE_LIMITED',
  'SESSION_LIMIT',
  'SESSION_TIMEOUT',
  'QUOTA_EXCEEDED',
  'ORDER_REFUSED',
  'ORDER_EXPIRED',
  'ORDER_REPLAYED',
  'STOP_INCOMPLETE',
  'PIN_MISMATCH',
  // operating system
  'CLOCK_OFF',
  'FILE_ABSENT',
  'FILE_UNREADABLE',
  'FILE_NOT_REGULAR',
  'FILE_IS_LINK',
  'FILE_TOO_LARGE',
  'COMMAND_NOT_ALLOWED',
  'COMMAND_ABSENT',
  'COMMAND_FAILED',
  'COMMAND_TIMED_OUT',
  'COMMAND_OUTPUT_TOO_LARGE',
  'ADDON_UNAVAILABLE',
  'NOT_SUPPORTED',
  'SOCKET_IN_USE',
  'UPDATE_UNTRUSTED',
  'UPDATE_EXPIRED',
  'UPDATE_DAMAGED',
  'STORE_CORRUPT',
  'STORE_FAILED',
  'SPOOL_FULL',
  // commands and API
  'DAEMON_UNREACHABLE',
  'DAEMON_SILENT',
  'DAEMON_UNTRUSTED',
  'DIRECTORY_UNREACHABLE',
  'NOT_PERMITTED',
  'NOT_YET_PERMITTED',
  'STEP_UP_REQUIRED',
  'NOT_CONFIRMED',
  'DIFFERENCES_FOUND',
  'NOT_FOUND',
  'CONFLICT',
  'VERSION_STALE',
  'TRANSITION_REFUSED',
  'OWNER_REQUIRED',
  'IDEMPOTENCY_KEY_REUSED',
  'IDEMPOTENCY_KEY_BUSY',
  'ANSWER_NOT_KEPT',
  'WEBHOOK_FAILED',
  'MESSAGE_FAILED',
  'UNAUTHENTICATED',
  // SCIM
  'SCIM_FILTER_INVALID',
  'SCIM_PATH_INVALID',
  'SCIM_NO_TARGET',
  'SCIM_VALUE_INVALID',
  'SCIM_MUTABILITY',
  'SCIM_CURSOR_INVALID',
  'SCIM_COUNT_INVALID',
  'DEACTIVATIONS_HELD',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

export interface SuretyErrorOptions extends ErrorOptions {
  /** What a person does next, where the message does not say it. A command line prints it behind the message. */
  readonly advice?: string | undefined
}

/** The only error class. Callers branch on `code`, never on the message. Messages hold no secret. */
export class SuretyError extends Error {
  override readonly name = 'SuretyError'
  readonly code: ErrorCode
  readonly advice: string | undefined
  constructor(code: ErrorCode, message: string, { advice, ...options }: SuretyErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.advice = advice
  }
}

/** The code of `error`, or undefined if it is not a `SuretyError`. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof SuretyError ? error.code : undefined
}

/** One line with the messages of `error` and its causes, outermost first and without repetitions. */
export function describeError(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error, depth = 0; at !== undefined && depth < 5; depth++) {
    // Not `instanceof`: under jest, Node's own errors come from another realm.
    const part = Error.isError(at) ? at.message || at.name : String(at)
    if (!parts.some((earlier) => earlier.includes(part))) parts.push(withoutErrno(part, parts.at(-1)))
    at = Error.isError(at) ? at.cause : undefined
  }
  return parts.join(': ')
}

/** Drops an errno at the beginning of `part` if the message before ends with it. */
function withoutErrno(part: string, before = ''): string {
  const errno = /^E[A-Z0-9]+(?=: )/.exec(part)?.[0]
  return errno !== undefined && before.endsWith(`: ${errno}`) ? part.slice(errno.length + 2) : part
}
