import { connect } from 'node:net'
import { SuretyError } from '../base/errors.ts'
import { errnoOf } from './file-errors.ts'
import { readLines } from './lines.ts'

/**
 * Sends one line to the server at `path` and returns its one line of answer.
 *
 * @throws `DAEMON_UNREACHABLE` (nobody there), `DAEMON_SILENT` (no whole answer in time), `NOT_PERMITTED` (the socket's mode),
 * `INPUT_TOO_LARGE`, `INPUT_MALFORMED`.
 */
export async function askLocalSocket(
  path: string,
  line: string,
  options: { timeoutMs: number; maxBytes: number; signal?: AbortSignal },
): Promise<string> {
  const shown = JSON.stringify(path)
  const deadline = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
  const socket = connect({ path, signal })
  try {
    socket.write(`${line}\n`)
    for await (const answer of readLines(socket, { maxBytes: options.maxBytes })) return answer
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    options.signal?.throwIfAborted()
    const errno = errnoOf(cause)
    // A server that takes no connections any more fills its queue: EAGAIN.
    if (deadline.aborted || errno === 'EAGAIN') {
      const message = `suretyd is there but does not answer at ${shown} (${options.timeoutMs} ms)`
      throw new SuretyError('DAEMON_SILENT', message, { cause })
    }
    if (errno === 'EACCES' || errno === 'EPERM') {
      throw new SuretyError('NOT_PERMITTED', `${shown} may not be used by this user`, { cause })
    }
    throw new SuretyError('DAEMON_UNREACHABLE', `nobody answers at ${shown}: ${errno ?? 'failed'}`, { cause })
  } finally {
    socket.destroy()
  }
  throw new SuretyError('DAEMON_UNREACHABLE', `${shown} closed the connection without an answer`)
}
