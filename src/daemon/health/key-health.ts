import type { ErrorCode } from '../../base/errors.ts'
import type { Health, HealthCode } from './health.ts'

/** What a person must know of keys that fail, and that they work again. */

const WARNINGS: Partial<Record<ErrorCode, HealthCode>> = {
  TPM_BUSY: 'TPM_BUSY',
  TPM_UNAVAILABLE: 'TPM_GONE',
  TPM_LOCKED_OUT: 'TPM_LOCKED_OUT',
  TPM_IDENTITY_LOST: 'KEYS_CHANGED',
  STORE_CORRUPT: 'KEYS_DAMAGED',
}
const OF_KEYS = ['KEYS_UNAVAILABLE', 'KEYS_CHANGED', 'KEYS_DAMAGED', 'TPM_BUSY', 'TPM_GONE', 'TPM_LOCKED_OUT'] as const

/** Of the key's file, where no code of keys says so. */
const NO_ROOM = 'Its file cannot be written or read: make room, or check the disk of the state folder.'

/** One matter of the keys at a time. That they were closed is none: whoever closed them has told why. */
export function keysFailed(health: Pick<Health, 'raise' | 'clear'>, code: ErrorCode | undefined): void {
  if (code === 'KEY_CLOSED') return
  const warning = (code === undefined ? undefined : WARNINGS[code]) ?? 'KEYS_UNAVAILABLE'
  for (const other of OF_KEYS) if (other !== warning) health.clear(other)
  health.raise(warning, code === 'STORE_FAILED' ? NO_ROOM : undefined)
}

/** @returns whether they did not before. */
export function keysWork(health: Pick<Health, 'clear' | 'warnings'>): boolean {
  const failed = health.warnings().some(({ code }) => OF_KEYS.some((one) => one === code))
  for (const code of OF_KEYS) health.clear(code)
  return failed
}

/** Did using a key fail, whatever the key is? */
export function isOfKeys(code: ErrorCode | undefined): boolean {
  return code?.startsWith('KEY_') === true || code?.startsWith('TPM_') === true
}
