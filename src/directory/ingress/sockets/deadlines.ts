import type { Clock } from '../../../base/clock.ts'

/**
 * Deadlines with one timer for all, because thousands of devices may return at once. Time in which this process was stopped or
 * busy does not count: bytes that arrived meanwhile are read first.
 */
export interface Deadlines {
  /** Calls `expired` after `ms`, unless this key is set again or cleared. */
  set(key: object, ms: number, expired: () => void): void
  clear(key: object): void
}

/** A stop is noticed by waking late, so the timer wakes at least this often. */
const LOOK_EVERY_MS = 1_000

interface Due {
  at: number
  readonly expired: () => void
}

export function deadlines({ clock }: { readonly clock: Clock }): Deadlines {
  const open = new Map<object, Due>()
  let watching: { readonly wakeAt: number; readonly cancel: AbortController } | undefined

  const watch = () => {
    const now = clock.monotonic()
    let wakeAt = now + LOOK_EVERY_MS
    for (const { at } of open.values()) wakeAt = Math.min(wakeAt, at)
    const cancel = new AbortController()
    watching = { wakeAt, cancel }
    const over = clock.sleep(Math.max(0, wakeAt - now), { signal: cancel.signal })
    over.then(
      () => expire(wakeAt),
      () => undefined,
    )
  }
  const expire = (wakeAt: number) => {
    watching = undefined
    const now = clock.monotonic()
    const stoodStillMs = Math.max(0, now - wakeAt)
    for (const [key, due] of open) {
      due.at += stoodStillMs
      if (due.at > now) continue
      open.delete(key)
      due.expired()
    }
    if (open.size > 0 && watching === undefined) watch()
  }
  const stopWatching = () => {
    watching?.cancel.abort(STOPPED)
    watching = undefined
  }
  return {
    set(key, ms, expired) {
      const at = clock.monotonic() + ms
      open.set(key, { at, expired })
      // The timer may wake for a cleared key and then looks for the next, so usually nothing changes here.
      if (watching !== undefined && watching.wakeAt <= at) return
      stopWatching()
      watch()
    },
    clear(key) {
      if (open.delete(key) && open.size === 0) stopWatching()
    },
  }
}

/** A constant reason. The default is an error with a stack each time. */
const STOPPED = 'no deadline is open'
