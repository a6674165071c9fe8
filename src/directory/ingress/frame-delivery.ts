import type { WebSocket } from 'ws'
import type { FrameTaker } from './connection.ts'
import { Inbox, isMuch } from './inbox.ts'
import type { ReceivedBytes } from './received-bytes.ts'

/** Brings the frames of one connection to whoever takes them, and has no more read of it than is taken. */
export class FrameDelivery {
  readonly #ws: Pick<WebSocket, 'pause' | 'resume' | 'isPaused'>
  readonly #received: ReceivedBytes
  #inbox: Inbox | undefined
  #reader: { resolve: (frame: string) => void; reject: (reason: unknown) => void } | undefined
  #taker: FrameTaker | undefined
  #delivered: ((reason: unknown) => void) | undefined
  #delivering = false
  /** The frame that is being taken is reason enough to read nothing more. */
  #isMuchAtWork = false
  #ended: { readonly reason: unknown } | undefined

  constructor(ws: Pick<WebSocket, 'pause' | 'resume' | 'isPaused'>, received: ReceivedBytes) {
    this.#ws = ws
    this.#received = received
  }

  get idle(): boolean {
    return this.#inbox === undefined
  }

  /** Nothing waits, and nothing is being taken. */
  get isFree(): boolean {
    return this.#inbox === undefined && !this.#delivering
  }

  /** Gives `frame` to who waits for it, or keeps it until it is asked for. */
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
    this.#inbox ??= new Inbox()
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

  /** The connection has ended. What was not taken is not acknowledged: the device sends it again. */
  end(reason: unknown): void {
    this.#ended = { reason }
    this.#inbox = undefined
    this.#received.ended()
    // Else its goodbye would not be read.
    if (this.#ws.isPaused) this.#ws.resume()
    this.#reader?.reject(reason)
    this.#reader = undefined
    if (!this.#delivering) this.#delivered?.(reason)
  }

  /** Reads on, unless there is a reason not to. */
  read(): void {
    this.#received.free()
    if (!this.#ws.isPaused || this.#ended !== undefined) return
    if (this.#inbox === undefined && !this.#isMuchAtWork && !this.#received.waits) this.#ws.resume()
  }

  /** What came first of what waits. */
  #shift(): string | undefined {
    const frame = this.#inbox?.shift()
    if (this.#inbox?.isEmpty === true) this.#inbox = undefined
    return frame
  }

  /** Runs only while there is something to deliver: a function that waits takes as much as the rest of this. */
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
    this.#isMuchAtWork = isMuch(frame)
    if (this.#isMuchAtWork) this.#ws.pause()
    await this.#taker?.take(frame)
    this.#received.taken(frame.length)
    const rest = this.#taker?.rest()
    if (rest !== undefined) await rest
    this.#isMuchAtWork = false
    this.read()
  }
}
