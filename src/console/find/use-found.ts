import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { SearchAnswer } from '../../protocol/nouns/directory/search.ts'
import { type ApiError, ask, queryText } from '../data/api.ts'

/** The directory is asked once the typing pauses. */
const PAUSE_MS = 120

export interface FoundState {
  readonly found: SearchAnswer | undefined
  readonly error: ApiError | null
  /** What was typed last has no answer yet. */
  readonly isLate: boolean
}

/** What the directory finds for words. A question whose words have changed is cancelled. */
export function useFound(words: string, { isAllowed }: { readonly isAllowed: boolean }): FoundState {
  const [asked, setAsked] = useState(words)
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [words])
  const enabled = isAllowed && asked !== '' && words !== ''
  const { data, error, isFetching } = useQuery<SearchAnswer, ApiError>({
    queryKey: ['search', asked],
    queryFn: ({ signal }) => ask('GET', `/search${queryText({ q: asked })}`, { signal }),
    enabled,
    gcTime: 0,
    // What is not legible is not asked again, nor is what takes too long.
    retry: false,
    refetchOnWindowFocus: false,
  })
  const isOfTheseWords = enabled && asked === words
  return {
    found: isOfTheseWords ? data : undefined,
    error: isOfTheseWords ? error : null,
    isLate: isAllowed && words !== '' && (asked !== words || (isFetching && data === undefined)),
  }
}
