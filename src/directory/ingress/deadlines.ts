import type { Clock } from '../../base/clock.ts'

/**
 * Ends what takes too long, with one timer for all: thousands of devices may return at once. Time in which this process stood
 * still, or was busy, counts for nobody: what somebody sent meanwhile is read before it is held against them.
 */
export interface Deadlines {
  /** Calls `expired` after `ms`, unless this key is set again or cleared before. */
  set(key: object, ms: number, expired: () => void): void
  clear(key: object): void
}

/** Standing still is noticed by waking late: by no more than this is it missed. */
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
      // It may wake for one that was cleared since, and then looks for the next: mostly nothing need be done here.
      if (watching !== undefined && watching.wakeAt <= at) return
      stopWatching()
      watch()
    },
    clear(key) {
      if (open.delete(key) && open.size === 0) stopWatching()
    },
  }
}

/** A reason made once: the usual one is an error with a stack. */
const STOPPED = 'no deadline is open'
