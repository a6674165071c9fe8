import { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import { fromUtf8 } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import type { Catalogue } from '../discovery/catalogue/catalogue.ts'
import { type HomeFindings, type HomeReader, TASK_SOURCES } from '../discovery/home-reader.ts'
import { outcomeOf } from '../discovery/source-log.ts'
import { type ScreenLockSettings, screenLockSettings } from '../posture/screen-lock.ts'
import type { SourceReport } from '../protocol/sighting.ts'
import type { ProgramInit, RunningProgram } from '../system/command.ts'
import type { LocalUser } from '../system/users.ts'
import { ANSWER_MAX_BYTES, answerReader, type HomeAnswer, type HomeRequest, type ReaderTask } from './home-request.ts'

export interface HomeReaderComponents {
  readonly startProgram: (init: ProgramInit) => Promise<RunningProgram>
  readonly clock: Pick<Clock, 'monotonic'>
}
export interface HomeReaderInit {
  /** How the child is started: absolute path, then arguments. It runs `runReader`. */
  readonly command: readonly [path: string, ...args: string[]]
  /** The child is killed after that. */
  readonly timeoutMs?: number
}

export interface ReaderChild extends HomeReader {
  /** What a person set for their screen lock. @throws `FILE_UNREADABLE`, `INPUT_MALFORMED`, `COMMAND_TIMED_OUT`, `COMMAND_FAILED`. */
  readScreenLock(user: LocalUser, options: { readonly signal: AbortSignal }): Promise<ScreenLockSettings>
}

const DEFAULT_TIMEOUT_MS = 20_000

/** Reads homes through a child each, which has its owner's rights and is killed at its deadline. */
export function homeReader(components: HomeReaderComponents, init: HomeReaderInit): ReaderChild {
  const stuck: Stuck = new Set()
  return {
    async readHome({ user, catalogue, tasks }, { signal }) {
      const startedAt = components.clock.monotonic()
      const { answers, failure } = await runChild(components, init, stuck, requestOf(user, catalogue, tasks), signal)
      const durationMs = Math.max(0, components.clock.monotonic() - startedAt)
      const missing = tasks
        .filter((task) => !answers.some((answer) => answer.task === task))
        .map((task) => ({
          source: TASK_SOURCES[task],
          path: user.home,
          ...outcomeOf(failure ?? new SuretyError('COMMAND_FAILED', 'the reader gave no answer')),
          items: 0,
          durationMs,
        }))
      return owned(user, answers, missing)
    },
    async readScreenLock(user, { signal }) {
      const request = requestOf(user, undefined, ['screen-lock'])
      const { answers, failure } = await runChild(components, init, stuck, request, signal)
      const [answer] = answers
      if (answer?.screenLock !== undefined) return screenLockSettings.read(answer.screenLock)
      const reason = answer?.sources[0]?.reason
      if (reason !== undefined) throw new SuretyError('FILE_UNREADABLE', reason)
      throw failure ?? new SuretyError('COMMAND_FAILED', 'the reader gave no answer')
    },
  }
}

function requestOf(user: LocalUser, catalogue: Catalogue | undefined, tasks: readonly ReaderTask[]): HomeRequest {
  const { uid, gid, name, home } = user
  return { uid, gid, name, home, tasks: [...tasks], ...(catalogue === undefined ? {} : { catalogue }) }
}

/** The child has the rights of the person it reads; whose findings these are is our word, not its. */
function owned(user: LocalUser, answers: readonly HomeAnswer[], missing: readonly SourceReport[]): HomeFindings {
  const owner = { uid: user.uid, name: user.name }
  return {
    sightings: answers.flatMap(({ sightings }) => sightings).map((sighting) => ({ ...sighting, user: owner })),
    sources: [...answers.flatMap(({ sources }) => sources), ...missing].map((source) => ({ ...source, user: owner })),
  }
}

interface ChildOutcome {
  /** Of the tasks that were finished. */
  readonly answers: readonly HomeAnswer[]
  /** Why there are no more. */
  readonly failure: SuretyError | undefined
}

/** Children that did not end when they were killed (a dead network mount holds them): their people wait, others do not. */
type Stuck = Set<number>

async function runChild(
  components: HomeReaderComponents,
  init: HomeReaderInit,
  stuck: Stuck,
  request: HomeRequest,
  signal: AbortSignal,
): Promise<ChildOutcome> {
  signal.throwIfAborted()
  const answers: HomeAnswer[] = []
  if (stuck.has(request.uid)) {
    return { answers, failure: new SuretyError('COMMAND_TIMED_OUT', 'an earlier reader of this home still hangs') }
  }
  const timeoutMs = init.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const deadline = AbortSignal.timeout(timeoutMs)
  const failure = await talk(components, init, stuck, request, answers, AbortSignal.any([signal, deadline])).catch(
    asError,
  )
  signal.throwIfAborted()
  if (failure === undefined || !deadline.aborted) return { answers, failure }
  return { answers, failure: new SuretyError('COMMAND_TIMED_OUT', `the reader was killed after ${timeoutMs} ms`) }
}

function asError(cause: unknown): SuretyError {
  return cause instanceof SuretyError ? cause : new SuretyError('COMMAND_FAILED', 'the reader failed', { cause })
}

/** @returns why the child ended badly. The child is killed in any case; its end is not waited for. */
async function talk(
  { startProgram }: HomeReaderComponents,
  init: HomeReaderInit,
  stuck: Stuck,
  request: HomeRequest,
  answers: HomeAnswer[],
  signal: AbortSignal,
): Promise<SuretyError | undefined> {
  const [path, ...args] = init.command
  const program = await startProgram({ path, args, stdin: 'pipe', stdout: 'pipe' })
  stuck.add(request.uid)
  const exit = program.exit.finally(() => stuck.delete(request.uid))
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  using _ = onAbort(signal, () => {
    program.stdout?.destroy()
    reject(signal.reason)
  })
  try {
    program.stdin?.end(JSON.stringify(request))
    if (program.stdout !== undefined) await Promise.race([collectAnswers(program.stdout, answers), aborted])
    const { exitCode } = await Promise.race([exit, aborted])
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
