import { describeError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import { type HeldAgent, inOrder, type StandingStop, type Stops } from './stops-file.ts'

export interface SavedStopsComponents {
  readonly log: Log
  readonly save: (stops: Stops) => Promise<void>
}

/** The stops in force and what each holds, in memory and on disk. */
export class SavedStops {
  readonly #components: SavedStopsComponents
  #current: Stops
  #lastWrite: Promise<unknown> = Promise.resolve()
  #isBehind = false

  /** @param stops as read from disk. */
  constructor(components: SavedStopsComponents, stops: Stops) {
    this.#components = components
    this.#current = { ...stops, stops: inOrder(stops.stops) }
  }

  /** As `inOrder`. */
  get stops(): readonly StandingStop[] {
    return this.#current.stops
  }

  get held(): readonly HeldAgent[] {
    return this.#current.held
  }

  /** @throws `STORE_FAILED`; nothing has changed then. */
  async save(change: Partial<Pick<Stops, 'stops' | 'held'>>): Promise<void> {
    const next = { ...this.#current, ...change, stops: inOrder(change.stops ?? this.stops) }
    await this.#write(next)
    this.#current = next
  }

  /**
   * What the kernel knows as well needs not be on disk before the receipt: after a death, the next run finds it frozen, and the
   * stop that selects it.
   */
  async keep(held: readonly HeldAgent[]): Promise<void> {
    if (held.some(({ signalled }) => signalled !== undefined)) return await this.save({ held: [...held] })
    this.#current = { ...this.#current, held: [...held] }
    this.#write(this.#current).catch((error: unknown) => this.#tell(error))
  }

  /**
   * Writes down what is about to be held where the kernel does not tell it after a death of this program. Memory stays as it is: what
   * is held in the end is kept afterwards. A failure is logged, because holding counts for more.
   */
  async intend(held: readonly HeldAgent[]): Promise<void> {
    await this.#write({ ...this.#current, held: [...held] }).catch((error: unknown) => this.#tell(error))
  }

  /** As `keep`, but `writeLate` writes it: the disk is for what people wait for. */
  keepForLater(held: readonly HeldAgent[]): void {
    this.#current = { ...this.#current, held: [...held] }
    this.#isBehind = true
  }

  /** Whether the disk lacks something. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Writes what it lacks. Resolves once every write is over, and never rejects: the next run finds out by itself. */
  async writeLate(): Promise<void> {
    if (this.#isBehind) this.#write(this.#current).catch((error: unknown) => this.#tell(error))
    await this.#lastWrite
  }

  #tell(error: unknown): void {
    this.#components.log.error('what is stopped could not be written down', { reason: describeError(error) })
  }

  #write(stops: Stops): Promise<void> {
    this.#isBehind = false
    const written = this.#lastWrite.then(() => this.#components.save(stops))
    this.#lastWrite = written.catch(() => undefined)
    return written
  }
}
