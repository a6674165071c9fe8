/** Items that are put into evidence once each, in order. Whoever reports one keeps it until it is durable. */
export class ReportedOnce<T> {
  readonly #perBatch: number
  readonly #waiting: { readonly item: T; readonly onDurable: () => void }[] = []

  constructor(perBatch: number) {
    this.#perBatch = perBatch
  }

  add(item: T, onDurable: () => void): void {
    this.#waiting.push({ item, onDurable })
  }

  /** Those for the next batch. */
  get next(): readonly T[] {
    return this.#waiting.slice(0, this.#perBatch).map(({ item }) => item)
  }

  /** The first `count` are in the spool. */
  written(count: number): void {
    for (const { onDurable } of this.#waiting.splice(0, count)) onDurable()
  }
}
