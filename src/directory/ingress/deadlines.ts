import type { Clock } from '../../base/clock.ts'

/** Ends what takes too long, with one timer for all: thousands of devices may return at once. */
export interface Deadlines {
  /** Calls `expired` after `ms`, unless this key is set again or cleared before. */
  set(key: object, ms: number, expired: () => void): void
  clear(key: object): void
}

interface Due {
  readonly at: number
  readonly expired: () => void
}

export function deadlines({ clock }: { readonly clock: Clock }): Deadlines {
  const open = new Map<object, Due>()
  let watching: { readonly wakeAt: number; readonly cancel: AbortController } | undefined

  const watch = () => {
    const earliest = Math.min(...[...open.values()].map(({ at }) => at))
    const cancel = new AbortController()
    watching = { wakeAt: earliest, cancel }
    clock.sleep(Math.max(0, earliest - clock.monotonic()), { signal: cancel.signal }).then(expire, () => undefined)
  }
  const expire = () => {
    watching = undefined
    const now = clock.monotonic()
    for (const [key, { at, expired }] of open) {
      if (at > now) continue
      open.delete(key)
      expired()
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
