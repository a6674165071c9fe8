import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { windowsErrorOf } from './windows-error.ts'
import type { AskOptions } from './windows-facts.ts'

/** What the addon calls: the number of an error, 0 for none, and a text of JSON. */
export type Answer = (error: number, text: string) => void

/** The answer to a question to something that is not there, such as a namespace of WMI. */
export const notFound = Symbol('not found')

/**
 * Asks through the addon, on a thread of its own. A question whose time was over is not asked again before it has ended: a provider
 * that hangs keeps one thread and not all, so that the others still answer.
 *
 * @param question names it among all.
 * @throws `COMMAND_TIMED_OUT`, `COMMAND_OUTPUT_TOO_LARGE`, `COMMAND_FAILED`, or the signal's reason.
 */
export type Background = (
  what: string,
  start: (callback: Answer) => void,
  options: AskOptions & { readonly question?: string },
) => Promise<unknown | typeof notFound>

/** Of winerror.h and wbemcli.h. */
const BUSY = 170
const MORE_DATA = 234
const TIMEOUTS: ReadonlySet<number> = new Set([0x8007_0102, 0x8004_1069])
const NOT_THERE: ReadonlySet<number> = new Set([
  // No such namespace, class, object or method.
  ...[0x8004_100e, 0x8004_1010, 0x8004_1002, 0x8004_1055],
  // Its provider is not installed.
  ...[0x8004_1011, 0x8004_1013],
])
const DENIED: ReadonlySet<number> = new Set([5, 0x8004_1003, 0x8007_0005])

export function background({ clock }: { readonly clock: Pick<Clock, 'sleep'> }): Background {
  const hanging = new Set<string>()
  return async (what, start, { signal, timeoutMs, question = what }) => {
    signal.throwIfAborted()
    if (hanging.has(question)) throw new SuretyError('COMMAND_TIMED_OUT', `${what}: the same question still hangs`)
    const ended = new AbortController()
    const late = clock.sleep(timeoutMs, { signal: AbortSignal.any([signal, ended.signal]) }).then(() => {
      throw new SuretyError('COMMAND_TIMED_OUT', `${what} did not answer within ${timeoutMs} ms`)
    })
    let isOver = false
    const answer = answered(what, start).finally(() => {
      isOver = true
      hanging.delete(question)
    })
    try {
      return await Promise.race([answer, late])
    } catch (error) {
      if (!isOver) {
        hanging.add(question)
        answer.catch(() => undefined)
      }
      throw error
    } finally {
      ended.abort()
    }
  }
}

function answered(what: string, start: (callback: Answer) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle: Answer = (error, text) => {
      if (error !== 0) {
        if (NOT_THERE.has(error)) resolve(notFound)
        else reject(failure(what, error))
        return
      }
      try {
        resolve(JSON.parse(text))
      } catch (cause) {
        reject(new SuretyError('COMMAND_FAILED', `the answer of ${what} is no JSON`, { cause }))
      }
    }
    try {
      start(settle)
    } catch (cause) {
      const number = windowsErrorOf(cause)
      reject(number === undefined ? cause : failure(what, number))
    }
  })
}

function failure(what: string, number: number): SuretyError {
  if (number === MORE_DATA) return new SuretyError('COMMAND_OUTPUT_TOO_LARGE', `${what} answered too much`)
  if (TIMEOUTS.has(number)) return new SuretyError('COMMAND_TIMED_OUT', `${what} did not answer in time`)
  if (number === BUSY) return new SuretyError('COMMAND_TIMED_OUT', `${what}: earlier questions still hang`)
  const reason = DENIED.has(number) ? 'access denied' : `error 0x${number.toString(16).padStart(8, '0')}`
  return new SuretyError('COMMAND_FAILED', `${what}: ${reason}`)
}
