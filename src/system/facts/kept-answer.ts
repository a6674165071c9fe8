import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { AskOptions } from './windows-facts.ts'

/** An answer that takes long: asked for once at a time, kept for a while, and waited for no longer than the caller wants. */
export class KeptAnswer<T> {
  readonly #clock: Pick<Clock, 'sleep' | 'monotonic'>
  readonly #keptMs: number
  #kept: { readonly value: T; readonly atMs: number } | undefined
  #running: Promise<T> | undefined

  constructor({ clock }: { readonly clock: Pick<Clock, 'sleep' | 'monotonic'> }, { keptMs }: { keptMs: number }) {
    this.#clock = clock
    this.#keptMs = keptMs
  }

  /** @throws what `ask` throws, which is not kept; `COMMAND_TIMED_OUT` while it goes on; the signal's reason. */
  async get(ask: () => Promise<T>, { signal, timeoutMs }: AskOptions): Promise<T> {
    const kept = this.#kept
    if (kept !== undefined && this.#clock.monotonic() - kept.atMs < this.#keptMs) return kept.value
    this.#running ??= this.#ask(ask)
    const ended = new AbortController()
    const late = this.#clock.sleep(timeoutMs, { signal: AbortSignal.any([signal, ended.signal]) }).then(() => {
      throw new SuretyError('COMMAND_TIMED_OUT', 'the answer takes longer; the next look will have it')
    })
    try {
      return await Promise.race([this.#running, late])
    } finally {
      ended.abort()
    }
  }

  async #ask(ask: () => Promise<T>): Promise<T> {
    try {
      const value = await ask()
      this.#kept = { value, atMs: this.#clock.monotonic() }
      return value
    } finally {
      this.#running = undefined
    }
  }
}
