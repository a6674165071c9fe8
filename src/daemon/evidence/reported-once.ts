/** Items that are put into evidence once each, in order. What reports one keeps it until it is durable, or may lose the oldest. */
export class ReportedOnce<T> {
  readonly #perBatch: number
  readonly #most: number
  readonly #waiting: { readonly item: T; readonly onDurable: () => void }[] = []

  /** @param most that wait. Beyond that the oldest go: a device that is not enrolled has no chain to write them into. */
  constructor(perBatch: number, most = Number.POSITIVE_INFINITY) {
    this.#perBatch = perBatch
    this.#most = most
  }

  add(item: T, onDurable: () => void = () => undefined): void {
    this.#waiting.push({ item, onDurable })
    if (this.#waiting.length > this.#most) this.#waiting.shift()
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
