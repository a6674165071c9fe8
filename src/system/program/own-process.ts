import { fstatSync } from 'node:fs'
import { Writable } from 'node:stream'
import { setInterval as every, setTimeout as sleep } from 'node:timers/promises'
import { SuretyError } from '../../base/errors.ts'
import { loadNativeAddon, type NativeAddon } from '../native/native-addon.ts'

/** The process of our own program: signals that end it, and standard streams that close or fill up. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** A terminal signals all of its programs, and npm passes the signal on: a second one within this time is the same key. */
const SAME_KEY_MS = 500
/** More waits for a reader of standard error that does not read: further lines are dropped. */
const MAX_WAITING_BYTES = 256 * 1024
const READER_CHECK_MS = 500

/**
 * Calls `first` at the first SIGINT, SIGTERM or SIGHUP, which asks for a clean end. A later one has its default effect. No signal
 * is handled after disposal.
 */
export function onEndSignal(first: (name: NodeJS.Signals) => void): Disposable {
  let since: number | undefined
  const onSignal = (name: NodeJS.Signals) => {
    if (since === undefined) {
      since = performance.now()
      first(name)
    } else if (performance.now() - since > SAME_KEY_MS) {
      stop()
      process.kill(process.pid, name)
    }
  }
  const stop = () => {
    for (const name of SIGNALS) process.off(name, onSignal)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return { [Symbol.dispose]: stop }
}

/** Aborts `stop` at a signal that ends the program, with `SESSION_TIMEOUT` as its reason. See `onEndSignal`. */
export function abortAtEndSignal(stop: AbortController, onSignal?: (name: NodeJS.Signals) => void): Disposable {
  return onEndSignal((name) => {
    onSignal?.(name)
    stop.abort(new SuretyError('SESSION_TIMEOUT', `ended by ${name}`))
  })
}

export interface EndSignalInit {
  /** For the clean end; then the process exits with 1, because what takes longer may never end. */
  readonly withinMs: number
  /** Asks for the end as a signal does. */
  readonly inputEnded?: Promise<void> | undefined
}

export function endSignal({ withinMs, inputEnded }: EndSignalInit): AbortSignal {
  const stop = new AbortController()
  const end = () => {
    if (stop.signal.aborted) return
    setTimeout(() => process.exit(1), withinMs).unref()
    stop.abort()
  }
  onEndSignal(end)
  void inputEnded?.then(end)
  return stop.signal
}

export interface UntilInterruptedInit {
  /** The command also ends when its output is a pipe that is no longer read. */
  readonly output?: { readonly fd: number }
  readonly onSignal?: (name: NodeJS.Signals) => void
}

/**
 * The end of a command that runs until it is interrupted, or that must restore something. `stop` is aborted by a signal, and with
 * `output` when its reader is gone: `… --watch | head -3` ends with `head`. Without the addon that is noticed at the next write.
 */
export function untilInterrupted(stop: AbortController, { output, onSignal }: UntilInterruptedInit): AbortSignal {
  abortAtEndSignal(stop, onSignal)
  if (output !== undefined) void abortWithReader(stop, output)
  return stop.signal
}

async function abortWithReader(stop: AbortController, output: { readonly fd: number }): Promise<void> {
  try {
    const init = { descriptor: output.fd, everyMs: READER_CHECK_MS }
    if (await readerGone({ addon: loadNativeAddon() }, init, { signal: stop.signal })) stop.abort()
  } catch {
    // The addon is missing, or `stop` was aborted.
  }
}

export interface ReaderGoneComponents {
  readonly addon: Pick<NativeAddon, 'processEnded'>
}

export interface ReaderGoneInit {
  /** The pipe that we write to. */
  readonly descriptor: number
  readonly everyMs: number
}

/**
 * Resolves with true when no process has the read end of a pipe open any more. A process that never writes gets no EPIPE, so this
 * polls. False if `descriptor` is no pipe. Rejects when the signal is aborted.
 */
export async function readerGone(
  { addon }: ReaderGoneComponents,
  { descriptor, everyMs }: ReaderGoneInit,
  { signal }: { signal: AbortSignal },
): Promise<boolean> {
  if (!fstatSync(descriptor).isFIFO()) return false
  for await (const _ of every(everyMs, undefined, { signal, ref: false })) {
    // poll(2) reports an event on a pipe without readers, as on the pidfd of a process that has ended.
    if (addon.processEnded(descriptor)) return true
  }
  return false
}

/** Resolves early, without an error, when the signal is aborted. */
export function pause(ms: number, options: { readonly signal: AbortSignal }): Promise<void> {
  return sleep(ms, undefined, options).catch(() => undefined)
}

export interface UnwrittenOutputInit {
  /** The reader is gone (EPIPE). */
  readonly closed: () => void
  /** Any other error, such as a full disk. `reason` is the message of the system. */
  readonly failed: (reason: string) => void
}

/** Handles errors of `output`, which would otherwise end the program with a stack. */
export function onUnwrittenOutput(output: Writable, { closed, failed }: UnwrittenOutputInit): void {
  output.on('error', (error) => {
    if (isClosedPipe(error)) closed()
    else failed(error.message)
  })
}

/** For a stream whose loss changes nothing: the exit code remains. */
export function ignoreUnwritten(output: Writable): void {
  if (output.listenerCount('error') === 0) output.on('error', () => undefined)
}

/**
 * Writes the whole answer of a program to standard output.
 *
 * @param program for the message on standard error.
 * @returns the exit code: 1 if the text could not be written, except to a closed pipe.
 */
export function printAnswer(program: string, text: string): Promise<number> {
  const { stdout, stderr } = process
  ignoreUnwritten(stdout)
  return new Promise((resolve) => {
    stdout.write(text, (error) => {
      const failed = error !== null && error !== undefined && !isClosedPipe(error)
      if (failed) stderr.write(`${program}: the answer cannot be written: ${error.message} [STORE_FAILED]\n`)
      resolve(failed ? 1 : 0)
    })
  })
}

function isClosedPipe(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE'
}

/** The part of `process.stderr` that is used. */
export interface ErrorStream {
  write(chunk: Uint8Array | string): unknown
  /** Bytes that the reader has not taken yet. */
  readonly writableLength: number
}

/** Lines to standard error. Lines that a stalled reader does not take are dropped, and their number is written later. */
export function standardError(stderr: ErrorStream): Writable {
  let dropped = 0
  return new Writable({
    decodeStrings: true,
    write(line: Uint8Array, _encoding, done) {
      if (stderr.writableLength > MAX_WAITING_BYTES) dropped++
      else {
        if (dropped > 0) stderr.write(`${dropped} lines of the log were left out: nobody read them\n`)
        dropped = 0
        stderr.write(line)
      }
      done()
    },
  })
}

/** The arguments of this process, for a shell: they were typed once, and are typed again. */
export function ownArguments(): string {
  return process.argv.slice(2).map(shellWord).join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
