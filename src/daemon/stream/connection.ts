import { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { Bytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { WakeUp } from '../../base/wake-up.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { SUBPROTOCOL, TLS_EXPORTER_LABEL } from '../../protocol/messages/version.ts'
import { parseDirectoryAddress } from './directory-address.ts'
import { parseRefusal } from './refusal.ts'
import { connectionError } from './tls-errors.ts'

/** A verified connection to the directory. Frames are text. */
export interface Connection extends Disposable {
  /** RFC 9266: identifies this TLS connection. 32 bytes. */
  readonly exporter: Bytes
  /**
   * Resolves once the kernel has the frame, so that a slow peer slows the sender down.
   *
   * @returns false when it could not be sent. `next` then throws the reason.
   */
  send(frame: string): Promise<boolean>
  /** @returns the next frame. @throws the reason why the connection ended, or the code of a refusal. */
  next(options: { signal: AbortSignal }): Promise<string>
  /** Sends a ping. @returns whether the peer was silent since the last call. */
  probe(): { readonly isSilent: boolean }
}

export interface ConnectInit {
  readonly url: string
  /** PEM. The only trusted certificate authority. */
  readonly caCertificate: string
}

export type Connect = (init: ConnectInit, options: { signal: AbortSignal }) => Promise<Connection>

const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * Opens `wss` with TLS 1.3 and full verification, host name included, against `caCertificate` alone.
 *
 * @throws `DIRECTORY_UNREACHABLE`, `CERTIFICATE_*`, `PROTOCOL_UNSUPPORTED`.
 */
export const connectWebSocket: Connect = (init, { signal }) => {
  signal.throwIfAborted()
  const { servername } = parseDirectoryAddress(init.url)
  const socket = new WebSocket(init.url, SUBPROTOCOL, {
    ca: [init.caCertificate],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ...(servername === undefined ? {} : { servername }),
    // A pooled connection could have the exporter of another one, and a resumed session would outlive a changed pin.
    agent: false,
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: LIMITS.frameBytes,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  })
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      signal.removeEventListener('abort', abort)
      socket.terminate()
      reject(cause)
    }
    const abort = () => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    let exporter: Bytes | undefined
    // Frames may arrive with the upgrade itself: the queue listens before.
    const queue = listen(socket)
    socket.once('error', (error) => fail(connectionError(error, init.url)))
    socket.once('upgrade', (response) => {
      exporter = exporterOf(response.socket)
    })
    socket.once('open', () => {
      signal.removeEventListener('abort', abort)
      if (exporter === undefined || socket.protocol !== SUBPROTOCOL) {
        return fail(new SuretyError('PROTOCOL_UNSUPPORTED', `the server does not speak ${SUBPROTOCOL} over TLS 1.3`))
      }
      resolve(connectionOf(socket, queue, exporter))
    })
  })
}

function exporterOf(socket: unknown): Bytes | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized || socket.getProtocol() !== 'TLSv1.3') return undefined
  return new Uint8Array(socket.exportKeyingMaterial(32, TLS_EXPORTER_LABEL, Buffer.alloc(0)))
}

function listen(socket: WebSocket): FrameQueue {
  const queue = new FrameQueue({ pause: () => socket.pause(), resume: () => socket.resume() })
  socket.on('message', (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) {
      queue.end(new SuretyError('FRAME_MALFORMED', 'the directory sends binary frames'))
      return socket.terminate()
    }
    queue.push(data.toString('utf8'))
  })
  socket.on('error', (error) => queue.end(connectionError(error)))
  socket.on('close', (code) => {
    queue.end(new SuretyError('DIRECTORY_UNREACHABLE', `the directory closed the connection (${code})`))
  })
  return queue
}

function connectionOf(socket: WebSocket, queue: FrameQueue, exporter: Bytes): Connection {
  let isSilent = false
  const onHeard = () => {
    isSilent = false
  }
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, onHeard)
  return {
    exporter,
    send: (frame) =>
      new Promise((resolve) => {
        // `ws` throws before the end of the handshake only, and this connection is open or closing.
        socket.send(frame, (error) => resolve(!error))
      }),
    async next(options) {
      const frame = await queue.next(options)
      if (frame.startsWith('{')) throw parseRefusal(frame)
      return frame
    },
    probe() {
      const wasSilent = isSilent
      isSilent = true
      if (socket.readyState === WebSocket.OPEN) socket.ping()
      return { isSilent: wasSilent }
    },
    [Symbol.dispose]() {
      queue.end(new SuretyError('DIRECTORY_UNREACHABLE', 'the connection was closed'))
      socket.close(1000)
      // Does not wait for the peer's answer to the close.
      socket.terminate()
    },
  }
}

const PAUSE_AT = 64

/** Frames that were received and not read yet. The socket is paused while there are many, so that nothing is dropped. */
export class FrameQueue {
  readonly #flow: { pause(): void; resume(): void }
  readonly #frames: string[] = []
  #ended: { readonly error: Error } | undefined
  readonly #changed = new WakeUp()
  #paused = false

  constructor(flow: { pause(): void; resume(): void }) {
    this.#flow = flow
  }

  push(frame: string): void {
    if (this.#ended !== undefined) return
    this.#frames.push(frame)
    if (this.#frames.length >= PAUSE_AT && !this.#paused) {
      this.#paused = true
      this.#flow.pause()
    }
    this.#changed.wake()
  }

  /** Ends the queue. Frames received before are still read. Only the first call counts. */
  end(error: Error): void {
    this.#ended ??= { error }
    this.#changed.wake()
  }

  /** Only one reader may wait at a time. @throws the error that the queue ended with, or the signal's reason. */
  async next({ signal }: { signal: AbortSignal }): Promise<string> {
    for (;;) {
      signal.throwIfAborted()
      const frame = this.#frames.shift()
      if (frame !== undefined) {
        if (this.#paused && this.#frames.length < PAUSE_AT / 2) {
          this.#paused = false
          this.#flow.resume()
        }
        return frame
      }
      if (this.#ended !== undefined) throw this.#ended.error
      await this.#changed.wait({ signal })
    }
  }
}
