import { constants } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { SUBPROTOCOL } from '../../protocol/messages/version.ts'
import type { Reception, Stream } from './session.ts'
import type { Connection } from './sockets/connection.ts'
import { deadlines } from './sockets/deadlines.ts'
import { largeFrameSlots } from './sockets/large-frame-slots.ts'
import { listenOnSeveralSockets } from './sockets/multi-socket-listener.ts'
import { receiveBufferLimit } from './sockets/receive-buffer-limit.ts'
import { destroyThis, tlsAdmission } from './sockets/tls-admission.ts'
import { WebSocketConnection } from './sockets/websocket-connection.ts'

export interface ListenerComponents {
  readonly clock: Clock
  readonly log: Log
  readonly tls: () => { readonly key: string; readonly cert: string }
  readonly reception: Reception
  /** Answers a request for a public file; false when there is none at its path. */
  readonly serveFile?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
}

export interface ListenerInit {
  readonly host: string
  readonly port: number
  /** See `WideListenerInit`. */
  readonly spreadsConnections: boolean
  readonly pendingSockets: number
  readonly pendingSocketsPerAddress: number
  readonly unprovenPerSecond: number
  readonly handshakeTimeoutMs: number
  readonly heartbeatMs?: number
}

/** Listens for devices: TLS 1.3 and WebSocket only. */
export interface Listener extends AsyncDisposable {
  readonly port: number
  /** Open WebSockets, and sockets whose device is not authenticated yet. */
  readonly connections: number
  readonly pending: number
  /** Makes new connections use the certificate that `tls` returns now. */
  renewCredentials(): void
}

const HEARTBEAT_MS = 25_000
/** A frame that exceeds the limit by at most this much is refused with a code instead of being cut off. */
const SLACK_BYTES = 4 * 1024
/** The most TLS records of one frame. A device sends full records of 16 KiB; a proxy may send some hundreds. */
const MAX_RECORDS = 4096
const GOING_AWAY = 1001
const LAST_WORDS_MS = 1_000
/** How long a peer may take to answer a close frame. The types of `ws` lack this option. */
const CLOSING = { closeTimeout: 5_000 }

/** @throws the system's error when the address cannot be listened on. */
export async function listenForDevices(components: ListenerComponents, init: ListenerInit): Promise<Listener> {
  const { clock, log, tls, reception, serveFile } = components
  const open = new Map<Connection, Promise<void>>()
  const stopped = new AbortController()
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    ...CLOSING,
    maxPayload: LIMITS.frameBytes + SLACK_BYTES,
    maxBufferedChunks: MAX_RECORDS,
    handleProtocols: () => SUBPROTOCOL,
  })
  const server = createServer({
    ...tls(),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET, // every connection attests, so resumption gains nothing
    // Same result as the default, which copies its list for every connection into a pool that stays in memory.
    ALPNCallback: ({ protocols }) => protocols.find((name) => name === 'http/1.1'),
    handshakeTimeout: init.handshakeTimeoutMs,
    maxHeaderSize: 8 * 1024,
  })

  const admission = tlsAdmission((socket) => server.emit('connection', socket), {
    total: init.pendingSockets,
    perAddress: init.pendingSocketsPerAddress,
    unprovenPerSecond: init.unprovenPerSecond,
    timeoutMs: init.handshakeTimeoutMs,
    now: () => performance.now(), // the clock of the socket timers
  })
  server.on('request', (request, response) => {
    if (request.socket instanceof TLSSocket && serveFile?.(request, response) === true) {
      return void response.once('close', admission.answering(request.socket))
    }
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end()
    return undefined
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOfUpgrade(request)
    if (refusal !== undefined || !(socket instanceof TLSSocket)) return answer(socket, refusal ?? 'no TLS')
    // `ws` listens for errors itself. A third listener would make Node allocate room for many more.
    webSockets.handleUpgrade(request, socket, head, (ws) => accept(ws, socket))
    return undefined
  })

  const due = deadlines({ clock })
  const shared = {
    deadlines: due,
    bufferLimit: receiveBufferLimit(),
    largeFrames: largeFrameSlots({ deadlines: due }),
    onChallenged: (socket: TLSSocket) => admission.reached(socket, 'challenged'),
    onAuthenticated: (socket: TLSSocket) => admission.authenticated(socket),
  }
  const accept = (ws: WebSocket, socket: TLSSocket) => {
    admission.reached(socket, 'upgraded')
    const one = new WebSocketConnection(shared, ws, socket, {
      address: socket.remoteAddress ?? '',
      wire: admission.below(socket) ?? socket,
      helloWithinMs: init.handshakeTimeoutMs,
    })
    if (stopped.signal.aborted) return one.close(GOING_AWAY, 'shutting down')
    if (admission.isRefused(socket))
      return one.refuse(new SuretyError('SESSION_LIMIT', 'too many devices are connecting'))
    open.set(one, serve(one))
    return undefined
  }
  const refuse = (one: Connection, error: unknown, device: string | undefined) => {
    try {
      reception.failed(one, error, device)
    } catch (failure) {
      log.error('a session failed', { error: describeError(failure) }) // no caller can catch it
    }
  }
  // The only async frame that stays alive while a device is connected.
  const serve = async (one: Connection) => {
    let stream: Stream | undefined
    try {
      stream = await reception.meet(one)
      await stream?.enter()
      await stream?.run()
    } catch (error) {
      refuse(one, error, stream?.device)
    } finally {
      stream?.leave()
      open.delete(one)
    }
  }

  const listening = await listenOnSeveralSockets({
    host: init.host,
    port: init.port,
    spreadsConnections: init.spreadsConnections,
    taken: admission.arrived,
    // Usually too many open files. Open connections continue.
    failed: (error) =>
      log.error('a connection could not be accepted: check the limit of open files', { error: describeError(error) }),
  })
  const beating = beat()
  return {
    port: listening.port,
    get connections() {
      return open.size
    },
    get pending() {
      return admission.pending
    },
    renewCredentials: () => server.setSecureContext({ ...tls(), minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }),
    async [Symbol.asyncDispose]() {
      stopped.abort()
      const closed = listening.close()
      const served = [...open.values()]
      for (const one of open.keys()) one.close(GOING_AWAY, 'shutting down')
      await Promise.all([...served, beating])
      // Peers that do not close in time are cut off.
      const deadline = setTimeout(() => admission.destroyAll(), LAST_WORDS_MS)
      await closed
      clearTimeout(deadline)
    },
  }

  async function beat(): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(init.heartbeatMs ?? HEARTBEAT_MS, { signal: stopped.signal })
      } catch {
        return // stopped
      }
      for (const one of open.keys()) one.heartbeat()
    }
  }
}

/** @returns why the upgrade is refused. Browsers send an origin, devices do not. */
function refusalOfUpgrade({ headers, url }: IncomingMessage): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (!offered.includes(SUBPROTOCOL)) return `PROTOCOL_UNSUPPORTED: offer the subprotocol ${SUBPROTOCOL}`
  if (headers.origin !== undefined) return 'not for browsers'
  return url === '/' ? undefined : 'there is nothing here'
}

/** Answers and closes, without waiting for the peer to read or close. */
function answer(socket: Duplex, message: string): void {
  socket.on('error', destroyThis)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${message}\n`)
}
