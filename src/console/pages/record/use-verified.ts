import { useQuery } from '@tanstack/react-query'
import { codeOf, describeError } from '../../../base/errors.ts'
import type { Static } from '../../../base/schema.ts'
import type { recordLogSchema } from '../../../protocol/nouns/directory/record.ts'
import { ApiError, readAtRoot } from '../../data/api.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { keepCheckpoint, keptCheckpoint } from './kept-log.ts'
import type { LogSource, VerifiedLog } from './verify-log.ts'

export type RecordLog = Static<typeof recordLogSchema>

/** What came of a verification. `unchecked`: the directory or the browser did not let the page verify. */
export type Verification<T> =
  | { readonly state: 'verified'; readonly found: T }
  | { readonly state: 'wrong'; readonly code: string; readonly reason: string }
  | { readonly state: 'unchecked'; readonly reason: string }

/**
 * Verifies something of the log, and keeps the checkpoint that it led to.
 * @param what is verified: another one is verified once more. Undefined: nothing yet.
 */
export function useVerified<T extends VerifiedLog>(
  what: string | undefined,
  verify: (source: LogSource) => Promise<T>,
): { readonly verification: Verification<T> | undefined; readonly log: RecordLog | undefined; again(): void } {
  const log = useAnswer<RecordLog>('/entries/log')
  const key = log.data?.key
  const answer = useQuery<Verification<T>>({
    // It is no question to the API, so that news do not repeat it.
    queryKey: ['verified', key, what],
    enabled: key !== undefined && what !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    queryFn: ({ signal }) => verified(key ?? '', verify, signal),
  })
  const failed = log.error === null ? undefined : ({ state: 'unchecked', reason: log.error.message } as const)
  return {
    verification: answer.data ?? failed,
    log: log.data,
    again: () => void log.refetch().then(() => answer.refetch()),
  }
}

async function verified<T extends VerifiedLog>(
  key: string,
  verify: (source: LogSource) => Promise<T>,
  signal: AbortSignal,
): Promise<Verification<T>> {
  try {
    const kept = keptCheckpoint()
    const found = await verify({ key, kept, read: (path) => readAtRoot(`/tlog/${path}`, { signal }) })
    keepCheckpoint({ key, note: found.note })
    return { state: 'verified', found }
  } catch (error) {
    if (signal.aborted) throw error
    const code = codeOf(error)
    if (code !== undefined) return { state: 'wrong', code, reason: describeError(error) }
    if (error instanceof ApiError) return { state: 'unchecked', reason: error.message }
    return { state: 'unchecked', reason: `This browser cannot verify Ed25519 signatures here: ${describeError(error)}` }
  }
}
