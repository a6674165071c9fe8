import { WakeUp } from '../../base/wake-up.ts'

const PAUSE_AT = 64

/** Frames that came and were not read yet. Above a mark the socket is paused: a fast peer waits, nothing is dropped. */
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

  /** What came before the end is still read; the first end stands. */
  end(error: Error): void {
    this.#ended ??= { error }
    this.#changed.wake()
  }

  /** One reader at a time. @throws the error it ended with, the signal's reason. */
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
