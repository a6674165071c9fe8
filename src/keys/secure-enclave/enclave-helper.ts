import { Readable } from 'node:stream'
import { orAborted } from '../../base/clock.ts'
import { codeOf, type ErrorCode, SuretyError } from '../../base/errors.ts'
import { type RunningProgram, startProgram } from '../../system/program/command.ts'
import { readLines } from '../../system/socket/lines.ts'
import {
  answerReader,
  type EnclaveAnswer,
  type EnclaveError,
  type EnclaveRequest,
  MAX_ANSWER_BYTES,
} from './enclave-messages.ts'

/** The program that speaks to the Secure Enclave. It runs as long as the keys are open. */
export interface EnclaveHelper extends AsyncDisposable {
  /**
   * One request at a time.
   *
   * @throws `KEY_PROVIDER_UNAVAILABLE` when the helper does not run or answer, or there is no Enclave; `KEY_NOT_FOUND` for a key of
   *   another Enclave, `KEY_AUTHORISATION_FAILED` before the Mac was unlocked, `KEY_MALFORMED` for a malformed answer.
   */
  ask(request: EnclaveRequest, options: { signal: AbortSignal }): Promise<Exclude<EnclaveAnswer, { error: string }>>
}

export interface EnclaveHelperInit {
  /** Absolute. */
  readonly path: string
  readonly args?: readonly string[]
  readonly answerTimeoutMs?: number
}

const ANSWER_TIMEOUT_MS = 20_000

const CODES: Readonly<Record<EnclaveError, ErrorCode>> = {
  unavailable: 'KEY_PROVIDER_UNAVAILABLE',
  lost: 'KEY_NOT_FOUND',
  locked: 'KEY_AUTHORISATION_FAILED',
  malformed: 'KEY_MALFORMED',
  failed: 'KEY_PROVIDER_UNAVAILABLE',
}

/** Starts the helper with the first request, and again after it has ended or given a malformed answer. */
export function enclaveHelper(init: EnclaveHelperInit): EnclaveHelper {
  const { path, args = [], answerTimeoutMs = ANSWER_TIMEOUT_MS } = init
  let running: { readonly program: RunningProgram; readonly lines: AsyncIterator<string> } | undefined
  let requests = 0
  const start = async () => {
    const program = await startProgram({ path, args, stdin: 'pipe', stdout: 'pipe' })
    const lines = readLines(program.stdout ?? Readable.from([]), { maxBytes: MAX_ANSWER_BYTES })
    running = { program, lines }
    return running
  }
  const end = async () => {
    const ending = running
    running = undefined
    await ending?.program[Symbol.asyncDispose]()
    // Unread output would keep the pipe open.
    ending?.program.stdout?.destroy()
  }
  const exchange = async (request: EnclaveRequest, signal: AbortSignal): Promise<EnclaveAnswer> => {
    const { program, lines } = running ?? (await start())
    const id = ++requests
    program.stdin?.write(`${JSON.stringify({ id, ...request })}\n`)
    const { done, value } = await orAborted(lines.next(), signal)
    if (done === true) throw new SuretyError('KEY_PROVIDER_UNAVAILABLE', 'the helper of the Secure Enclave has ended')
    const answer = answerReader.readJson(value)
    if (answer.id === id) return answer
    throw new SuretyError('KEY_MALFORMED', 'the helper of the Secure Enclave answered another request')
  }
  return {
    async ask(request, { signal }) {
      signal.throwIfAborted()
      const deadline = AbortSignal.timeout(answerTimeoutMs)
      let answer: EnclaveAnswer
      try {
        answer = await exchange(request, AbortSignal.any([signal, deadline]))
      } catch (cause) {
        // A late answer to this request could be taken for one to the next.
        await end()
        throw signal.aborted ? signal.reason : helperError(cause, deadline.aborted)
      }
      if (!('error' in answer)) return answer
      throw new SuretyError(CODES[answer.error], `Secure Enclave: ${answer.error}: ${answer.message}`)
    },
    [Symbol.asyncDispose]: end,
  }
}

function helperError(cause: unknown, isLate: boolean): unknown {
  const code = codeOf(cause)
  if (code === 'KEY_MALFORMED' || code === 'KEY_PROVIDER_UNAVAILABLE') return cause
  if (code === 'INPUT_TOO_LARGE' || code === 'INPUT_MALFORMED') {
    return new SuretyError('KEY_MALFORMED', 'the helper of the Secure Enclave gave an answer that is none', { cause })
  }
  const why = isLate ? 'does not answer' : 'cannot be run'
  return new SuretyError('KEY_PROVIDER_UNAVAILABLE', `the helper of the Secure Enclave ${why}`, { cause })
}
