import { useEffect, useSyncExternalStore } from 'react'
import { printable } from '../../base/text/printable.ts'

/** What the page that is open is about, which the page tells the shell: a person's name instead of an id. */

interface PageTitle {
  readonly path: string
  readonly title: string
}

let shown: PageTitle | undefined
const watchers = new Set<() => void>()

/** @param title foreign text; undefined while it is not known. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return
    set({ path: window.location.pathname, title })
    return () => set(undefined)
  }, [title])
}

/** Undefined: the page has said nothing. */
export function useShownTitle(): string | undefined {
  const title = useSyncExternalStore(watch, () => shown)
  return title?.path === window.location.pathname ? title.title : undefined
}

/** The title of the window, in which characters that cannot be seen are spelled out. @param title foreign text */
export function useWindowTitle(title: string): void {
  useEffect(() => {
    document.title = `${printable(title)} · Surety`
  }, [title])
}

function set(title: PageTitle | undefined): void {
  shown = title
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}
