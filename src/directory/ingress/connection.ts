import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { refusalOf } from './refusal.ts'

/** One device's WebSocket as a session sees it: text frames, bounded before they are buffered. */
export interface Connection {
  readonly address: string
  /** Aborted once the socket is closed. */
  readonly signal: AbortSignal
  /** RFC 9266 exporter of this TLS connection. */
  exporter(label: string): Uint8Array<ArrayBuffer>
  /** Before authentication: so many bytes more may come, in frames of at most `maxFrameBytes`. */
  allow(limits: { readonly bytes: number; readonly maxFrameBytes: number }): void
  /** From now on only the size of a frame is bounded, by rate and quota elsewhere. */
  authenticated(): void
  send(frame: string): void
  /** @throws the reason why the connection ended. */
  next(): Promise<string>
  /** Nothing more waits to be read here. */
  readonly idle: boolean
  /** Says why, then closes. Only the first word counts. */
  refuse(error: unknown): void
  close(code: number, reason: string): void
  /** Pings, or gives the peer up when it has not answered a few. */
  heartbeat(): void
}

/** Frame header, mask, and the pongs and pings of a well-behaved peer. */
const OVERHEAD_BYTES = 256
/** What may wait for the session before the socket is no longer read. Frames, characters. */
const INBOX_FRAMES = 32
const INBOX_LENGTH = LIMITS.frameBytes
/** A device has no reason to ping more often between two of our heartbeats. */
const MAX_PINGS = 100
/** A peer that reads so slowly is cut off. */
const MAX_UNSENT_BYTES = 4 * LIMITS.frameBytes
const MAX_MISSED_PONGS = 3
const POLICY_VIOLATION = 1008

export interface ConnectionInit {
  readonly address: string
  /** Its hello was accepted. */
  readonly onChallenged: () => void
  readonly onAuthenticated: () => void
}

export function connection(ws: WebSocket, socket: TLSSocket, init: ConnectionInit): Connection {
  const ended = new AbortController()
  const inbox: string[] = []
  let inboxLength = 0
  let pings = 0
  let reader: { resolve: (frame: string) => void; reject: (reason: unknown) => void } | undefined
  let maxFrameBytes: number = LIMITS.helloBytes
  let budget = LIMITS.helloBytes + OVERHEAD_BYTES
  let missedPongs = 0
  let saidWhy = false

  const end = (reason: unknown) => {
    if (ended.signal.aborted) return
    ended.abort(reason)
    reader?.reject(reason)
    reader = undefined
  }
  const refuse = (error: unknown) => {
    if (saidWhy || ended.signal.aborted) return
    saidWhy = true
    const refusal = refusalOf(error)
    if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(refusal))
    ws.close(POLICY_VIOLATION, refusal.code)
    end(error)
  }
  const countBytes = (chunk: Buffer) => {
    budget -= chunk.length
    if (budget >= 0) return
    socket.off('data', countBytes)
    refuse(new SuretyError('FRAME_TOO_LARGE', 'more bytes than a device may send before it is authenticated'))
    // What is already on its way must not be buffered by the WebSocket's parser.
    socket.removeAllListeners('data')
    socket.destroySoon()
  }
  const take = (frame: string) => {
    if (reader !== undefined) {
      reader.resolve(frame)
      reader = undefined
      return
    }
    inbox.push(frame)
    inboxLength += frame.length
    if (inbox.length >= INBOX_FRAMES || inboxLength >= INBOX_LENGTH) ws.pause()
  }

  ws.on('message', (data: Buffer, isBinary: boolean) => {
    if (ended.signal.aborted) return
    if (isBinary) return refuse(new SuretyError('FRAME_MALFORMED', 'a binary frame'))
    if (data.length > maxFrameBytes) {
      return refuse(new SuretyError('FRAME_TOO_LARGE', `a frame of more than ${maxFrameBytes} bytes`))
    }
    take(data.toString('utf8'))
  })
  ws.on('pong', () => {
    missedPongs = 0
  })
  ws.on('ping', () => {
    if (++pings > MAX_PINGS) ws.terminate()
  })
  ws.on('error', () => ws.terminate()) // what it sent was no WebSocket; `close` follows
  ws.on('close', () => end(new SuretyError('SESSION_TIMEOUT', 'the connection was closed')))
  socket.prependListener('data', countBytes)

  return {
    address: init.address,
    signal: ended.signal,
    exporter: (label) => new Uint8Array(socket.exportKeyingMaterial(32, label, Buffer.alloc(0))),
    allow(limits) {
      budget = limits.bytes + OVERHEAD_BYTES
      maxFrameBytes = limits.maxFrameBytes
      init.onChallenged()
    },
    authenticated() {
      socket.off('data', countBytes)
      maxFrameBytes = LIMITS.frameBytes
      init.onAuthenticated()
    },
    send(frame) {
      if (ended.signal.aborted || ws.readyState !== ws.OPEN) return
      if (ws.bufferedAmount > MAX_UNSENT_BYTES) ws.terminate()
      else ws.send(frame)
    },
    next() {
      const frame = inbox.shift()
      if (frame !== undefined) {
        inboxLength -= frame.length
        if (inbox.length === 0 && ws.isPaused) ws.resume()
        return Promise.resolve(frame)
      }
      if (ended.signal.aborted) return Promise.reject(ended.signal.reason)
      return new Promise((resolve, reject) => {
        reader = { resolve, reject }
      })
    },
    get idle() {
      return inbox.length === 0
    },
    refuse,
    close(code, reason) {
      ws.close(code, reason)
      end(new SuretyError('SESSION_TIMEOUT', reason))
    },
    heartbeat() {
      pings = 0
      if (++missedPongs > MAX_MISSED_PONGS) ws.terminate()
      else if (ws.readyState === ws.OPEN) ws.ping()
    },
  }
}
