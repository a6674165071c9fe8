import { SuretyError } from '../../../base/errors.ts'
import { LARGE_FRAME_BYTES, type LargeFrameReader, type LargeFrameSlots } from './large-frame-slots.ts'
import type { BufferHolder, ReceiveBufferLimit } from './receive-buffer-limit.ts'

/** Frame header, mask, and the pongs and pings of a well-behaved peer. */
const OVERHEAD_BYTES = 256

export interface ReceiveLimitsComponents {
  readonly bufferLimit: ReceiveBufferLimit
  readonly largeFrames: LargeFrameSlots
}

export interface Reads {
  /** Everything received was taken, and the taker is ready for more. */
  readonly isFree: boolean
  /** Stops reading the connection until `readOn`. */
  hold(): void
  readOn(): void
  cutOff(error: SuretyError): void
}

/**
 * Limits what one connection receives. Before authentication it has a budget of bytes. Afterwards untaken bytes count towards
 * the limit of all connections, and a large frame waits for a slot.
 */
export class ReceiveLimits implements BufferHolder, LargeFrameReader {
  readonly #components: ReceiveLimitsComponents
  readonly #reads: Reads
  /** Bytes that may still arrive. Undefined once the device is authenticated. */
  #budget: number | undefined
  /** Bytes of the newest chunk. */
  #chunk = 0
  /** Bytes of a partial frame. */
  #partial = 0
  /** Characters of complete frames that are not taken yet. */
  #whole = 0
  /** A large frame is arriving, or has arrived and is not taken yet. */
  #isLarge = false
  /** The large frame has a slot or waits for one. False while earlier frames are still to be taken. */
  #hasRequestedSlot = false
  #waits = false

  constructor(components: ReceiveLimitsComponents, reads: Reads) {
    this.#components = components
    this.#reads = reads
  }

  /** A large frame waits for its slot: nothing may be read. */
  get waits(): boolean {
    return this.#waits
  }

  limit(bytes: number): void {
    this.#budget = bytes + OVERHEAD_BYTES
  }

  authenticated(): void {
    this.#budget = undefined
  }

  /** Call this before the chunk is parsed. */
  came(bytes: number): void {
    if (this.#budget !== undefined) {
      this.#budget -= bytes
      if (this.#budget >= 0) return
      const reason = 'the device sent more bytes than allowed before authentication'
      this.#reads.cutOff(new SuretyError('FRAME_TOO_LARGE', reason))
      return
    }
    this.#chunk = bytes
    this.#partial += bytes
    this.#report()
    if (this.#partial <= LARGE_FRAME_BYTES || this.#isLarge) return
    this.#isLarge = true
    this.#waits = true
    this.free()
    if (this.#waits) this.#reads.hold()
  }

  /** Requests the slot of a large frame once all earlier frames are taken. */
  free(): void {
    if (!this.#waits || this.#hasRequestedSlot || !this.#reads.isFree) return
    this.#hasRequestedSlot = true
    this.#waits = !this.#components.largeFrames.begin(this)
  }

  /**
   * The newest chunk completed a frame. Bytes after the frame are part of that chunk.
   *
   * @param bytes of the frame as received. @param characters that it uses in memory until it is taken.
   */
  completed(bytes: number, characters: number): void {
    this.#partial = Math.min(this.#chunk, Math.max(0, this.#partial - bytes))
    if (this.#budget === undefined) this.#whole += characters
    this.#waits = false
    if (this.#hasRequestedSlot) this.#components.largeFrames.whole(this)
  }

  taken(characters: number): void {
    this.#whole = Math.max(0, this.#whole - characters)
    this.#report()
    if (this.#whole === 0 && this.#partial <= LARGE_FRAME_BYTES) this.#endLarge()
  }

  /** The connection ended: nothing is kept any more, and what still arrives does not count. */
  ended(): void {
    this.#budget = Number.POSITIVE_INFINITY
    this.#partial = this.#whole = 0
    this.#report()
    this.#endLarge()
  }

  granted(): void {
    this.#waits = false
    this.#reads.readOn()
  }

  tooSlow(): void {
    this.#reads.cutOff(new SuretyError('SESSION_TIMEOUT', 'a large frame took too long to arrive'))
  }

  makeRoom(): void {
    this.#partial = this.#whole = 0
    this.#reads.cutOff(
      new SuretyError('SESSION_LIMIT', 'the directory has too many unread bytes: reconnect and send again'),
    )
  }

  #report(): void {
    this.#components.bufferLimit.holds(this, this.#partial + this.#whole)
  }

  #endLarge(): void {
    if (!this.#isLarge) return
    this.#isLarge = this.#hasRequestedSlot = this.#waits = false
    this.#components.largeFrames.end(this)
  }
}
