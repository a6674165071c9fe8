import { SuretyError } from '../../base/errors.ts'
import type { Backlog, Holder } from './backlog.ts'
import { BIG_BYTES, type BigFrameReader, type BigFrames } from './big-frames.ts'

/** Frame header, mask, and the pongs and pings of a well-behaved peer. */
const OVERHEAD_BYTES = 256

export interface ReceivedBytesComponents {
  readonly backlog: Backlog
  readonly bigFrames: BigFrames
}

export interface Reads {
  /** All that has come was taken, and more would be. */
  readonly isFree: boolean
  /** Reads nothing more of the connection until `readOn`. */
  hold(): void
  readOn(): void
  cutOff(error: SuretyError): void
}

/**
 * What has come from one device. Before it is authenticated it may send so much and no more. Afterwards what lies in memory
 * until it is taken counts in the backlog, and a big frame waits for its turn.
 */
export class ReceivedBytes implements Holder, BigFrameReader {
  readonly #components: ReceivedBytesComponents
  readonly #reads: Reads
  /** Bytes that may still come; undefined once the device is authenticated. */
  #budget: number | undefined
  /** Of the newest chunk. */
  #chunk = 0
  /** Of a frame that is not whole. */
  #partial = 0
  /** Of frames that are whole, and not taken yet. */
  #whole = 0
  /** A big frame comes, or has come and was not taken yet. */
  #isBig = false
  /** It has its turn, or waits for it among others; else what came before it is still to be taken. */
  #isInTurn = false
  #waits = false

  constructor(components: ReceivedBytesComponents, reads: Reads) {
    this.#components = components
    this.#reads = reads
  }

  /** A big frame waits for its turn: nothing may be read. */
  get waits(): boolean {
    return this.#waits
  }

  limit(bytes: number): void {
    this.#budget = bytes + OVERHEAD_BYTES
  }

  authenticated(): void {
    this.#budget = undefined
  }

  /** To be called before anything is made of the chunk. */
  came(bytes: number): void {
    if (this.#budget !== undefined) {
      this.#budget -= bytes
      if (this.#budget >= 0) return
      const reason = 'more bytes than a device may send before it is authenticated'
      this.#reads.cutOff(new SuretyError('FRAME_TOO_LARGE', reason))
      return
    }
    this.#chunk = bytes
    this.#partial += bytes
    this.#tell()
    if (this.#partial <= BIG_BYTES || this.#isBig) return
    this.#isBig = true
    this.#waits = true
    this.free()
    if (this.#waits) this.#reads.hold()
  }

  /** What had come before was taken, unless it was not: the big frame may take its turn. */
  free(): void {
    if (!this.#waits || this.#isInTurn || !this.#reads.isFree) return
    this.#isInTurn = true
    this.#waits = !this.#components.bigFrames.begin(this)
  }

  /**
   * A frame is whole, with the newest chunk: what came after it is part of that.
   *
   * @param bytes it took on the way. @param characters it takes until it is taken.
   */
  completed(bytes: number, characters: number): void {
    this.#partial = Math.min(this.#chunk, Math.max(0, this.#partial - bytes))
    if (this.#budget === undefined) this.#whole += characters
    this.#waits = false
    if (this.#isInTurn) this.#components.bigFrames.whole(this)
  }

  taken(characters: number): void {
    this.#whole = Math.max(0, this.#whole - characters)
    this.#tell()
    if (this.#whole === 0 && this.#partial <= BIG_BYTES) this.#endBig()
  }

  /** Nothing of it is kept any more, nor of what still comes. */
  ended(): void {
    this.#budget = Number.POSITIVE_INFINITY
    this.#partial = this.#whole = 0
    this.#tell()
    this.#endBig()
  }

  granted(): void {
    this.#waits = false
    this.#reads.readOn()
  }

  tooSlow(): void {
    this.#reads.cutOff(new SuretyError('SESSION_TIMEOUT', 'a large frame took too long to come'))
  }

  makeRoom(): void {
    this.#partial = this.#whole = 0
    this.#reads.cutOff(new SuretyError('SESSION_LIMIT', 'too much that devices sent waits to be read: come again'))
  }

  #tell(): void {
    this.#components.backlog.holds(this, this.#partial + this.#whole)
  }

  #endBig(): void {
    if (!this.#isBig) return
    this.#isBig = this.#isInTurn = this.#waits = false
    this.#components.bigFrames.end(this)
  }
}
