import { orAborted } from '../../base/clock.ts'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'

/** Runs one piece of work at a time, in order. A TPM has one command stream, and a token's session one operation. */
export interface SerialQueue extends AsyncDisposable {
  /**
   * @throws `fullCode` when `capacity` pieces wait already, `KEY_CLOSED` after disposal, what `work`
   * throws, or the signal's reason. Work that has begun is finished even if the caller aborts.
   */
  run<T>(
    work: (options: { signal: AbortSignal }) => Promise<T>,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<T>
}

export function serialQueue(init: { capacity: number; fullCode: ErrorCode }): SerialQueue {
  const closing = new AbortController()
  let waiting = 0
  let tail: Promise<unknown> = Promise.resolve()
  const closed = () => new SuretyError('KEY_CLOSED', 'the keys have been closed')
  return {
    async run(work, { signal } = {}) {
      signal?.throwIfAborted()
      if (closing.signal.aborted) throw closed()
      if (waiting >= init.capacity)
        throw new SuretyError(init.fullCode, `${waiting} requests are already waiting for the key`)
      waiting++
      const turn = tail.then(async () => {
        waiting--
        if (closing.signal.aborted) throw closed()
        signal?.throwIfAborted()
        return await work({ signal: closing.signal })
      })
      tail = turn.catch(() => undefined)
      return await abortable(turn, signal)
    },
    async [Symbol.asyncDispose]() {
      closing.abort(closed())
      await tail
    },
  }
}

/** Like `orAborted`, with an optional signal. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return await (signal === undefined ? promise : orAborted(promise, signal))
}
