import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { fromUtf8 } from '../base/bytes.ts'
import { codeOf, describeError, SuretyError } from '../base/errors.ts'
import { isHookClient } from '../protocol/gate/hook-clients.ts'
import { fairDeadline } from '../system/program/fair-deadline.ts'
import type { Peer, Peers } from '../system/socket/peers.ts'
import { listenOnUnixSocket } from '../system/socket/unix-socket.ts'
import type { AskingUser, Gate } from './gate.ts'
import type { AskedBy } from './gate-messages.ts'
import { answerFrame, progressFrame, REQUEST_MAX_BYTES, readHookRequest } from './hook-wire.ts'

/** The socket at which hooks ask. One connection asks once. */

export interface ServeHooksComponents {
  readonly gate: Pick<Gate, 'ask'>
  readonly peers: Peers
  /** By user id. A user whom the system does not list has its id as its name. */
  readonly userOf: (id: string) => Promise<AskingUser>
  readonly onError: (error: unknown) => void
}

/** In total, and of one user. Those who wait for a person count too. */
const MOST_CONNECTIONS = 256
const MOST_OF_USER = 64
/** For all requests that are being read. */
const READING_BYTES = 8 * REQUEST_MAX_BYTES
const READ_WITHIN_MS = 10_000
/** An exit code that every client takes for a denial; the reason is on standard error. */
const BLOCKS = 2

/** @throws as `listenAt`. */
export async function serveHooks(components: ServeHooksComponents, path: string): Promise<AsyncDisposable> {
  const { peers, onError } = components
  const open = new Map<Socket, string>()
  const room = { left: READING_BYTES }
  const onConnection = (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    const peer = peers.of(socket)
    const fault = peer === undefined ? 'the kernel does not say who asks' : crowding(open, peer)
    if (peer === undefined || fault !== undefined) {
      peer?.[Symbol.dispose]()
      return void socket.end(blocked(fault ?? ''))
    }
    open.set(socket, peer.userId)
    socket.once('close', () => {
      open.delete(socket)
      peer[Symbol.dispose]()
    })
    void answerOne(socket, peer, components, room)
      .catch((error) => {
        if (codeOf(error) === undefined) onError(error)
        return blocked(codeOf(error) === undefined ? 'the gate failed' : describeError(error))
      })
      .then((answer) => socket.end(answer))
  }
  const listener = await listenOnUnixSocket({ path, forAll: peers.areKnown }, { onConnection, onError })
  return {
    async [Symbol.asyncDispose]() {
      const closed = listener.close()
      for (const socket of open.keys()) socket.destroy()
      await closed
    },
  }
}

function crowding(open: ReadonlyMap<Socket, string>, { userId, isAdministrator }: Peer): string | undefined {
  if (open.size >= MOST_CONNECTIONS) return 'too many agents ask at once: try again'
  if (isAdministrator) return undefined
  const ofUser = [...open.values()].filter((id) => id === userId).length
  return ofUser >= MOST_OF_USER ? 'too many actions of one user at once: try again' : undefined
}

async function answerOne(
  socket: Socket,
  peer: Peer,
  { gate, userOf }: ServeHooksComponents,
  room: { left: number },
): Promise<Uint8Array> {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  const { client, document } = await inTime(socket, () => readHookRequest(socket, room))
  if (!isHookClient(client)) throw new SuretyError('INPUT_MALFORMED', 'the hook names no client that the gate knows')
  const answer = await gate.ask(
    { client, document: textOf(document), user: await userOf(peer.userId), askedBy: askedBy(peer.pid) },
    { progress: (text) => socket.write(progressFrame(text)), signal: gone.signal },
  )
  return answerFrame(answer)
}

function textOf(document: Uint8Array): string {
  try {
    return fromUtf8(document)
  } catch (cause) {
    throw new SuretyError('INPUT_MALFORMED', 'the document of the client is not UTF-8', { cause })
  }
}

async function inTime<T>(socket: Socket, read: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const expired = () => reject(new SuretyError('SESSION_TIMEOUT', `no whole request within ${READ_WITHIN_MS} ms`))
  using deadline = fairDeadline({ timeoutMs: READ_WITHIN_MS, received: () => socket.bytesRead, expired })
  deadline.start()
  return await Promise.race([read(), promise])
}

function blocked(why: string): Uint8Array {
  return answerFrame({ exitCode: BLOCKS, stdout: '', stderr: `Surety refused this: ${why}\n` })
}

const MOST_ANCESTORS = 16

/** The process that asked and those above it, as of now. Empty if it has ended. The kernel answers without a file system in between. */
function askedBy(pid: number | undefined): AskedBy {
  const found: AskedBy = []
  for (let next = pid; next !== undefined && next > 1 && found.length < MOST_ANCESTORS; ) {
    const fields = statOf(next)
    if (fields === undefined) break
    found.push({ pid: next, startTicks: fields.startTicks })
    next = fields.parentPid
  }
  return found
}

/** See proc_pid_stat(5): fields 4 and 22. The name before them may hold anything. */
function statOf(pid: number): { readonly parentPid: number; readonly startTicks: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parentPid: Number(fields[1]), startTicks: Number(fields[19]) }
  } catch {
    return undefined
  }
}
