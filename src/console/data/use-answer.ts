import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type ApiError, ask } from './api.ts'

/** What the API answers at a path. It is asked again when live news say that it changed, and once a minute. */
export function useAnswer<T>(
  path: string,
  { enabled = true, everyMs = 60_000 }: { readonly enabled?: boolean; readonly everyMs?: number } = {},
): UseQueryResult<T, ApiError> {
  return useQuery<T, ApiError>({
    queryKey: [path],
    queryFn: ({ signal }) => ask<T>('GET', path, { signal }),
    enabled,
    refetchInterval: everyMs,
  })
}
