import { concatBytes } from '../../../base/bytes.ts'
import { type ErrorCode, SuretyError } from '../../../base/errors.ts'
import { u16, u32 } from '../../../crypto/tpm/structures.ts'

/** The only file that translates results of TPM Base Services (tbs.h, winerror.h) into our codes. */

/** The service does not know the context: it has started again, or has dropped it. */
const INVALID_CONTEXT = 0x80284004
const SERVICE_NOT_RUNNING = 0x80284008

/** The firmware has kept no log of measured boot. */
export const NO_EVENT_LOG = 0x80284011
/** Windows does not keep the password of that hierarchy. */
export const OWNER_AUTHORISATION_NOT_FOUND = 0x80284015

/** Unlike an absent TPM, one that cannot be used for now is `TPM_BUSY`: it must never lead to weaker keys. */
const MEANINGS = new Map<number, readonly [ErrorCode, string]>([
  // Of Windows, where the library itself fails.
  [126, ['TPM_UNAVAILABLE', 'this Windows has no tbs.dll']],
  [127, ['TPM_UNAVAILABLE', 'its tbs.dll is older than TPM 2.0']],
  // Of TPM Base Services.
  [0x80284001, ['TPM_BUSY', 'TBS_E_INTERNAL_ERROR']],
  [INVALID_CONTEXT, ['TPM_BUSY', 'TBS_E_INVALID_CONTEXT: the service has restarted']],
  [0x80284005, ['TPM_STRUCTURE_MALFORMED', 'TBS_E_INSUFFICIENT_BUFFER: a response of more than 16 KiB']],
  [0x80284006, ['TPM_UNAVAILABLE', 'TBS_E_IOERROR: the TPM does not communicate']],
  [SERVICE_NOT_RUNNING, ['TPM_BUSY', 'TBS_E_SERVICE_NOT_RUNNING: the service cannot be started']],
  [0x80284009, ['TPM_BUSY', 'TBS_E_TOO_MANY_TBS_CONTEXTS']],
  [0x8028400a, ['TPM_BUSY', 'TBS_E_TOO_MANY_RESOURCES']],
  [0x8028400b, ['TPM_BUSY', 'TBS_E_SERVICE_START_PENDING']],
  [0x8028400d, ['TPM_BUSY', 'TBS_E_COMMAND_CANCELED']],
  [0x8028400e, ['TPM_STRUCTURE_MALFORMED', 'TBS_E_BUFFER_TOO_LARGE: a command that is too long']],
  [0x8028400f, ['TPM_UNAVAILABLE', 'TBS_E_TPM_NOT_FOUND: no TPM 2.0']],
  [0x80284010, ['TPM_UNAVAILABLE', 'TBS_E_SERVICE_DISABLED']],
  [0x80284012, ['TPM_UNAVAILABLE', 'TBS_E_ACCESS_DENIED (run as a service or as an administrator)']],
  [0x80284016, ['TPM_UNAVAILABLE', 'TBS_E_DEACTIVATED: the firmware has switched the TPM off']],
  // Of the driver.
  [0x80280400, ['KEY_UNSUPPORTED', 'TPM_E_COMMAND_BLOCKED: a policy of this Windows blocks the command']],
  [0x80280800, ['TPM_BUSY', 'TPM_E_RETRY']],
  [0x80280801, ['TPM_BUSY', 'TPM_E_NEEDS_SELFTEST']],
  [0x80280802, ['TPM_BUSY', 'TPM_E_DOING_SELFTEST']],
  [0x80280803, ['TPM_LOCKED_OUT', 'TPM_E_DEFEND_LOCK_RUNNING: too many wrong authorisations']],
])

/** The error for a result of a call. */
export function tbsError(name: string, result: number): SuretyError {
  const [code, text] = MEANINGS.get(result) ?? ['TPM_COMMAND_FAILED', 'failed']
  return new SuretyError(code, `${name}: ${text} (0x${result.toString(16)})`)
}

/** Whether another context is needed for the next command. */
export function invalidatesContext(result: number): boolean {
  return result === INVALID_CONTEXT || result === SERVICE_NOT_RUNNING
}

const FACILITY = 0x8028
const FORMAT_ONE = 0x080

/**
 * Some versions of Windows return a response code of the TPM as the result of the call (TPM_20_E_LOCKOUT is 0x80280921).
 *
 * @returns the response that the TPM gave, or undefined for any other result.
 */
export function responseIn(result: number): Uint8Array | undefined {
  const low = result & 0xffff
  const group = low >>> 8
  const isResponseCode = low <= 0xfff && ((low & FORMAT_ONE) !== 0 || group === 0x1 || group === 0x9)
  if (result >>> 16 !== FACILITY || !isResponseCode) return undefined
  return concatBytes(u16(0x8001), u32(10), u32(low))
}
