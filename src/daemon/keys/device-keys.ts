import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { KeyProvider } from '../../keys/provider/key-provider.ts'
import type { Health } from '../health/health.ts'
import { raiseKeyWarning } from '../health/key-health.ts'
import type { Identity } from '../state/identity.ts'
import { keyHashOf, type Proof } from '../stream/enrolled-identity.ts'

/** The device key, opened when it is first needed and again after it failed; never another kind than was enrolled. */
export interface DeviceKeys extends AsyncDisposable {
  /** @throws `KEY_*`, `TPM_*`; `TPM_IDENTITY_LOST` or `KEY_NOT_FOUND` when it is not the key of `identity`. */
  proof(identity: Identity | undefined, options: { signal: AbortSignal }): Promise<Proof>
  /**
   * The key to enrol with, made anew where it was lost. Until it is disposed of nothing closes it: whoever asks meanwhile
   * for the key of a lost identity is refused, and an enrolment goes on.
   *
   * @param options `unbound`: there is no identity at all, so that the key may be of a better kind than one that is there.
   * @throws `KEY_*`, `TPM_*`.
   */
  proofToEnrol(options: { signal: AbortSignal; unbound?: boolean }): Promise<Proof & Disposable>
  /** The key failed in use: the next `proof` opens it anew. */
  reopen(): Promise<void>
}

export interface DeviceKeysComponents {
  readonly log: Log
  readonly health: Health
  readonly open: (
    want: 'auto' | KeyProvider['name'],
    /** `renew`: keys that their TPM has lost are made anew. `unbound`: software keys give way to better ones. */
    options: { signal: AbortSignal; renew: boolean; unbound: boolean },
  ) => Promise<{
    readonly provider: KeyProvider
    readonly choices: readonly { readonly name: string; readonly chosen: boolean; readonly reason: string }[]
  }>
  readonly onOpened?: (provider: KeyProvider) => void
}

const LABEL = 'device'

export function createDeviceKeys(components: DeviceKeysComponents): DeviceKeys {
  let opened: Promise<OpenedProof> | undefined
  let enrolling = 0
  let closeDue = false
  const close = async () => {
    const closing = opened
    opened = undefined
    closeDue = false
    await closing?.then(
      ({ provider }) => provider[Symbol.asyncDispose](),
      () => undefined,
    )
  }
  const reopen = async () => {
    if (enrolling > 0) closeDue = true
    else await close()
  }
  /** What is open, or opened now. What could not be opened is not kept. */
  const openOr = async (identity: Identity | undefined, options: OpenOptions) => {
    const attempt = opened ?? openProof(components, identity, options)
    opened = attempt
    try {
      return await attempt
    } catch (error) {
      if (opened === attempt) opened = undefined
      throw error
    }
  }
  const endEnrolling = () => {
    enrolling--
    if (enrolling === 0 && closeDue) void close().catch(() => undefined)
  }
  return {
    async proof(identity, options) {
      const proof = await openOr(identity, options)
      try {
        if (identity !== undefined) requireSame(components, identity, proof)
      } catch (error) {
        await reopen()
        throw error
      }
      return proof
    },
    async proofToEnrol(options) {
      enrolling++
      try {
        // Somebody may be opening the key of an identity that is lost: that it failed says nothing of ours.
        await opened?.catch(() => undefined)
        const proof = await openOr(undefined, options)
        return { ...proof, [Symbol.dispose]: onceOnly(endEnrolling) }
      } catch (error) {
        endEnrolling()
        throw error
      }
    },
    reopen,
    [Symbol.asyncDispose]: close,
  }
}

function onceOnly(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}

interface OpenOptions {
  readonly signal: AbortSignal
  readonly unbound?: boolean
}

interface OpenedProof extends Proof {
  readonly provider: KeyProvider
}

async function openProof(
  { log, health, open, onOpened }: DeviceKeysComponents,
  identity: Identity | undefined,
  { unbound = false, ...options }: OpenOptions,
): Promise<OpenedProof> {
  try {
    // Only for an enrolment: what is enrolled stays what it was.
    const renew = identity === undefined
    const { provider, choices } = await open(identity?.keyKind ?? 'auto', { ...options, renew, unbound })
    for (const { name, chosen, reason } of choices) log.info('device keys', { kind: name, chosen, reason })
    const key = await provider.getOrCreateKey(LABEL, options)
    health.clear('KEYS_DAMAGED')
    onOpened?.(provider)
    return { provider, key }
  } catch (error) {
    if (!options.signal.aborted) {
      log.error('device keys cannot be used', { code: codeOf(error), reason: describeError(error) })
      raiseKeyWarning(health, codeOf(error))
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
