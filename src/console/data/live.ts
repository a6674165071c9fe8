import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import type { LiveMessages } from '../../protocol/nouns/directory/live.ts'
import { API } from './api.ts'
import { Renewals } from './renewals.ts'

/** News from the directory as they happen. */

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
  let reopening: ReturnType<typeof setTimeout> | undefined
  const renewals = new Renewals({
    renew: (concerned) =>
      void queries.invalidateQueries({
        predicate: ({ queryKey: [question] }) => typeof question === 'string' && concerned(question),
        refetchType: 'active',
      }),
    isHidden: () => document.hidden,
  })
  const onVisible = () => renewals.shown()
  document.addEventListener('visibilitychange', onVisible)
  const open = () => {
    const opened = new EventSource(`${API}/live`)
    source = opened
    opened.addEventListener('open', () => {
      // What happened while nobody listened was not told.
      if (liveness.state === 'broken') renewals.news()
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
    opened.addEventListener('events', ({ data }) => {
      tell({ state: 'live', newsAt: Date.now() })
      const { items, leftOut }: LiveMessages['events'] = JSON.parse(data)
      renewals.news(leftOut > 0 ? undefined : items.map(({ kind }) => kind))
    })
    opened.addEventListener('stops', () => {
      tell({ state: 'live', newsAt: Date.now() })
      renewals.news()
    })
  }
  open()
  return () => {
    renewals.stop()
    document.removeEventListener('visibilitychange', onVisible)
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
