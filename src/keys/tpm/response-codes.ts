import { type ErrorCode, SuretyError } from '../../base/errors.ts'

/** The only file that translates TPM response codes (TPM 2.0 part 2, 6.6.3) into ours. */

export const RC_SUCCESS = 0
/** TPM2_Startup on a TPM that runs already. */
export const RC_INITIALIZE = 0x100

const RC_FAILURE = 0x101

/** The same command may succeed later. */
const RETRY: readonly number[] = [
  0x908, // TPM_RC_YIELDED
  0x909, // TPM_RC_CANCELED
  0x90a, // TPM_RC_TESTING
  0x920, // TPM_RC_NV_RATE
  0x922, // TPM_RC_RETRY
  0x923, // TPM_RC_NV_UNAVAILABLE
]

export function shouldRetry(responseCode: number): boolean {
  return RETRY.includes(plain(responseCode))
}

/** Format-zero codes: errors (0x1xx) and warnings (0x9xx). */
const FORMAT_ZERO_CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  256: ['TPM_UNAVAILABLE', 'TPM_RC_INITIALIZE: not started'],
  257: ['TPM_UNAVAILABLE', 'TPM_RC_FAILURE: the TPM is in failure mode'],
  288: ['TPM_UNAVAILABLE', 'TPM_RC_DISABLED: a hierarchy is disabled'],
  304: ['TPM_UNAVAILABLE', 'TPM_RC_REBOOT: the TPM needs a reset'],
  323: ['KEY_UNSUPPORTED', 'TPM_RC_COMMAND_CODE: the command is not implemented'],
  2306: ['TPM_BUSY', 'TPM_RC_OBJECT_MEMORY: no room for another object'],
  2307: ['TPM_BUSY', 'TPM_RC_SESSION_MEMORY: no room for another session'],
  2308: ['TPM_BUSY', 'TPM_RC_MEMORY'],
  2309: ['TPM_BUSY', 'TPM_RC_SESSION_HANDLES'],
  2310: ['TPM_BUSY', 'TPM_RC_OBJECT_HANDLES'],
  2337: ['TPM_LOCKED_OUT', 'TPM_RC_LOCKOUT: too many wrong authorisations'],
}

/** Format-one codes by error number. They concern a handle, session or parameter. */
const FORMAT_ONE_CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1: ['KEY_UNSUPPORTED', 'TPM_RC_ASYMMETRIC'],
  3: ['KEY_UNSUPPORTED', 'TPM_RC_HASH'],
  7: ['KEY_UNSUPPORTED', 'TPM_RC_KEY_SIZE'],
  11: ['KEY_NOT_FOUND', 'TPM_RC_HANDLE: nothing has this handle'],
  14: ['KEY_AUTHORISATION_FAILED', 'TPM_RC_AUTH_FAIL'],
  18: ['KEY_UNSUPPORTED', 'TPM_RC_SCHEME'],
  22: ['KEY_UNSUPPORTED', 'TPM_RC_SYMMETRIC'],
  29: ['KEY_AUTHORISATION_FAILED', 'TPM_RC_POLICY_FAIL'],
  31: ['TPM_IDENTITY_LOST', 'TPM_RC_INTEGRITY: made by another TPM, or before it was cleared'],
  34: ['KEY_AUTHORISATION_FAILED', 'TPM_RC_BAD_AUTH'],
  38: ['KEY_UNSUPPORTED', 'TPM_RC_CURVE'],
}

const FORMAT_ONE = 0x080
const ABOUT_PARAMETER = 0x040

/** The error for a response code of `command`. */
export function tpmError(command: string, responseCode: number): SuretyError {
  const [code, text] = translate(command, plain(responseCode))
  return new SuretyError(code, `TPM2_${command}: ${text} (0x${responseCode.toString(16)})`)
}

function translate(command: string, code: number): readonly [ErrorCode, string] {
  // A credential for another endorsement key decrypts to garbage. TPMs call that a wrong value or size, libtpms a failure.
  // A TPM in failure mode would have failed the commands before this one.
  const aboutParameter = (code & FORMAT_ONE) !== 0 && (code & ABOUT_PARAMETER) !== 0
  if (command === 'ActivateCredential' && (aboutParameter || code === RC_FAILURE)) {
    return ['TPM_IDENTITY_LOST', 'the credential was made for another TPM or attestation key']
  }
  if ((code & FORMAT_ONE) !== 0) {
    return FORMAT_ONE_CODES[code & 0x3f] ?? ['TPM_COMMAND_FAILED', 'refused']
  }
  // TPM_RC_REFERENCE_H0 to S6: a handle or session that is no longer loaded.
  if (code >= 0x910 && code <= 0x91e) return ['KEY_NOT_FOUND', 'TPM_RC_REFERENCE: not loaded']
  if (shouldRetry(code)) return ['TPM_BUSY', 'still busy after every retry']
  return FORMAT_ZERO_CODES[code] ?? ['TPM_COMMAND_FAILED', 'failed']
}

/** Drops the layer bits that a resource manager adds. */
function plain(responseCode: number): number {
  return responseCode & 0xfff
}
