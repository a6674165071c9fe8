import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { KeyProvider } from '../../keys/provider/key-provider.ts'
import type { Health } from '../health/health.ts'
import { raiseKeyWarning } from '../health/key-health.ts'
import type { Identity } from '../state/identity.ts'
import { keyHashOf, type Proof } from '../stream/handshake.ts'

/** The device key. It is opened on first use and again after a failure, and always by the provider it was enrolled with. */
export interface DeviceKeys extends AsyncDisposable {
  /** @throws `KEY_*`, `TPM_*`; `TPM_IDENTITY_LOST` or `KEY_NOT_FOUND` when the key is not that of `identity`. */
  proof(identity: Identity | undefined, options: { signal: AbortSignal }): Promise<Proof>
  /**
   * The key to enrol with. A lost key is replaced by a new one. The key stays open until the proof is disposed of: a call for
   * the key of a lost identity fails meanwhile and does not disturb the enrolment.
   *
   * @param options `unbound`: there is no identity, so that a better provider may replace the one in use.
   * @throws `KEY_*`, `TPM_*`.
   */
  proofToEnrol(options: { signal: AbortSignal; unbound?: boolean }): Promise<Proof & Disposable>
  /** Closes a key that failed. The next `proof` opens it again. */
  reopen(): Promise<void>
}

export interface DeviceKeysComponents {
  readonly log: Log
  readonly health: Health
  readonly open: (
    want: 'auto' | KeyProvider['name'],
    /** `renew`: replace keys that the TPM has lost. `unbound`: prefer a better provider over software keys that are there. */
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
  let enrolments = 0
  let isCloseDue = false
  const close = async () => {
    const closing = opened
    opened = undefined
    isCloseDue = false
    await closing?.then(
      ({ provider }) => provider[Symbol.asyncDispose](),
      () => undefined,
    )
  }
  const reopen = async () => {
    if (enrolments > 0) isCloseDue = true
    else await close()
  }
  /** Shares the open key. A failed attempt is not kept. */
  const openShared = async (identity: Identity | undefined, options: OpenOptions) => {
    const attempt = opened ?? openProof(components, identity, options)
    opened = attempt
    try {
      return await attempt
    } catch (error) {
      if (opened === attempt) opened = undefined
      throw error
    }
  }
  const endEnrolment = () => {
    enrolments--
    if (enrolments === 0 && isCloseDue) void close().catch(() => undefined)
  }
  return {
    async proof(identity, options) {
      const proof = await openShared(identity, options)
      try {
        if (identity !== undefined) requireKeyOf(identity, proof, components)
      } catch (error) {
        await reopen()
        throw error
      }
      return proof
    },
    async proofToEnrol(options) {
      enrolments++
      try {
        // An attempt to open the key of a lost identity may be running. Its failure does not concern the enrolment.
        await opened?.catch(() => undefined)
        const proof = await openShared(undefined, options)
        return { ...proof, [Symbol.dispose]: once(endEnrolment) }
      } catch (error) {
        endEnrolment()
        throw error
      }
    },
    reopen,
    [Symbol.asyncDispose]: close,
  }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
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
    // The key of an identity is never replaced without an enrolment.
    const renew = identity === undefined
    const { provider, choices } = await open(identity?.keyKind ?? 'auto', { ...options, renew, unbound })
    for (const { name, chosen, reason } of choices) log.info('device keys', { kind: name, chosen, reason })
    const key = await provider.getOrCreateKey(LABEL, options)
    health.clear('KEYS_DAMAGED')
    onOpened?.(provider)
    await logMeasuredBoot(provider, log, options)
    return { provider, key }
  } catch (error) {
    if (!options.signal.aborted) {
      log.error('device keys cannot be used', { code: codeOf(error), reason: describeError(error) })
      raiseKeyWarning(health, codeOf(error))
    }
    throw error
  }
}

/** For a person who wonders why the PCRs of a device have changed. Nothing else hangs on it. */
async function logMeasuredBoot({ attestor }: KeyProvider, log: Log, options: OpenOptions): Promise<void> {
  try {
    const boot = await attestor?.measuredBoot?.(options)
    if (boot !== undefined)
      log.info('measured boot', { unexplainedPcrs: boot.unexplained.join(), secureBoot: boot.secureBoot })
  } catch (error) {
    options.signal.throwIfAborted()
    log.warn('the log of measured boot cannot be read', { code: codeOf(error), reason: describeError(error) })
  }
}

function requireKeyOf(identity: Identity, proof: OpenedProof, { health }: DeviceKeysComponents): void {
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
