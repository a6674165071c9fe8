import { open, stat } from 'node:fs/promises'
import { orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { MAX_RESPONSE_BYTES, RESPONSE_TIMEOUT_MS, type TpmTransport } from './tpm-transport.ts'

/** The open device file: one write per command, one read per response. */
export interface TpmDevice {
  write(bytes: Uint8Array): Promise<{ bytesWritten: number }>
  read(buffer: Uint8Array): Promise<{ bytesRead: number }>
  close(): Promise<void>
}

/**
 * Opens the kernel's resource manager, `/dev/tpmrm0`.
 *
 * @throws `TPM_UNAVAILABLE` when the file is absent, is no device or may not be opened; `TPM_BUSY`.
 */
export async function openDeviceTransport(path: string): Promise<TpmTransport> {
  try {
    // Checked first: opening a FIFO would block a thread of the pool forever.
    if (!(await stat(path)).isCharacterDevice()) throw new SuretyError('TPM_UNAVAILABLE', `${path} is not a device`)
    const file = await open(path, 'r+')
    return deviceTransport(
      { write: (bytes) => file.write(bytes), read: (buffer) => file.read(buffer), close: () => file.close() },
      path,
    )
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    if (isBusy(cause)) throw busy(path, cause)
    const hint = errnoOf(cause) === 'EACCES' ? ' (run as root, or as a member of group tss)' : ''
    throw new SuretyError('TPM_UNAVAILABLE', `${path}: ${errnoOf(cause) ?? 'cannot be opened'}${hint}`, { cause })
  }
}

/**
 * The kernel runs a command inside `write` and limits its time. A system call cannot be cancelled, so after a timeout or
 * an abort this transport refuses commands until the call has returned. At most one thread of the pool waits for the TPM.
 */
export function deviceTransport(
  device: TpmDevice,
  name: string,
  { responseTimeoutMs = RESPONSE_TIMEOUT_MS } = {},
): TpmTransport {
  let pending: Promise<Uint8Array> | undefined
  let closed = false
  return {
    kind: 'resource-manager',
    generation: 1,
    async transmit(command, { signal }) {
      signal.throwIfAborted()
      if (closed) throw new SuretyError('TPM_UNAVAILABLE', `${name} has been closed`)
      if (pending !== undefined) {
        throw new SuretyError('TPM_UNAVAILABLE', `${name} has not answered the previous command yet`)
      }
      const exchange = exchangeWith(device, name, command)
      pending = exchange
      const forget = () => {
        pending = undefined
      }
      exchange.then(forget, forget)
      return await answerOf(exchange, name, signal, responseTimeoutMs)
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      const close = () => device.close()
      // Closing would wait for a running command.
      if (pending === undefined) await close()
      else pending.then(close, close).catch(() => undefined)
    },
  }
}

async function exchangeWith(device: TpmDevice, name: string, command: Uint8Array): Promise<Uint8Array> {
  try {
    const { bytesWritten } = await device.write(command)
    if (bytesWritten !== command.length)
      throw new SuretyError('TPM_UNAVAILABLE', `${name} accepted only a part of the command`)
    const buffer = new Uint8Array(MAX_RESPONSE_BYTES)
    const { bytesRead } = await device.read(buffer)
    return buffer.slice(0, bytesRead)
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    if (isBusy(cause)) throw busy(name, cause)
    throw new SuretyError('TPM_UNAVAILABLE', `${name}: ${errnoOf(cause) ?? 'failed'}`, { cause })
  }
}

/** Another program holds the device (a TPM without resource manager), or the last response was not read yet. */
function isBusy(cause: unknown): boolean {
  return errnoOf(cause) === 'EBUSY' || errnoOf(cause) === 'EAGAIN'
}

/** Unlike an absent TPM, a busy one must never lead to weaker keys. */
function busy(name: string, cause: unknown): SuretyError {
  return new SuretyError('TPM_BUSY', `${name}: in use by another program`, { cause })
}

async function answerOf(
  exchange: Promise<Uint8Array>,
  name: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Uint8Array> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, deadline])
  try {
    return await orAborted(exchange, either)
  } catch (error) {
    if (!either.aborted || error !== either.reason) throw error
    throw signal.aborted ? signal.reason : new SuretyError('TPM_UNAVAILABLE', `${name} does not answer`)
  }
}
