import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { API } from './api.ts'

/** News from the directory as they happen. */

/** Questions whose answers may have changed are asked again at most this often. */
const RENEW_MS = 1_000
/** A browser gives up where an answer is no stream, such as that of a proxy without its server. It is asked again. */
const REOPEN_MS = 5_000

export interface Liveness {
  /** `connecting`: not yet. `broken`: there was news, and the connection was lost. */
  readonly state: 'connecting' | 'live' | 'broken'
  /** When the last message arrived, or the connection opened. */
  readonly newsAt: number | undefined
}

let liveness: Liveness = { state: 'connecting', newsAt: undefined }
const watchers = new Set<() => void>()

/** Keeps answers fresh while the console is open. Without a connection answers are renewed once a minute. */
export function useLive({ isAllowed }: { readonly isAllowed: boolean }): void {
  const queries = useQueryClient()
  useEffect(() => (isAllowed ? listen(queries) : undefined), [queries, isAllowed])
}

export function useLiveness(): Liveness {
  return useSyncExternalStore(watch, () => liveness)
}

/** @returns what ends it. */
function listen(queries: QueryClient): () => void {
  let source: EventSource | undefined
  let renewing: ReturnType<typeof setTimeout> | undefined
  let reopening: ReturnType<typeof setTimeout> | undefined
  const renew = () => {
    renewing ??= setTimeout(() => {
      renewing = undefined
      void queries.invalidateQueries({ predicate: ({ queryKey }) => isOfApi(queryKey[0]), refetchType: 'active' })
    }, RENEW_MS)
  }
  const open = () => {
    const opened = new EventSource(`${API}/live`)
    source = opened
    opened.addEventListener('open', () => {
      // What happened while nobody listened was not told.
      if (liveness.state === 'broken') renew()
      tell({ state: 'live', newsAt: Date.now() })
    })
    opened.addEventListener('error', () => {
      tell({ ...liveness, state: liveness.newsAt === undefined ? 'connecting' : 'broken' })
      if (opened.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN_MS)
    })
    opened.addEventListener('summary', ({ data }) => {
      tell({ state: 'live', newsAt: Date.now() })
      queries.setQueryData(['/summary'], JSON.parse(data))
    })
    for (const kind of ['events', 'stops']) {
      opened.addEventListener(kind, () => {
        tell({ state: 'live', newsAt: Date.now() })
        renew()
      })
    }
  }
  open()
  return () => {
    clearTimeout(renewing)
    clearTimeout(reopening)
    source?.close()
    tell({ state: 'connecting', newsAt: undefined })
  }
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}

function tell(next: Liveness): void {
  liveness = next
  for (const watcher of watchers) watcher()
}

/** Keys of other questions, such as who is signed in, have no slash. */
function isOfApi(key: unknown): boolean {
  return typeof key === 'string' && key.startsWith('/')
}
