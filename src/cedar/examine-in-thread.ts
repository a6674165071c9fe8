import { parentPort, Worker, workerData } from 'node:worker_threads'
import { SuretyError } from '../base/errors.ts'
import { newCedar } from './cedar.ts'
import { type Examined, examine } from './examine.ts'
import type { PolicyPiece } from './scan-policy.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Examines policies in a thread. What breaks Cedar, or takes long, ends with the thread.
 *
 * This file is both ends: the thread runs it as its program.
 */

const MARK = 'surety-cedar-policy'
const MAX_MS = 20_000
const LIMITS = { maxOldGenerationSizeMb: 512 }

interface Given {
  readonly mark: typeof MARK
  readonly vocabulary: Vocabulary
  readonly pieces: readonly PolicyPiece[]
}

/** @throws `INPUT_TOO_DEEP` for policies that break Cedar; `INPUT_TOO_LARGE` for those that take too long. */
export async function examineInThread(
  pieces: readonly PolicyPiece[],
  vocabulary: Vocabulary,
  { withinMs = MAX_MS }: { readonly withinMs?: number } = {},
): Promise<Examined> {
  const given: Given = { mark: MARK, vocabulary, pieces }
  const worker = new Worker(new URL(import.meta.url), {
    name: MARK,
    workerData: given,
    env: {},
    resourceLimits: LIMITS,
    stdout: true,
    stderr: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Examined>()
  const broken = (cause?: unknown) => {
    const message =
      'a policy is too deep for Cedar: long chains of operators and nested conditions become several policies'
    reject(new SuretyError('INPUT_TOO_DEEP', message, { cause }))
  }
  worker.once('message', resolve)
  worker.once('error', broken)
  worker.once('exit', () => broken())
  const timer = setTimeout(() => {
    reject(
      new SuretyError(
        'INPUT_TOO_LARGE',
        `the policies were not read within ${withinMs / 1000} s: write fewer or shorter ones`,
      ),
    )
  }, withinMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

if (isGiven(workerData)) parentPort?.postMessage(examine(newCedar(), workerData.vocabulary, workerData.pieces))

function isGiven(data: unknown): data is Given {
  return typeof data === 'object' && data !== null && 'mark' in data && data.mark === MARK
}
