import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { BeforeAuthentication, Connection, FrameTaker } from './connection.ts'
import type { Deadlines } from './deadlines.ts'
import { Inbox } from './inbox.ts'
import { refusalOf } from './refusal.ts'

/** Frame header, mask, and the pongs and pings of a well-behaved peer. */
const OVERHEAD_BYTES = 256
/** Pings and pongs together: a device has no reason to send more between two of our heartbeats. */
const MAX_CONTROL_FRAMES = 100
/** A peer that reads so slowly is cut off. */
const MAX_UNSENT_BYTES = 4 * LIMITS.frameBytes
const MAX_MISSED_PONGS = 3
/** What may be on its way from a device that reads why it was refused. Beyond that it is not read until it hangs up. */
const MAX_BYTES_AFTER_END = 64 * 1024
const POLICY_VIOLATION = 1008

export interface ConnectionInit {
  readonly address: string
  /** Below TLS, of which each record has its price, be there one byte in it. */
  readonly wire: Pick<Socket, 'bytesRead'>
  /** From now to the hello. */
  readonly helloWithinMs: number
}

/** What all connections share. */
export interface ConnectionComponents {
  readonly deadlines: Deadlines
  /** Its hello was accepted. */
  readonly onChallenged: (socket: TLSSocket) => void
  readonly onAuthenticated: (socket: TLSSocket) => void
}

/** Thousands of these lie idle in a directory: what few of them need is made when it is needed. */
export class WebSocketConnection implements Connection {
  readonly address: string
  readonly #components: ConnectionComponents
  readonly #ws: WebSocket
  readonly #socket: TLSSocket
  readonly #wire: Pick<Socket, 'bytesRead'>
  #inbox: Inbox | undefined
  #reader: { resolve: (frame: string) => void; reject: (reason: unknown) => void } | undefined
  #taker: FrameTaker | undefined
  #delivered: ((reason: unknown) => void) | undefined
  #delivering = false
  #ended: { readonly reason: unknown } | undefined
  #abort: AbortController | undefined
  #countBytes: ((chunk: Buffer) => void) | undefined
  #budget = 0
  #maxFrameBytes = 0
  #controlFrames = 0
  #cameBefore = 0
  #missedPongs = 0
  #corked = false
  #saidWhy = false

  constructor(components: ConnectionComponents, ws: WebSocket, socket: TLSSocket, init: ConnectionInit) {
    this.address = init.address
    this.#components = components
    this.#ws = ws
    this.#socket = socket
    this.#wire = init.wire
    this.#limit({ bytes: LIMITS.helloBytes, maxFrameBytes: LIMITS.helloBytes, ms: init.helloWithinMs })
    this.#countBytes = (chunk) => this.#count(chunk)
    socket.prependListener('data', this.#countBytes)
    Object.assign(ws, { owner: this })
    const { message, pong, ping, error, close } = WebSocketConnection.#listeners
    ws.on('message', message).on('pong', pong).on('ping', ping).on('error', error).on('close', close)
  }

  /** The same for all of them. */
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
    /** What it sent was no WebSocket; `close` follows. */
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
    return this.#inbox === undefined
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
    this.#stopCounting()
    this.#components.deadlines.clear(this)
    this.#maxFrameBytes = LIMITS.frameBytes
    this.came() // that was the handshake
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
    const frame = this.#shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#ended !== undefined) return Promise.reject(this.#ended.reason)
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  deliver(taker: FrameTaker): Promise<never> {
    this.#taker = taker
    return new Promise((_, reject) => {
      this.#delivered = reject
      void this.#deliver(this.#shift())
    })
  }

  refuse(error: unknown): void {
    if (this.#saidWhy || this.#ended !== undefined) return
    this.#saidWhy = true
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
    this.#budget = bytes + OVERHEAD_BYTES
    this.#maxFrameBytes = maxFrameBytes
    this.#components.deadlines.set(this, ms, () =>
      this.refuse(new SuretyError('SESSION_TIMEOUT', 'the device took too long to authenticate')),
    )
  }

  #count(chunk: Buffer): void {
    this.#budget -= chunk.length
    if (this.#budget >= 0) return
    this.#stopCounting()
    this.refuse(new SuretyError('FRAME_TOO_LARGE', 'more bytes than a device may send before it is authenticated'))
    // What is already on its way must not be buffered by the WebSocket's parser.
    this.#socket.removeAllListeners('data')
    this.#socket.destroySoon()
  }

  #stopCounting(): void {
    if (this.#countBytes !== undefined) this.#socket.off('data', this.#countBytes)
    this.#countBytes = undefined
  }

  /** They cost as much as a small frame, and no rate is asked for them. */
  #countControlFrame(): void {
    if (++this.#controlFrames !== MAX_CONTROL_FRAMES + 1) return
    this.#end(new SuretyError('SESSION_LIMIT', 'more pings and pongs than anybody has a use for'))
    this.#ws.terminate()
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#ended !== undefined) {
      // Whoever is only told goodbye may go on sending for as long as that is waited for.
      if (this.#wire.bytesRead - this.#cameBefore > MAX_BYTES_AFTER_END) this.#ws.pause()
      return
    }
    if (isBinary) {
      this.refuse(new SuretyError('FRAME_MALFORMED', 'a binary frame'))
    } else if (data.length > this.#maxFrameBytes) {
      this.refuse(new SuretyError('FRAME_TOO_LARGE', `a frame of more than ${this.#maxFrameBytes} bytes`))
    } else {
      this.#take(data.toString('utf8'))
    }
  }

  /** What came first of what waits. */
  #shift(): string | undefined {
    const frame = this.#inbox?.shift()
    if (this.#inbox?.isEmpty === true) {
      this.#inbox = undefined
      if (this.#ws.isPaused) this.#ws.resume()
    }
    return frame
  }

  /** Runs only while there is something to deliver: a function that waits takes as much as the rest of this. */
  async #deliver(first: string | undefined): Promise<void> {
    this.#delivering = true
    try {
      for (let frame = first; frame !== undefined; frame = this.#shift()) await this.#taker?.take(frame)
      this.#delivering = false
      if (this.#ended !== undefined) this.#delivered?.(this.#ended.reason)
    } catch (error) {
      this.#delivered?.(error)
    }
  }

  #take(frame: string): void {
    if (this.#taker !== undefined && !this.#delivering) {
      void this.#deliver(frame)
      return
    }
    if (this.#reader !== undefined) {
      const { resolve } = this.#reader
      this.#reader = undefined
      resolve(frame)
      return
    }
    this.#inbox ??= new Inbox()
    this.#inbox.push(frame)
    if (this.#inbox.isFull) this.#ws.pause()
  }

  /** What is sent in one turn leaves in one TLS record. */
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
    this.#reader?.reject(reason)
    this.#reader = undefined
    if (!this.#delivering) this.#delivered?.(reason)
  }
}

function ownerOf(ws: WebSocket): WebSocketConnection {
  return (ws as WebSocket & { readonly owner: WebSocketConnection }).owner // its constructor wrote it there
}
