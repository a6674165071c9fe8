import { Buffer } from 'node:buffer'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fromUtf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import type { ProgramInit, RunningProgram } from '../system/program/command.ts'
import type { HomeMemories } from './home-memories.ts'
import {
  ANSWER_MAX_BYTES,
  answerReader,
  type HomeAnswer,
  type HomeRequest,
  MEMORY_HEAD,
  memoryHeadReader,
} from './home-request.ts'

/** The children that read homes: one a person at a time, each killed at its deadline. */
export interface ReaderChildren {
  /** Rejects only for `signal`. */
  run(request: HomeRequest, options: { readonly signal: AbortSignal }): Promise<ChildOutcome>
}

export interface ReaderChildrenComponents {
  /** Starts the program as the user, or as root that becomes the user. */
  readonly startProgram: (init: ProgramInit, user: { readonly id: string }) => Promise<RunningProgram>
  /** Where memories of homes are kept. Without it nothing is remembered. */
  readonly memories?: HomeMemories
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
  /** Results of the finished tasks. */
  readonly answers: readonly HomeAnswer[]
  /** Why the child did not finish. */
  readonly failure: SuretyError | undefined
}

/**
 * The running child of each user, by user id: one at a time. A killed child that a dead network mount keeps from ending stays here
 * until it ends. Until then no child is started for that user.
 */
type Busy = Map<string, { readonly done: Promise<void>; hangs: boolean }>

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
  for (let before = busy.get(request.user.id); before !== undefined; before = busy.get(request.user.id)) {
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

/** Always kills the child, and waits a second for its end. @returns why the child failed, if it did. */
async function talk(
  { startProgram, memories }: ReaderChildrenComponents,
  init: ReaderChildrenInit,
  busy: Busy,
  request: HomeRequest,
  answers: HomeAnswer[],
  signal: AbortSignal,
): Promise<SuretyError | undefined> {
  const { promise: done, resolve: tellDone } = Promise.withResolvers<void>()
  const place = { done, hangs: false }
  busy.set(request.user.id, place)
  let exit: RunningProgram['exit'] | undefined
  try {
    const [path, ...args] = init.command
    const program = await startProgram({ path, args, stdin: 'pipe', stdout: 'pipe' }, request.user)
    exit = program.exit
    return await converse({ program, memories }, request, answers, signal)
  } finally {
    if (exit === undefined || (await endsWithin(exit, END_WITHIN_MS))) busy.delete(request.user.id)
    else {
      place.hangs = true
      void exit.then(() => busy.delete(request.user.id))
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
  { program, memories }: { readonly program: RunningProgram; readonly memories: HomeMemories | undefined },
  request: HomeRequest,
  answers: HomeAnswer[],
  signal: AbortSignal,
): Promise<SuretyError | undefined> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  using _ = onAbort(signal, () => {
    program.stdout?.destroy()
    reject(signal.reason)
  })
  const own = request.remember === undefined ? undefined : memories
  try {
    if (program.stdin !== undefined) await Promise.race([ask(program.stdin, request, own), aborted])
    if (program.stdout !== undefined) {
      await Promise.race([collectAnswers(program.stdout, request.user.id, answers, own), aborted])
    }
    const { exitCode } = await Promise.race([program.exit, aborted])
    return exitCode === 0
      ? undefined
      : new SuretyError('COMMAND_FAILED', `the reader ended with ${exitCode ?? 'a signal'}`)
  } finally {
    program.kill('SIGKILL')
  }
}

/** Sends the request, then the memory of the last scan, if there is one. A child that does not read them fails by its exit code. */
async function ask(input: Writable, request: HomeRequest, memories: HomeMemories | undefined): Promise<void> {
  input.on('error', () => undefined)
  input.write(`${JSON.stringify(request)}\n`)
  const saved = memories?.open(request.user.id)
  if (memories === undefined || saved === undefined) input.end()
  else
    await pipeline(
      asFarAsItGoes(saved, (error) => memories.damaged(request.user.id, error)),
      input,
    ).catch(() => undefined)
}

/** Ends where reading the memory fails: the child notices a cut memory, and must still get the request before it. */
async function* asFarAsItGoes(saved: Readable, onFault: (error: unknown) => void) {
  try {
    yield* saved
  } catch (error) {
    onFault(error)
  }
}

function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act()
  else signal.addEventListener('abort', act, { once: true })
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', act) }
}

/**
 * Reads one answer a line, and throws at the first that does not fit. The bytes after the head of a memory are saved unread; the next
 * child that gets them checks whether they are whole.
 */
async function collectAnswers(
  output: Readable,
  userId: string,
  answers: HomeAnswer[],
  memories: HomeMemories | undefined,
): Promise<void> {
  using saver = memories?.saver(userId)
  let pending: Uint8Array[] = []
  let size = 0
  let left: number | undefined
  for await (const chunk of output) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of bytes is read')
    let rest: Uint8Array = chunk
    while (left === undefined && rest.length > 0) {
      const end = rest.indexOf(0x0a)
      const part = end === -1 ? rest : rest.subarray(0, end)
      size += part.length
      if (size > ANSWER_MAX_BYTES) {
        throw new SuretyError('INPUT_TOO_LARGE', `the reader wrote more than ${ANSWER_MAX_BYTES} bytes`)
      }
      pending.push(part)
      rest = rest.subarray(part.length + 1)
      if (end === -1) break
      const line = fromUtf8(Buffer.concat(pending))
      pending = []
      if (line.startsWith(MEMORY_HEAD)) {
        const { memoryBytes, damaged } = memoryHeadReader.readJson(line)
        left = memoryBytes
        if (damaged === true) memories?.damaged(userId)
      } else answers.push(answerReader.readJson(line))
    }
    if (left === undefined) continue
    if (rest.length > left || (saver === undefined && rest.length > 0)) {
      throw new SuretyError('INPUT_TOO_LARGE', 'the reader wrote more than it said')
    }
    left -= rest.length
    saver?.write(rest)
    if (left === 0) saver?.keep()
  }
}
