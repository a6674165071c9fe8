/** Lets loops wait until there is something to look at again. A wake-up that nobody waits for is no wake-up. */
export class WakeUp {
  readonly #waiters = new Set<() => void>()

  wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }

  /** Resolves at the next `wake`, or once the signal is aborted. */
  wait({ signal }: { signal: AbortSignal }): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const wake = () => {
        this.#waiters.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiters.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
