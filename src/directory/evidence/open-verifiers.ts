import { availableParallelism } from 'node:os'
import type { Log } from '../../base/log.ts'
import type { Ingest } from './ingest.ts'
import { type Verifiers, verifiers } from './verifiers.ts'

/** More threads would wait for the main loop, which does everything else. */
const MAX_VERIFIERS = 2

/** The threads load their own file. With one core there are none. */
export async function openVerifiers(
  { log }: { readonly log: Log },
  queue: Pick<Ingest, 'expectMore'>,
): Promise<Verifiers> {
  const threads = Math.min(availableParallelism() - 1, MAX_VERIFIERS)
  const { startVerifierThread } = await import('./verifier-thread.ts')
  return verifiers(
    { log, startThread: () => startVerifierThread({ log }), expectMore: () => queue.expectMore() },
    { threads },
  )
}
