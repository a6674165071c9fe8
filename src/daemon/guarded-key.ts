import { codeOf } from '../base/errors.ts'
import type { DeviceKey } from '../keys/key-provider.ts'
import type { DeviceKeys } from './device-keys.ts'
import type { Health } from './health.ts'
import { isOfKeys, keysFailed } from './key-health.ts'
import type { State } from './state/state.ts'

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
        if (isOfKeys(codeOf(error))) {
          keysFailed(health, codeOf(error))
          await keys.reopen()
        }
        throw error
      }
    },
  }
}
