import type { WebSocket } from 'ws'
import type { FrameTaker } from './connection.ts'
import type { ReceiveLimits } from './receive-limits.ts'

/** Delivers the frames of one connection to its reader or taker. It pauses the socket while frames wait. */
export class FrameDelivery {
  readonly #ws: Pick<WebSocket, 'pause' | 'resume' | 'isPaused'>
  readonly #received: ReceiveLimits
  #inbox: FrameInbox | undefined
  #reader: { resolve: (frame: string) => void; reject: (reason: unknown) => void } | undefined
  #taker: FrameTaker | undefined
  #delivered: ((reason: unknown) => void) | undefined
  #delivering = false
  /** The frame that is being taken is so large that the socket stays paused. */
  #isLargeFrameInWork = false
  #ended: { readonly reason: unknown } | undefined

  constructor(ws: Pick<WebSocket, 'pause' | 'resume' | 'isPaused'>, received: ReceiveLimits) {
    this.#ws = ws
    this.#received = received
  }

  get idle(): boolean {
    return this.#inbox === undefined
  }

  /** No frame waits or is being taken. */
  get isFree(): boolean {
    return this.#inbox === undefined && !this.#delivering
  }

  /** Passes `frame` to the waiting reader or taker, or queues it. */
  push(frame: string): void {
    if (this.#taker !== undefined && !this.#delivering) {
      void this.#deliver(frame)
      return
    }
    if (this.#reader !== undefined) {
      const { resolve } = this.#reader
      this.#reader = undefined
      this.#received.taken(frame.length)
      resolve(frame)
      return
    }
    this.#inbox ??= new FrameInbox()
    this.#inbox.push(frame)
    if (this.#inbox.isFull) this.#ws.pause()
  }

  next(): Promise<string> {
    const frame = this.#shift()
    if (frame !== undefined) {
      this.#received.taken(frame.length)
      this.read()
      return Promise.resolve(frame)
    }
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

  /** The connection ended. Frames that were not taken are not acknowledged, so the device sends them again. */
  end(reason: unknown): void {
    this.#ended = { reason }
    this.#inbox = undefined
    this.#received.ended()
    // Otherwise the close frame would not be read.
    if (this.#ws.isPaused) this.#ws.resume()
    this.#reader?.reject(reason)
    this.#reader = undefined
    if (!this.#delivering) this.#delivered?.(reason)
  }

  /** Resumes the socket if nothing forbids it. */
  read(): void {
    this.#received.free()
    if (!this.#ws.isPaused || this.#ended !== undefined) return
    if (this.#inbox === undefined && !this.#isLargeFrameInWork && !this.#received.waits) this.#ws.resume()
  }

  /** Takes the oldest waiting frame. */
  #shift(): string | undefined {
    const frame = this.#inbox?.shift()
    if (this.#inbox?.isEmpty === true) this.#inbox = undefined
    return frame
  }

  /** Runs only while there are frames: a suspended async function uses as much memory as the rest of this object. */
  async #deliver(first: string | undefined): Promise<void> {
    this.#delivering = true
    try {
      for (let frame = first; frame !== undefined; frame = this.#shift()) await this.#give(frame)
      this.#delivering = false
      if (this.#ended !== undefined) this.#delivered?.(this.#ended.reason)
      else this.read()
    } catch (error) {
      this.#delivered?.(error)
    }
  }

  async #give(frame: string): Promise<void> {
    this.#isLargeFrameInWork = fillsInbox(frame)
    if (this.#isLargeFrameInWork) this.#ws.pause()
    await this.#taker?.take(frame)
    this.#received.taken(frame.length)
    const rest = this.#taker?.rest()
    if (rest !== undefined) await rest
    this.#isLargeFrameInWork = false
    this.read()
  }
}

/** The socket is paused once this many frames or characters wait. */
const MOST_FRAMES = 32
const MOST_CHARACTERS = 64 * 1024

/** True if this frame alone pauses the socket. */
function fillsInbox(frame: string): boolean {
  return frame.length >= MOST_CHARACTERS
}

/** Frames of one connection that wait to be taken. */
class FrameInbox {
  readonly #frames: string[] = []
  #characters = 0

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  get isFull(): boolean {
    return this.#frames.length >= MOST_FRAMES || this.#characters >= MOST_CHARACTERS
  }

  push(frame: string): void {
    this.#frames.push(frame)
    this.#characters += frame.length
  }

  shift(): string | undefined {
    const frame = this.#frames.shift()
    this.#characters -= frame?.length ?? 0
    return frame
  }
}
