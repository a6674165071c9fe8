import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import { fairDeadline } from '../program/fair-deadline.ts'
import { readLines } from './lines.ts'
import type { ConnectLocal } from './local-listener.ts'
import { connectToUnixSocket } from './unix-socket.ts'

const AGAIN_MS = 50
/** By then a server that is just taking another's place is there. */
const TRIES_IN_VAIN = 6
/** What systems call a path that their socket addresses have no room for. */
const TOO_LONG = ['EINVAL', 'ENAMETOOLONG']

export interface AskOptions {
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal
  /** To a Unix socket if absent. */
  readonly connect?: ConnectLocal | undefined
}

/**
 * Sends one line to the server at `path` and returns its one line of answer. A server whose queue is full is asked again
 * until the time is over. If no server listens, it is asked again for a moment. Requests must be safe to repeat.
 *
 * @throws `DAEMON_UNREACHABLE` (nobody there), `DAEMON_SILENT` (no whole answer in time), `NOT_PERMITTED` (the socket's mode),
 * `DAEMON_UNTRUSTED` (another program listens there), `INPUT_TOO_LARGE`, `INPUT_MALFORMED`.
 */
export async function askLocalSocket(path: string, line: string, options: AskOptions): Promise<string> {
  const { connect = connectToUnixSocket } = options
  const late = new AbortController()
  const signal = options.signal === undefined ? late.signal : AbortSignal.any([options.signal, late.signal])
  let socket: Socket | undefined
  using deadline = fairDeadline({
    timeoutMs: options.timeoutMs,
    received: () => socket?.bytesRead ?? 0,
    expired: () => late.abort(),
  })
  deadline.start()
  let inVain = 0
  for (;;) {
    try {
      socket = await connect(path, { signal })
      return await askOnce(socket, path, line, options)
    } catch (cause) {
      const failure = askFailure(cause, path, { timeoutMs: options.timeoutMs, over: late.signal.aborted })
      const mayPass = failure.code === 'DAEMON_UNREACHABLE' && ++inVain < TRIES_IN_VAIN
      if ((mayPass || errnoOf(cause) === 'EAGAIN') && !signal.aborted) {
        await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined)
        continue
      }
      options.signal?.throwIfAborted()
      throw failure
    }
  }
}

async function askOnce(
  socket: Socket,
  path: string,
  line: string,
  { maxBytes }: { maxBytes: number },
): Promise<string> {
  try {
    socket.write(`${line}\n`)
    for await (const answer of readLines(socket, { maxBytes })) return answer
  } finally {
    socket.destroy()
  }
  throw new SuretyError('DAEMON_UNREACHABLE', `${JSON.stringify(path)} closed the connection without an answer`)
}

function askFailure(
  cause: unknown,
  path: string,
  { timeoutMs, over }: { timeoutMs: number; over: boolean },
): SuretyError {
  if (cause instanceof SuretyError) return cause
  const shown = JSON.stringify(path)
  if (over) {
    const message = `suretyd is there but does not answer at ${shown} (${timeoutMs} ms)`
    return new SuretyError('DAEMON_SILENT', message, { cause })
  }
  const errno = errnoOf(cause)
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new SuretyError('NOT_PERMITTED', `${shown} may not be used by this user`, { cause })
  }
  return new SuretyError('DAEMON_UNREACHABLE', `cannot reach suretyd at ${shown}: ${reasonFor(errno)}`, { cause })
}

function reasonFor(errno: string | undefined): string {
  if (errno === undefined) return 'failed'
  if (errno === 'ENOENT') return 'there is no such socket'
  if (errno === 'ECONNREFUSED') return 'no program listens there'
  return TOO_LONG.includes(errno) ? 'no socket has a path so long' : errno
}
