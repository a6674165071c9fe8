import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { tbsError } from '../tpm/tbs-results.ts'

/** Translates results of the Platform Crypto Provider (winerror.h) into our codes. */

/**
 * The provider says NTE_DEVICE_NOT_READY on machines without a TPM too. One that is only busy has said so to TPM Base Services before,
 * which the ranking asks first.
 */
const MEANINGS = new Map<number, readonly [ErrorCode, string]>([
  [0x80070005, ['KEY_AUTHORISATION_FAILED', 'E_ACCESSDENIED (run as a service or as an administrator)']],
  [0x80090010, ['KEY_AUTHORISATION_FAILED', 'NTE_PERM']],
  [0x8009000d, ['KEY_NOT_FOUND', 'NTE_NO_KEY']],
  [0x80090011, ['KEY_NOT_FOUND', 'NTE_NOT_FOUND']],
  [0x80090016, ['KEY_NOT_FOUND', 'NTE_BAD_KEYSET: there is no such key']],
  [0x80090017, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_PROV_TYPE_NOT_DEF: there is no such provider']],
  [0x8009001e, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_PROV_DLL_NOT_FOUND']],
  [0x80090029, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_NOT_SUPPORTED']],
  [0x80090030, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_DEVICE_NOT_READY: no TPM, or it is not ready']],
  [0x80090035, ['KEY_PROVIDER_UNAVAILABLE', 'NTE_DEVICE_NOT_FOUND: no TPM']],
  [0x80280921, ['TPM_LOCKED_OUT', 'TPM_20_E_LOCKOUT: too many wrong authorisations']],
  [0x80290401, ['KEY_PROVIDER_UNAVAILABLE', 'TPM_E_PCP_DEVICE_NOT_READY: no TPM, or it is not ready']],
])

const TPM_FACILITY = 0x8028

export function cngError(result: number): SuretyError {
  const meaning = MEANINGS.get(result)
  const name = 'Platform Crypto Provider'
  if (meaning === undefined && result >>> 16 === TPM_FACILITY) return tbsError(name, result)
  const [code, text] = meaning ?? ['KEY_PROVIDER_UNAVAILABLE', 'failed']
  return new SuretyError(code, `${name}: ${text} (0x${result.toString(16)})`)
}
