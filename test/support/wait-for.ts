import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { scaledMs } from './machine-speed.ts'

/** How long what a test waits for may take: it comes within seconds where nothing else runs. */
const HANG_MS = 90_000
/** All waits of a file that are in vain: what is not there at all fails many tests, and need not take the suite's time. */
const IN_VAIN_MS = 300_000
const LEAST_MS = 10_000
/** A test that stood still, with its machine, looks this often all the same. */
const LEAST_LOOKS = 10
const MOST_SHOWN = 6_000

let inVainMs = 0

export interface WaitInit<T> {
  /** Is this what is waited for? Without it, all but undefined and false is. */
  readonly until?: (seen: T) => boolean
  /** 20 by default. */
  readonly everyMs?: number
  /** On the machine that the tests are written for; 90,000 by default. */
  readonly withinMs?: number
  /** What was seen last, for the error; all of it by default. */
  readonly show?: (seen: T) => unknown | Promise<unknown>
}

/**
 * Looks again and again until it sees what is waited for.
 *
 * @param what is waited for, for the error.
 * @throws when it is not seen in time, with what was seen last; what `look` throws.
 */
export function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  init: WaitInit<T> & { readonly until: (seen: T) => boolean },
): Promise<T>
export function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  init?: WaitInit<T>,
): Promise<Exclude<T, undefined | false>>
export async function waitFor<T>(what: string, look: () => T | Promise<T>, init: WaitInit<T> = {}): Promise<T> {
  const { until = (seen: T) => seen !== undefined && seen !== false, everyMs = 20, withinMs = HANG_MS } = init
  const { show = (seen: T) => seen } = init
  const startedAt = performance.now()
  const limitMs = Math.min(scaledMs(withinMs), Math.max(scaledMs(LEAST_MS), scaledMs(IN_VAIN_MS) - inVainMs))
  for (let looks = 1; ; looks++) {
    const seen = await look()
    if (until(seen)) return seen
    const waitedMs = performance.now() - startedAt
    if (waitedMs > limitMs && looks >= LEAST_LOOKS) {
      inVainMs += waitedMs
      const wanted = init.until === undefined ? what : `${what} (${sourceOf(init.until)})`
      // What is to be shown may be gone.
      const last = await Promise.try(show, seen).then(shown, (error: unknown) => `${shown(seen)} (${error})`)
      throw new Error(`waited ${Math.round(waitedMs / 1000)} s for ${wanted}, last seen: ${last}`)
    }
    await delay(everyMs)
  }
}

function sourceOf(until: (seen: never) => boolean): string {
  return String(until).replace(/\s+/g, ' ')
}

function shown(seen: unknown): string {
  const text = typeof seen === 'string' ? seen : inspect(seen, { depth: 8, breakLength: 120, maxArrayLength: 200 })
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}
