/** What is announced after a commit, and what its listeners hear. */
export interface Topics {
  readonly policies: []
  readonly rules: []
  readonly registrations: []
  readonly reviews: []
  /** What administrators decide about seen agents. */
  readonly seen: []
  readonly stops: []
  readonly sweeps: []
  /** Evidence, by the device that sent it. */
  readonly approvals: [device: string]
  readonly claims: [device: string]
  readonly receipts: [device: string]
  readonly sightings: [device: string]
}

type Listener<T extends keyof Topics> = (...about: Topics[T]) => void

/** Says that something changed to those who asked for its topic, once it is committed and in the order in which they asked. */
export class Changes {
  readonly #listeners: { [T in keyof Topics]?: Listener<T>[] } = {}
  readonly #afterCommit: (work: () => void) => void

  /** @param afterCommit runs work once the open transaction is committed. Absent: at once. */
  constructor(afterCommit: (work: () => void) => void = (work) => work()) {
    this.#afterCommit = afterCommit
  }

  on<T extends keyof Topics>(topic: T, listener: Listener<T>): void {
    const listeners: Listener<T>[] = this.#listeners[topic] ?? []
    this.#listeners[topic] = [...listeners, listener] as never
  }

  of<T extends keyof Topics>(topic: T, ...about: Topics[T]): void {
    const listeners: readonly Listener<T>[] = this.#listeners[topic] ?? []
    this.#afterCommit(() => {
      for (const listener of listeners) listener(...about)
    })
  }
}
