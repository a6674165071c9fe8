import { closeSync, openSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { SuretyError } from '../../../base/errors.ts'
import { readBounded } from '../../../system/files/bounded-read.ts'
import { errnoOf } from '../../../system/files/file-errors.ts'
import { exclusiveTransport } from './exclusive-transport.ts'
import { MAX_BOOT_LOG_BYTES, MAX_RESPONSE_BYTES, type TpmTransport } from './tpm-transport.ts'

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

/** The kernel runs a command inside `write` and limits its time. A system call cannot be cancelled. */
export function deviceTransport(device: TpmDevice, name: string, init?: { responseTimeoutMs?: number }): TpmTransport {
  const exchange = (command: Uint8Array) => exchangeWith(device, name, command)
  const [, index] = /^\/dev\/tpmrm(\d+)$/.exec(name) ?? []
  const bootLog = async () => (index === undefined ? undefined : readKernelBootLog(index))
  return exclusiveTransport({ name, generation: 1, exchange, bootLog, close: () => device.close() }, init)
}

/** The kernel keeps a copy of the firmware's log. Its file system may not be mounted, and only root may read it. */
function readKernelBootLog(index: string): Uint8Array | undefined {
  try {
    const fd = openSync(`/sys/kernel/security/tpm${index}/binary_bios_measurements`, 'r')
    try {
      return readBounded(fd, { maxBytes: MAX_BOOT_LOG_BYTES, expectedBytes: 64 * 1024 })
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
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
