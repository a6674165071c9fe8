/** Runs one piece of work after the other, also after one that failed. */
export class SerialTasks {
  #last: Promise<unknown> = Promise.resolve()
  #asked = 0
  readonly #afterEach: () => void

  /** @param afterEach called after each piece of work, before its caller has the result. */
  constructor(afterEach: () => void = () => undefined) {
    this.#afterEach = afterEach
  }

  /** Work that was asked for waits or runs. */
  get isBusy(): boolean {
    return this.#asked > 0
  }

  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work).finally(this.#afterEach)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** As `run`, for what a person or the directory asked for. */
  async runAsked<T>(work: () => Promise<T>): Promise<T> {
    this.#asked++
    try {
      return await this.run(work)
    } finally {
      this.#asked--
    }
  }
}
