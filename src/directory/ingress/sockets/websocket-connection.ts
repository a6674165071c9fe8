import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { codeOf, type ErrorCode, SuretyError } from '../../../base/errors.ts'
import { LIMITS } from '../../../protocol/limits.ts'
import type { Refusal } from '../../../protocol/messages/frames.ts'
import type { BeforeAuthentication, Connection, FrameTaker } from './connection.ts'
import type { Deadlines } from './deadlines.ts'
import { FrameDelivery } from './frame-delivery.ts'
import { type Reads, ReceiveLimits, type ReceiveLimitsComponents } from './receive-limits.ts'

/** Pings and pongs together between two heartbeats. A device has no reason to send more. */
const MAX_CONTROL_FRAMES = 100
/** A peer with more unsent bytes reads too slowly and is cut off. */
const MAX_UNSENT_BYTES = 4 * LIMITS.frameBytes
const MAX_MISSED_PONGS = 3
/** What a refused device may still send until it has read the refusal. Beyond that it is not read any more. */
const MAX_BYTES_AFTER_END = 64 * 1024
const POLICY_VIOLATION = 1008

export interface ConnectionInit {
  readonly address: string
  /** The socket below TLS: bytes are counted there because each TLS record has a cost, even with one byte in it. */
  readonly wire: Pick<Socket, 'bytesRead'>
  /** The time limit for the hello. */
  readonly helloWithinMs: number
}

/** Shared by all connections. */
export interface ConnectionComponents extends ReceiveLimitsComponents {
  readonly deadlines: Deadlines
  /** The hello was accepted. */
  readonly onChallenged: (socket: TLSSocket) => void
  readonly onAuthenticated: (socket: TLSSocket) => void
}

/** Thousands of these are idle, so rarely used parts are created on first use. */
export class WebSocketConnection implements Connection, Reads {
  readonly address: string
  readonly #components: ConnectionComponents
  readonly #ws: WebSocket
  readonly #socket: TLSSocket
  readonly #wire: Pick<Socket, 'bytesRead'>
  readonly #received: ReceiveLimits
  readonly #delivery: FrameDelivery
  #ended: { readonly reason: unknown } | undefined
  #abort: AbortController | undefined
  #maxFrameBytes = 0
  #controlFrames = 0
  #cameBefore = 0
  #missedPongs = 0
  #corked = false
  #isRefused = false

  constructor(components: ConnectionComponents, ws: WebSocket, socket: TLSSocket, init: ConnectionInit) {
    this.address = init.address
    this.#components = components
    this.#ws = ws
    this.#socket = socket
    this.#wire = init.wire
    this.#received = new ReceiveLimits(components, this)
    this.#delivery = new FrameDelivery(ws, this.#received)
    this.#limit({ bytes: LIMITS.helloBytes, maxFrameBytes: LIMITS.helloBytes, ms: init.helloWithinMs })
    socket.prependListener('data', (chunk: Buffer) => this.#received.came(chunk.length))
    Object.assign(ws, { owner: this })
    const { message, pong, ping, error, close } = WebSocketConnection.#listeners
    ws.on('message', message).on('pong', pong).on('ping', ping).on('error', error).on('close', close)
  }

  /** Shared by all instances. */
  static readonly #listeners = {
    message(this: WebSocket, data: Buffer, isBinary: boolean) {
      ownerOf(this).#receive(data, isBinary)
    },
    pong(this: WebSocket) {
      ownerOf(this).#missedPongs = 0
      ownerOf(this).#countControlFrame()
    },
    ping(this: WebSocket) {
      ownerOf(this).#countControlFrame()
    },
    /** The peer violated the WebSocket protocol. `close` follows. */
    error(this: WebSocket) {
      this.terminate()
    },
    close(this: WebSocket) {
      ownerOf(this).#end(new SuretyError('SESSION_TIMEOUT', 'the connection was closed'))
    },
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#ended !== undefined) this.#abort.abort(this.#ended.reason)
    return this.#abort.signal
  }

  get idle(): boolean {
    return this.#delivery.idle
  }

  get flooded(): boolean {
    return this.#controlFrames > MAX_CONTROL_FRAMES
  }

  came(): number {
    const before = this.#cameBefore
    this.#cameBefore = this.#wire.bytesRead
    return this.#cameBefore - before
  }

  exporter(label: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#socket.exportKeyingMaterial(32, label, Buffer.alloc(0)))
  }

  allow(limits: BeforeAuthentication): void {
    this.#limit(limits)
    this.#components.onChallenged(this.#socket)
  }

  authenticated(): void {
    this.#received.authenticated()
    this.#components.deadlines.clear(this)
    this.#maxFrameBytes = LIMITS.frameBytes
    this.came() // the handshake does not count towards the rate
    this.#components.onAuthenticated(this.#socket)
  }

  send(frame: string): void {
    if (this.#ended !== undefined || this.#ws.readyState !== this.#ws.OPEN) return
    if (this.#ws.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#ws.terminate()
    } else {
      this.#cork()
      this.#ws.send(frame)
    }
  }

  sent(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  next(): Promise<string> {
    return this.#delivery.next()
  }

  deliver(taker: FrameTaker): Promise<never> {
    return this.#delivery.deliver(taker)
  }

  refuse(error: unknown): void {
    if (this.#isRefused || this.#ended !== undefined) return
    this.#isRefused = true
    const refusal = refusalOf(error)
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(JSON.stringify(refusal))
    this.#ws.close(POLICY_VIOLATION, refusal.code)
    this.#end(error)
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason)
    this.#end(new SuretyError('SESSION_TIMEOUT', reason))
  }

  heartbeat(): void {
    if (!this.flooded) this.#controlFrames = 0
    if (++this.#missedPongs > MAX_MISSED_PONGS) this.#ws.terminate()
    else if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping()
  }

  #limit({ bytes, maxFrameBytes, ms }: BeforeAuthentication): void {
    // It may have ended while its hello was read. Nothing would clear the deadline.
    if (this.#ended !== undefined) return
    this.#received.limit(bytes)
    this.#maxFrameBytes = maxFrameBytes
    this.#components.deadlines.set(this, ms, () =>
      this.refuse(new SuretyError('SESSION_TIMEOUT', 'the device took too long to authenticate')),
    )
  }

  get isFree(): boolean {
    return this.#delivery.isFree
  }

  hold(): void {
    this.#ws.pause()
  }

  readOn(): void {
    this.#delivery.read()
  }

  /** Refuses and stops parsing, so that bytes in flight are not buffered. */
  cutOff(error: SuretyError): void {
    this.refuse(error)
    this.#socket.removeAllListeners('data')
    this.#socket.destroySoon()
  }

  /** Control frames cost as much as small frames but are in no rate, so their number is limited. */
  #countControlFrame(): void {
    if (++this.#controlFrames !== MAX_CONTROL_FRAMES + 1) return
    this.#end(new SuretyError('SESSION_LIMIT', 'the device sent too many pings and pongs'))
    this.#ws.terminate()
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#ended !== undefined) {
      // A refused peer may keep sending until the close timeout.
      if (this.#wire.bytesRead - this.#cameBefore > MAX_BYTES_AFTER_END) this.#ws.pause()
      return
    }
    if (isBinary) {
      this.refuse(new SuretyError('FRAME_MALFORMED', 'binary frames are not allowed'))
    } else if (data.length > this.#maxFrameBytes) {
      this.refuse(new SuretyError('FRAME_TOO_LARGE', `the frame has more than ${this.#maxFrameBytes} bytes`))
    } else {
      const frame = data.toString('utf8')
      this.#received.completed(data.length, frame.length)
      this.#delivery.push(frame)
    }
  }

  /** Frames sent in one loop turn leave in one TLS record. */
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#corked = false
      this.#socket.uncork()
    })
  }

  #end(reason: unknown): void {
    if (this.#ended !== undefined) return
    this.#ended = { reason }
    this.came()
    this.#components.deadlines.clear(this)
    this.#abort?.abort(reason)
    this.#delivery.end(reason)
  }
}

function ownerOf(ws: WebSocket): WebSocketConnection {
  return (ws as WebSocket & { readonly owner: WebSocketConnection }).owner // its constructor wrote it there
}

/** When to retry, where retrying sooner would not help. */
const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = {
  SESSION_LIMIT: 5_000,
  ENROLMENT_PENDING: 15_000,
  STORE_FAILED: 10_000,
  QUOTA_EXCEEDED: 3_600_000,
}

/** Internal errors, whose messages must not reach a device. */
const INTERNAL: readonly ErrorCode[] = ['STORE_FAILED', 'STORE_CORRUPT', 'CONFLICT']

/** The refusal that a device receives for an error. Internal and unexpected errors are replaced by a general one. */
export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  const known = code !== undefined && !INTERNAL.includes(code) && error instanceof SuretyError
  const disclosed = known ? code : 'STORE_FAILED'
  const retryAfterMs = RETRY_AFTER_MS[disclosed]
  return {
    type: 'refusal',
    code: disclosed,
    message: known ? error.message.slice(0, 500) : 'the directory could not do that now',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}
