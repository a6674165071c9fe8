/** WakeUp lets loops wait for new work. `wake()` without a waiter is a no-op; it is not latched. */
export class WakeUp {
  readonly #waiters = new Set<() => void>()

  wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }

  /** Resolves at the next `wake`, or when the signal aborts. */
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
