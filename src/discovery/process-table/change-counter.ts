import type { Remembered } from './tracked-process.ts'

/**
 * What was told since the last look at what runs. `all` is another number whenever anything was; `left` whenever that leaves
 * something for another look to find, and undefined while something lives that the last one did not see: what began after a
 * look and has ended before the next leaves nothing.
 */
export interface Told {
  readonly all: number
  readonly left: number | undefined
}

/** Counts that. */
export class SinceLook {
  #all = 0
  #left = 0
  /** Those that began since, and live. */
  readonly #fresh = new Set<number>()
  /** Records that were made up to then were seen. */
  #seen = 0

  get told(): Told {
    return { all: this.#all, left: this.#fresh.size === 0 ? this.#left : undefined }
  }

  begins(): void {
    this.#fresh.clear()
  }

  /** @param born the number of the last record that was made. */
  saw(born: number): void {
    this.#seen = born
  }

  began({ pid }: Pick<Remembered, 'pid'>): void {
    this.#all++
    this.#fresh.add(pid)
  }

  /** It is something else than it was; undefined where nothing is known of it. */
  changed(before: Pick<Remembered, 'born'> | undefined): void {
    this.#all++
    if (before !== undefined && before.born <= this.#seen) this.#left++
  }

  ended({ pid, born }: Pick<Remembered, 'pid' | 'born'>): void {
    this.#all++
    this.#fresh.delete(pid)
    if (born <= this.#seen) this.#left++
  }

  /** It was noted of something that goes on. */
  noted(): void {
    this.#left++
  }
}
