import { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import { fromUtf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import type { ProgramInit, RunningProgram } from '../system/command.ts'
import { ANSWER_MAX_BYTES, answerReader, type HomeAnswer, type HomeRequest } from './home-request.ts'

/** The children that read homes: one a person at a time, each killed at its deadline. */
export interface ReaderChildren {
  /** Rejects only for `signal`. */
  run(request: HomeRequest, options: { readonly signal: AbortSignal }): Promise<ChildOutcome>
}

export interface ReaderChildrenComponents {
  readonly startProgram: (init: ProgramInit) => Promise<RunningProgram>
}
export interface ReaderChildrenInit {
  /** How the child is started: absolute path, then arguments. It runs `runReader`. */
  readonly command: readonly [path: string, ...args: string[]]
  /** The child is killed after that. */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 20_000

export function readerChildren(components: ReaderChildrenComponents, init: ReaderChildrenInit): ReaderChildren {
  const busy: Busy = new Map()
  return { run: (request, { signal }) => runChild(components, init, busy, request, signal) }
}

export interface ChildOutcome {
  /** Of the tasks that were finished. */
  readonly answers: readonly HomeAnswer[]
  /** Why there are no more. */
  readonly failure: SuretyError | undefined
}

/**
 * The child that reads for a person, by user id: one at a time. One that does not end when it is killed (a dead network
 * mount holds it) stays here until it does: its person waits, others do not, and no second one joins it.
 */
type Busy = Map<number, { readonly done: Promise<void>; hangs: boolean }>

/** A killed child is gone at once, unless the kernel waits for a file system that does not answer. */
const END_WITHIN_MS = 1_000

async function runChild(
  components: ReaderChildrenComponents,
  init: ReaderChildrenInit,
  busy: Busy,
  request: HomeRequest,
  signal: AbortSignal,
): Promise<ChildOutcome> {
  const answers: HomeAnswer[] = []
  for (let before = busy.get(request.uid); before !== undefined; before = busy.get(request.uid)) {
    signal.throwIfAborted()
    if (before.hangs) {
      return { answers, failure: new SuretyError('COMMAND_TIMED_OUT', 'an earlier reader of this home still hangs') }
    }
    await before.done
  }
  signal.throwIfAborted()
  const timeoutMs = init.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const deadline = AbortSignal.timeout(timeoutMs)
  const failure = await talk(components, init, busy, request, answers, AbortSignal.any([signal, deadline])).catch(
    asError,
  )
  signal.throwIfAborted()
  if (failure === undefined || !deadline.aborted) return { answers, failure }
  return { answers, failure: new SuretyError('COMMAND_TIMED_OUT', `the reader was killed after ${timeoutMs} ms`) }
}

function asError(cause: unknown): SuretyError {
  return cause instanceof SuretyError ? cause : new SuretyError('COMMAND_FAILED', 'the reader failed', { cause })
}

/** @returns why the child ended badly. The child is killed in any case; its end is waited for only a moment. */
async function talk(
  { startProgram }: ReaderChildrenComponents,
  init: ReaderChildrenInit,
  busy: Busy,
  request: HomeRequest,
  answers: HomeAnswer[],
  signal: AbortSignal,
): Promise<SuretyError | undefined> {
  const { promise: done, resolve: tellDone } = Promise.withResolvers<void>()
  const place = { done, hangs: false }
  busy.set(request.uid, place)
  let exit: RunningProgram['exit'] | undefined
  try {
    const [path, ...args] = init.command
    const program = await startProgram({ path, args, stdin: 'pipe', stdout: 'pipe' })
    exit = program.exit
    return await converse(program, request, answers, signal)
  } finally {
    if (exit === undefined || (await endsWithin(exit, END_WITHIN_MS))) busy.delete(request.uid)
    else {
      place.hangs = true
      void exit.then(() => busy.delete(request.uid))
    }
    tellDone()
  }
}

async function endsWithin(exit: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), timeoutMs)
  return await Promise.race([exit.then(() => true), late]).finally(() => clearTimeout(timer))
}

async function converse(
  program: RunningProgram,
  request: HomeRequest,
  answers: HomeAnswer[],
  signal: AbortSignal,
): Promise<SuretyError | undefined> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  using _ = onAbort(signal, () => {
    program.stdout?.destroy()
    reject(signal.reason)
  })
  try {
    program.stdin?.end(JSON.stringify(request))
    if (program.stdout !== undefined) await Promise.race([collectAnswers(program.stdout, answers), aborted])
    const { exitCode } = await Promise.race([program.exit, aborted])
    return exitCode === 0
      ? undefined
      : new SuretyError('COMMAND_FAILED', `the reader ended with ${exitCode ?? 'a signal'}`)
  } finally {
    program.kill('SIGKILL')
  }
}

function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act()
  else signal.addEventListener('abort', act, { once: true })
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', act) }
}

/** One answer a line, each checked; stops at the first that does not fit. */
async function collectAnswers(output: Readable, answers: HomeAnswer[]): Promise<void> {
  let pending: Uint8Array[] = []
  let size = 0
  for await (const chunk of output) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of bytes is read')
    size += chunk.length
    if (size > ANSWER_MAX_BYTES) {
      throw new SuretyError('INPUT_TOO_LARGE', `the reader wrote more than ${ANSWER_MAX_BYTES} bytes`)
    }
    let rest: Uint8Array = chunk
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      answers.push(answerReader.readJson(fromUtf8(Buffer.concat([...pending, rest.subarray(0, end)]))))
      pending = []
      rest = rest.subarray(end + 1)
    }
    pending.push(rest)
  }
}
