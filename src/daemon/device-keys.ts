import { codeOf, describeError, SuretyError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { KeyProvider } from '../keys/key-provider.ts'
import type { Health } from './health.ts'
import { keysFailed } from './key-health.ts'
import type { Identity } from './state/identity.ts'
import { keyHashOf, type Proof } from './stream/enrolled-identity.ts'

/** The device key, opened when it is first needed and again after it failed; never another kind than was enrolled. */
export interface DeviceKeys extends AsyncDisposable {
  /** @throws `KEY_*`, `TPM_*`; `TPM_IDENTITY_LOST` or `KEY_NOT_FOUND` when it is not the key of `identity`. */
  proof(identity: Identity | undefined, options: { signal: AbortSignal }): Promise<Proof>
  /** The key failed in use: the next `proof` opens it anew. */
  reopen(): Promise<void>
}

export interface DeviceKeysComponents {
  readonly log: Log
  readonly health: Health
  readonly open: (
    want: 'auto' | KeyProvider['name'],
    /** `renew`: keys that their TPM has lost are made anew. */
    options: { signal: AbortSignal; renew: boolean },
  ) => Promise<{
    readonly provider: KeyProvider
    readonly choices: readonly { readonly name: string; readonly chosen: boolean; readonly reason: string }[]
  }>
  readonly onOpened?: (provider: KeyProvider) => void
}

const LABEL = 'device'

export function createDeviceKeys(components: DeviceKeysComponents): DeviceKeys {
  let opened: Promise<OpenedProof> | undefined
  const close = async () => {
    const closing = opened
    opened = undefined
    await closing?.then(
      ({ provider }) => provider[Symbol.asyncDispose](),
      () => undefined,
    )
  }
  return {
    async proof(identity, options) {
      const attempt = opened ?? openProof(components, identity, options)
      opened = attempt
      try {
        const proof = await attempt
        if (identity !== undefined) requireSame(components, identity, proof)
        return proof
      } catch (error) {
        if (opened === attempt) await close()
        throw error
      }
    },
    reopen: close,
    [Symbol.asyncDispose]: close,
  }
}

interface OpenedProof extends Proof {
  readonly provider: KeyProvider
}

async function openProof(
  { log, health, open, onOpened }: DeviceKeysComponents,
  identity: Identity | undefined,
  options: { signal: AbortSignal },
): Promise<OpenedProof> {
  try {
    // Only for an enrolment: what is enrolled stays what it was.
    const { provider, choices } = await open(identity?.keyKind ?? 'auto', { ...options, renew: identity === undefined })
    for (const { name, chosen, reason } of choices) log.info('device keys', { kind: name, chosen, reason })
    const key = await provider.getOrCreateKey(LABEL, options)
    health.clear('KEYS_DAMAGED')
    onOpened?.(provider)
    return { provider, key }
  } catch (error) {
    if (!options.signal.aborted) {
      log.error('device keys cannot be used', { code: codeOf(error), reason: describeError(error) })
      keysFailed(health, codeOf(error))
    }
    throw error
  }
}

function requireSame({ health }: DeviceKeysComponents, identity: Identity, proof: OpenedProof): void {
  if (proof.provider.name === identity.keyKind && keyHashOf(proof) === identity.key) {
    health.clear('KEYS_CHANGED')
    return
  }
  health.raise('KEYS_CHANGED')
  throw new SuretyError(
    identity.keyKind === 'tpm' ? 'TPM_IDENTITY_LOST' : 'KEY_NOT_FOUND',
    'the device key is not the one that was enrolled',
  )
}
