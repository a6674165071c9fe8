import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ApiError, ask } from './api.ts'

export interface Act {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  /** Of the API. */
  readonly path: string
  readonly body?: unknown
}

/** Something that a person does. All answers on the page are asked again afterwards. */
export function useAct<T>({ onDone }: { onDone?(answer: T): void } = {}) {
  const queries = useQueryClient()
  return useMutation<T, ApiError, Act>({
    mutationFn: ({ method, path, body }) => ask<T>(method, path, { body }),
    onSuccess: (answer) => onDone?.(answer),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/') }),
  })
}
