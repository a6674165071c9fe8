import { WakeUp } from '../../base/wake-up.ts'

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
