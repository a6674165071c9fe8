import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { ask, queryText } from '../data/api.ts'
import type { ListSpec } from './list-spec.ts'

/** The state of a list is its address: filters, search and order. Its pages come from the server as one scrolls. */

const PAGE = 100

export interface ListState {
  readonly query: Readonly<Record<string, string>>
  set(member: string, value: string | undefined): void
  replace(query: Readonly<Record<string, string>>): void
}

export function useListState(): ListState {
  const [parameters, setParameters] = useSearchParams()
  const query = useMemo(() => Object.fromEntries(parameters), [parameters])
  const set = useCallback(
    (member: string, value: string | undefined) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before)
          if (value === undefined || value === '') after.delete(member)
          else after.set(member, value)
          return after
        },
        { replace: true },
      ),
    [setParameters],
  )
  return { query, set, replace: (next) => setParameters(new URLSearchParams(next)) }
}

interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
  readonly total?: number
}

/** What the list asks the API for. */
export function askedOf<T>(spec: Pick<ListSpec<T>, 'filters' | 'always'>, query: ListState['query']) {
  const usual = Object.fromEntries(
    spec.filters.flatMap(({ member, usual: value }) => (value === undefined ? [] : [[member, value]])),
  )
  return { ...usual, ...query, ...spec.always }
}

export function useList<T>(spec: Pick<ListSpec<T>, 'path' | 'filters' | 'always'>, query: ListState['query']) {
  const asked = askedOf(spec, query)
  const path = `${spec.path}${queryText({ ...asked, limit: PAGE })}`
  const answer = useInfiniteQuery({
    queryKey: [spec.path, 'list', asked],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<T>>('GET', pageParam === '' ? path : `${path}&cursor=${encodeURIComponent(pageParam)}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    // The rows before stay until the narrowed ones are there.
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
    maxPages: 200,
  })
  const pages = answer.data?.pages
  const items = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  return { ...answer, items, total: pages?.[0]?.total }
}

/** Every item that fits, at most `limit`, for a file. */
export async function allItems<T>(path: string, query: ListState['query'], limit: number): Promise<readonly T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page: Page<T> = await ask('GET', `${path}${queryText({ ...query, limit: 500, cursor })}`)
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined && items.length < limit)
  return items
}
