/**
 * A phase that is reached for the first time in this run. `attested`: the directory authenticated the device. `collected`: the
 * whole first collection is in the spool. `acknowledged`: the directory has the first evidence of this run. `complete`: it has
 * the whole first collection.
 */
export type Phase =
  | { readonly phase: 'keys'; readonly kind: string }
  | { readonly phase: 'enrolled'; readonly device: string; readonly epoch: number; readonly tier: string }
  | { readonly phase: 'attested' | 'collected' | 'acknowledged' | 'complete' }

/** Announces each phase only the first time, also to those that begin to listen later. */
export class Phases {
  readonly #reached = new Map<Phase['phase'], Phase>()
  readonly #listeners: ((phase: Phase) => void)[]

  constructor(listener?: (phase: Phase) => void) {
    this.#listeners = listener === undefined ? [] : [listener]
  }

  reach(phase: Phase): void {
    if (this.#reached.has(phase.phase)) return
    this.#reached.set(phase.phase, phase)
    for (const listener of this.#listeners) listener(phase)
  }

  listen(listener: (phase: Phase) => void): void {
    for (const phase of this.#reached.values()) listener(phase)
    this.#listeners.push(listener)
  }
}
