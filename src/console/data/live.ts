import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { API } from './api.ts'

/** News from the directory as they happen. */

/** Questions whose answers may have changed are asked again at most this often. */
const RENEW_MS = 1_000

let isLive = false
const watchers = new Set<(live: boolean) => void>()

/** Keeps answers fresh while the console is open. Without a connection answers are renewed once a minute. */
export function useLive({ isAllowed }: { readonly isAllowed: boolean }): void {
  const queries = useQueryClient()
  useEffect(() => {
    if (!isAllowed) return
    const source = new EventSource(`${API}/live`)
    let renewing: ReturnType<typeof setTimeout> | undefined
    const renew = () => {
      renewing ??= setTimeout(() => {
        renewing = undefined
        void queries.invalidateQueries({ predicate: ({ queryKey }) => isOfApi(queryKey[0]), refetchType: 'active' })
      }, RENEW_MS)
    }
    source.addEventListener('open', () => setLive(true))
    source.addEventListener('error', () => setLive(false))
    source.addEventListener('summary', ({ data }) => queries.setQueryData(['/summary'], JSON.parse(data)))
    for (const kind of ['events', 'stops']) source.addEventListener(kind, renew)
    return () => {
      clearTimeout(renewing)
      source.close()
      setLive(false)
    }
  }, [queries, isAllowed])
}

/** Whether news arrive now. */
export function useIsLive(): boolean {
  const [live, setState] = useState(isLive)
  useEffect(() => {
    watchers.add(setState)
    return () => void watchers.delete(setState)
  }, [])
  return live
}

function setLive(live: boolean): void {
  isLive = live
  for (const watcher of watchers) watcher(live)
}

/** Keys of other questions, such as who is signed in, have no slash. */
function isOfApi(key: unknown): boolean {
  return typeof key === 'string' && key.startsWith('/')
}
