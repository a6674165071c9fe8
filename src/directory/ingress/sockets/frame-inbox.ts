/** The socket is paused once this many frames or characters wait. */
const MOST_FRAMES = 32
const MOST_CHARACTERS = 64 * 1024

/** True if this frame alone pauses the socket. */
export function fillsInbox(frame: string): boolean {
  return frame.length >= MOST_CHARACTERS
}

/** Frames of one connection that wait to be taken. */
export class Inbox {
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
