import type { ErrorCode } from '../../base/errors.ts'
import type { HealthCode } from '../../protocol/health.ts'
import type { Health } from './health.ts'

/** Warnings about the device key, by the code of the failure. Other failures are `KEYS_UNAVAILABLE`. */
const WARNINGS: Partial<Record<ErrorCode, HealthCode>> = {
  TPM_BUSY: 'TPM_BUSY',
  TPM_UNAVAILABLE: 'TPM_GONE',
  TPM_LOCKED_OUT: 'TPM_LOCKED_OUT',
  TPM_IDENTITY_LOST: 'KEYS_CHANGED',
  STORE_CORRUPT: 'KEYS_DAMAGED',
}
const KEY_WARNINGS = [
  'KEYS_UNAVAILABLE',
  'KEYS_CHANGED',
  'KEYS_DAMAGED',
  'TPM_BUSY',
  'TPM_GONE',
  'TPM_LOCKED_OUT',
] as const

const KEY_FILE_FAILED =
  'The file of the device key cannot be read or written. Free disk space, or check the disk of the state folder.'

/** Raises the warning for a failure and clears the other key warnings. `KEY_CLOSED` changes nothing: its cause was raised before. */
export function raiseKeyWarning(health: Pick<Health, 'raise' | 'clear'>, code: ErrorCode | undefined): void {
  if (code === 'KEY_CLOSED') return
  const warning = (code === undefined ? undefined : WARNINGS[code]) ?? 'KEYS_UNAVAILABLE'
  for (const other of KEY_WARNINGS) if (other !== warning) health.clear(other)
  health.raise(warning, code === 'STORE_FAILED' ? KEY_FILE_FAILED : undefined)
}

/** Clears all key warnings. @returns whether there were any. */
export function clearKeyWarnings(health: Pick<Health, 'clear' | 'warnings'>): boolean {
  const hadFailed = health.warnings().some(({ code }) => KEY_WARNINGS.some((one) => one === code))
  for (const code of KEY_WARNINGS) health.clear(code)
  return hadFailed
}

/** Says whether a failure came from the use of a key. */
export function isKeyError(code: ErrorCode | undefined): boolean {
  return code?.startsWith('KEY_') === true || code?.startsWith('TPM_') === true
}
