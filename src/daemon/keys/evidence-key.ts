import { codeOf, type ErrorCode } from '../../base/errors.ts'
import type { DeviceKey } from '../../keys/provider/key-provider.ts'
import type { Health } from '../health/health.ts'
import { isKeyError, raiseKeyWarning } from '../health/key-health.ts'
import type { State } from '../state/state.ts'
import type { DeviceKeys } from './device-keys.ts'

export interface EvidenceKeyComponents {
  readonly keys: Pick<DeviceKeys, 'proof' | 'reopen'>
  readonly state: Pick<State, 'identity'>
  readonly health: Pick<Health, 'raise' | 'clear'>
  /** The key has signed. */
  readonly onSigned: () => void
}

/**
 * Opens the key that signs evidence. When it fails, a warning is raised and the next call opens it again.
 *
 * @throws as `DeviceKeys.proof`.
 */
export async function openEvidenceKey(
  { keys, state, health, onSigned }: EvidenceKeyComponents,
  options: { signal: AbortSignal },
): Promise<DeviceKey> {
  const { key } = await keys.proof(state.identity, options)
  return {
    publicKey: key.publicKey,
    async sign(message, signOptions) {
      try {
        const signature = await key.sign(message, signOptions)
        onSigned()
        return signature
      } catch (error) {
        await handleKeyFailure({ keys, health }, codeOf(error))
        throw error
      }
    },
  }
}

/**
 * Raises a warning for a key that failed in use, and has it opened again at the next use. A TPM that is only busy stays open:
 * closing it would end the operations that wait for it.
 */
export async function handleKeyFailure(
  { keys, health }: { readonly keys: Pick<DeviceKeys, 'reopen'>; readonly health: Pick<Health, 'raise' | 'clear'> },
  code: ErrorCode | undefined,
): Promise<void> {
  if (!isKeyError(code) || code === 'KEY_CLOSED') return
  raiseKeyWarning(health, code)
  if (code !== 'TPM_BUSY') await keys.reopen()
}
