import { codeOf, type ErrorCode } from '../../base/errors.ts'
import type { DeviceKey } from '../../keys/provider/key-provider.ts'
import type { Health } from '../health/health.ts'
import { isKeyError, raiseKeyWarning } from '../health/key-health.ts'
import type { State } from '../state/state.ts'
import type { DeviceKeys } from './device-keys.ts'

export interface GuardedKeyComponents {
  readonly keys: Pick<DeviceKeys, 'proof' | 'reopen'>
  readonly state: Pick<State, 'identity'>
  readonly health: Pick<Health, 'raise' | 'clear'>
  /** It has signed. */
  readonly onSigned: () => void
}

/**
 * The key that signs evidence. One that failed is opened anew the next time, and a person is told.
 *
 * @throws as `DeviceKeys.proof`.
 */
export async function guardedKey(
  { keys, state, health, onSigned }: GuardedKeyComponents,
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
        await keyFailed({ keys, health }, codeOf(error))
        throw error
      }
    },
  }
}

/**
 * A key failed in use: a person is told, and it is opened anew the next time. A TPM that is only busy stays open, for
 * closing it would end what others wait for.
 */
export async function keyFailed(
  { keys, health }: { readonly keys: Pick<DeviceKeys, 'reopen'>; readonly health: Pick<Health, 'raise' | 'clear'> },
  code: ErrorCode | undefined,
): Promise<void> {
  if (!isKeyError(code) || code === 'KEY_CLOSED') return
  raiseKeyWarning(health, code)
  if (code !== 'TPM_BUSY') await keys.reopen()
}
