import type { Clock } from '../../../base/clock.ts'
import { systemClock } from '../../../base/clock.ts'

/** A clock that moves only when it is set, so that nothing depends on how fast the machine is. */
export interface SetClock extends Clock {
  set(time: number): void
}

export function setClock(begin: number): SetClock {
  let time = begin
  return {
    ...systemClock,
    now: () => time,
    monotonic: () => time - begin,
    set(at) {
      time = at
    },
  }
}

interface Step {
  readonly at: number
  readonly work: () => Promise<unknown>
  /** What follows from a commit must be seen by it, or by the next one. */
  readonly alone: boolean
}

/** Things that happen, in the order of their times whatever the order in which they are planned. */
export class Timeline {
  readonly #steps: Step[] = []

  /** News of a device. Many are committed together. */
  report(at: number, work: () => Promise<void>): void {
    this.#steps.push({ at, work, alone: false })
  }

  /** What a person or the directory does. */
  act(at: number, work: () => Promise<unknown>): void {
    this.#steps.push({ at, work, alone: true })
  }

  async run(
    {
      store,
      clock,
    }: { readonly store: { transaction<T>(work: () => Promise<T>): Promise<T> }; readonly clock: SetClock },
    { progress, signal }: { readonly progress: (done: number) => void; readonly signal: AbortSignal },
  ): Promise<void> {
    const steps = this.#steps.toSorted((one, other) => one.at - other.at)
    for (let from = 0; from < steps.length; ) {
      signal.throwIfAborted()
      progress(from / steps.length)
      const together = togetherFrom(steps, from)
      const run = async () => {
        for (const { at, work } of together) {
          clock.set(at)
          await work()
        }
      }
      await (together[0]?.alone === true ? run() : store.transaction(run))
      from += together.length
    }
    progress(1)
  }
}

const AT_ONCE = 1_000

function togetherFrom(steps: readonly Step[], from: number): readonly Step[] {
  const next = steps.slice(from, from + AT_ONCE)
  const firstAlone = next.findIndex(({ alone }) => alone)
  if (firstAlone === 0) return next.slice(0, 1)
  return firstAlone === -1 ? next : next.slice(0, firstAlone)
}
