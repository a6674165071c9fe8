/** What may wait for the session before the socket is no longer read. Frames, characters. */
const MOST_FRAMES = 32
const MOST_CHARACTERS = 64 * 1024

/** Is this frame alone a reason to read nothing more of the socket? */
export function isMuch(frame: string): boolean {
  return frame.length >= MOST_CHARACTERS
}

/** Frames of one device that nobody was ready for yet. */
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
