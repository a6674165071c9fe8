import { orAborted } from '../../../base/clock.ts'
import { SuretyError } from '../../../base/errors.ts'
import { RESPONSE_TIMEOUT_MS, type TpmTransport } from './tpm-transport.ts'

/** A connection to a resource manager that runs one command at a time. */
export interface TpmChannel {
  /** For messages. */
  readonly name: string
  readonly generation: number
  /** Sends a command and returns its response. @throws a `SuretyError`. */
  exchange(command: Uint8Array): Promise<Uint8Array>
  /** As `TpmTransport.bootLog`. */
  bootLog?(): Promise<Uint8Array | undefined>
  /** As `TpmTransport.hierarchyPassword`. */
  hierarchyPassword?(hierarchy: 'owner' | 'endorsement'): Promise<Uint8Array | undefined>
  /** Asks the resource manager to give up the command that runs. Absent where a command cannot be cancelled. */
  cancel?(): void
  /** Never called while a command runs. */
  close(): Promise<void>
}

/**
 * After a timeout or an abort this transport cancels the command, and refuses others until it has ended. At most one thread of
 * the pool waits for the TPM.
 */
export function exclusiveTransport(
  channel: TpmChannel,
  { responseTimeoutMs = RESPONSE_TIMEOUT_MS } = {},
): TpmTransport {
  const { name } = channel
  let pending: Promise<unknown> | undefined
  let closed = false
  const begin = <T>(call: () => Promise<T>): Promise<T> => {
    if (closed) throw new SuretyError('TPM_UNAVAILABLE', `${name} has been closed`)
    if (pending !== undefined) {
      throw new SuretyError('TPM_UNAVAILABLE', `${name} has not answered the previous command yet`)
    }
    const running = call()
    pending = running
    const forget = () => {
      pending = undefined
    }
    running.then(forget, forget)
    return running
  }
  const { bootLog, hierarchyPassword } = channel
  return {
    kind: 'resource-manager',
    get generation() {
      return channel.generation
    },
    async transmit(command, { signal }) {
      signal.throwIfAborted()
      return await answerOf(
        begin(() => channel.exchange(command)),
        channel,
        signal,
        responseTimeoutMs,
      )
    },
    ...(bootLog && { bootLog: async () => await begin(bootLog) }),
    ...(hierarchyPassword && {
      hierarchyPassword: async (hierarchy: 'owner' | 'endorsement') => await begin(() => hierarchyPassword(hierarchy)),
    }),
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      const close = () => channel.close()
      if (pending === undefined) return await close()
      // Closing would wait for the running command.
      channel.cancel?.()
      pending.then(close, close).catch(() => undefined)
    },
  }
}

async function answerOf(
  exchange: Promise<Uint8Array>,
  channel: TpmChannel,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Uint8Array> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    return await orAborted(exchange, either)
  } catch (error) {
    if (!either.aborted || error !== either.reason) throw error
    channel.cancel?.()
    throw signal.aborted ? signal.reason : new SuretyError('TPM_UNAVAILABLE', `${channel.name} does not answer`)
  }
}
