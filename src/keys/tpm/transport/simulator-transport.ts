import { createConnection, type Socket } from 'node:net'
import { concatBytes } from '../../../base/bytes.ts'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../../../system/files/file-errors.ts'
import { MAX_RESPONSE_BYTES, RESPONSE_TIMEOUT_MS, type TpmTransport } from './tpm-transport.ts'

const HEADER_BYTES = 10

/**
 * The raw command stream of a simulator such as swtpm. It serves one client at a time; a second one gets no answer. A lost
 * connection is opened again for the next command.
 *
 * @param address `unix:/path` or `tcp:host:port`.
 * @throws `CONFIG_INVALID` for any other address.
 */
export function simulatorTransport(address: string, { responseTimeoutMs = RESPONSE_TIMEOUT_MS } = {}): TpmTransport {
  const where = parseSimulatorAddress(address)
  let socket: Socket | undefined
  let generation = 0
  const drop = () => {
    socket?.destroy()
    socket = undefined
  }
  return {
    kind: 'simulator',
    get generation() {
      return generation
    },
    async transmit(command, { signal }) {
      signal.throwIfAborted()
      const either = AbortSignal.any([signal, AbortSignal.timeout(responseTimeoutMs)])
      try {
        if (socket === undefined || socket.destroyed || !socket.writable) {
          socket = await connect(where, either)
          generation++
        }
        return await exchange(socket, command, either)
      } catch (cause) {
        // The next bytes of this connection would answer the wrong command.
        drop()
        if (signal.aborted) throw signal.reason
        if (cause instanceof SuretyError) throw cause
        const reason = either.aborted ? 'no answer; another client may be connected' : (errnoOf(cause) ?? String(cause))
        throw new SuretyError('TPM_UNAVAILABLE', `TPM simulator ${address}: ${reason}`, { cause })
      }
    },
    async [Symbol.asyncDispose]() {
      drop()
    },
  }
}

type Address = { readonly path: string } | { readonly host: string; readonly port: number }

function parseSimulatorAddress(address: string): Address {
  const [, path] = /^unix:(\/.+)$/.exec(address) ?? []
  if (path !== undefined) return { path }
  const [, host, port] = /^tcp:(.+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined || Number(port) > 65_535) {
    throw new SuretyError('CONFIG_INVALID', 'the address of a TPM simulator is unix:/path or tcp:host:port')
  }
  return { host, port: Number(port) }
}

function connect(where: Address, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(where)
    const abort = () => socket.destroy(new Error('aborted'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', reject)
      // After an error between commands, the next command connects again.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

function exchange(socket: Socket, command: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let received: Uint8Array = new Uint8Array()
    const finish = (settle: () => void) => {
      socket.off('data', take).off('error', fail).off('close', closed)
      signal.removeEventListener('abort', abort)
      settle()
    }
    const fail = (error: Error) => finish(() => reject(error))
    const closed = () => fail(new SuretyError('TPM_UNAVAILABLE', 'the TPM simulator closed the connection'))
    const abort = () => fail(new Error('aborted'))
    const take = (chunk: Uint8Array) => {
      received = concatBytes(received, chunk)
      const size = responseSize(received)
      if (size === undefined || received.length < size) return
      if (received.length > size || size > MAX_RESPONSE_BYTES) {
        return fail(
          new SuretyError(
            'TPM_STRUCTURE_MALFORMED',
            `a response of ${received.length} bytes with a stated size of ${size}`,
          ),
        )
      }
      finish(() => resolve(received))
    }
    socket.on('data', take).on('error', fail).on('close', closed)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    else socket.write(command)
  })
}

/** The size in the header of a response, once the header has arrived. */
function responseSize(received: Uint8Array): number | undefined {
  if (received.length < HEADER_BYTES) return undefined
  const size = new DataView(received.buffer, received.byteOffset).getUint32(2)
  // An absurd size counts as 0, so that we do not wait for four gigabytes.
  return size < HEADER_BYTES || size > MAX_RESPONSE_BYTES ? 0 : size
}
