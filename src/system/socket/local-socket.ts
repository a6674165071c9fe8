import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type TokenBucket, tokenBucket } from '../../base/token-bucket.ts'
import { refusalLog } from '../logging/refusal-log.ts'
import { fairDeadline } from '../program/fair-deadline.ts'
import { readLines } from './lines.ts'
import type { ListenLocal } from './local-listener.ts'
import type { Peer, Peers } from './peers.ts'
import { listenOnUnixSocket } from './unix-socket.ts'

/** A server for programs on this machine: one line asks, one line answers, and who asks is the kernel's word. */
export interface LocalServerComponents {
  /** On a Unix socket if absent. */
  readonly listen?: ListenLocal | undefined
  /** Where they are not known, only the user we run as may connect. */
  readonly peers: Peers
  readonly log: Log
  /** One line in, one line out, neither with a newline. A rejection closes the connection. */
  readonly answer: (line: string, peer: Peer, options: { signal: AbortSignal }) => Promise<string>
  /**
   * The line that says why the connection is closed: `SESSION_LIMIT` (too many are open), `SESSION_TIMEOUT` (no whole request
   * in time), `NOT_PERMITTED` (nobody knows who asks), or what is wrong with a line. A crowd of those who are refused, and who
   * does not read, is told nothing, nor is a user whose refused connections exceed the rate of requests.
   */
  readonly refuse: (code: ErrorCode, message: string) => string
}

export interface LocalServerInit {
  /** Absolute, or on Windows the name of a pipe. The folder of a Unix socket is made (0755) when it is missing. */
  readonly path: string
  readonly maxLineBytes: number
  /** For the whole of one request, and of one response; see `fairDeadline`. */
  readonly transferTimeoutMs?: number
  readonly maxConnections?: number
  /** For one user who is no administrator. */
  readonly maxConnectionsPerUser?: number
}

export interface LocalServer extends AsyncDisposable {
  /** False where every peer counts as the user we run as. */
  readonly peersKnown: boolean
}

const KEPT_FOR_ADMINISTRATORS = 8
/** As many of those who may not be served are told so at a time; it costs a descriptor for as long as they take to hang up. */
const MOST_TOLD = 16
const HANG_UP_WITHIN_MS = 1_000
/** Connections beyond a user's rate are kept unread for this time: closed at once, they would be made again at once. */
const HELD_MS = 1_000
const MOST_HELD = 256
const REFUSALS_EVERY_MS = 60_000

/** @throws `SOCKET_IN_USE`, `STORE_FAILED` (folder), `CONFIG_INVALID` (path). */
export async function serveLocalSocket(components: LocalServerComponents, init: LocalServerInit): Promise<LocalServer> {
  const { peers, log, listen = listenOnUnixSocket } = components
  const stopping = new AbortController()
  const open = new Map<Socket, Peer>()
  const told = new Set<Socket>()
  const held = new Set<Socket>()
  const rate = new RequestRate()
  const refusals = refusalLog(log, { message: 'local connection refused', intervalMs: REFUSALS_EVERY_MS })
  const refuse = (socket: Socket, peer: Peer | undefined, code: ErrorCode, reason: string) => {
    refusals.tell({ reason, user: peer?.userId })
    if (peer !== undefined && !rate.mayRefuse(peer)) return hold(socket, held)
    if (told.size >= MOST_TOLD) return void socket.destroy()
    told.add(socket)
    socket.once('close', () => told.delete(socket))
    void dismiss(socket, components.refuse(code, reason), init)
  }
  const onConnection = (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    const peer = peers.of(socket)
    if (peer === undefined) return refuse(socket, undefined, 'NOT_PERMITTED', 'peer unknown')
    const refusal = refusalOf(peer, open, init)
    if (refusal !== undefined) {
      peer[Symbol.dispose]()
      return refuse(socket, peer, 'SESSION_LIMIT', refusal)
    }
    open.set(socket, peer)
    socket.once('close', () => {
      open.delete(socket)
      peer[Symbol.dispose]()
    })
    const confirm = () => {
      const confirmed = peers.confirm === undefined ? peer : peers.confirm(socket)
      if (confirmed !== undefined) {
        if (open.has(socket)) open.set(socket, confirmed)
        return confirmed
      }
      refusals.tell({ reason: 'peer unknown', user: peer.userId })
      throw new SuretyError('NOT_PERMITTED', 'peer unknown')
    }
    converse({ socket, confirm, rate }, components, init, stopping.signal)
      .catch((error) => log.debug('local connection ended', { reason: describeError(error) }))
      .finally(() => socket.destroySoon())
  }
  const onError = (error: unknown) => log.error('local socket failed', { reason: describeError(error) })
  const listener = await listen({ path: init.path, forAll: peers.areKnown }, { onConnection, onError })
  return {
    peersKnown: peers.areKnown,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      refusals[Symbol.dispose]()
      const closed = listener.close()
      for (const socket of [...open.keys(), ...told, ...held]) socket.destroy()
      await closed
    },
  }
}

/** Nothing of it is read. */
function hold(socket: Socket, held: Set<Socket>): void {
  if (held.size >= MOST_HELD) return void socket.destroy()
  held.add(socket)
  const timer = setTimeout(() => socket.destroy(), HELD_MS)
  socket.once('close', () => {
    clearTimeout(timer)
    held.delete(socket)
  })
}

function refusalOf(peer: Peer, open: ReadonlyMap<Socket, Peer>, init: LocalServerInit): string | undefined {
  // Ordinary users together must not keep administrators out.
  const places = (init.maxConnections ?? 64) + (peer.isAdministrator ? KEPT_FOR_ADMINISTRATORS : 0)
  if (open.size >= places) return 'too many connections'
  if (peer.isAdministrator) return undefined
  const ofUser = [...open.values()].filter((other) => other.userId === peer.userId).length
  return ofUser >= (init.maxConnectionsPerUser ?? 8) ? 'too many connections of one user' : undefined
}

async function converse(
  { socket, confirm, rate }: { readonly socket: Socket; readonly confirm: () => Peer; readonly rate: RequestRate },
  components: LocalServerComponents,
  init: LocalServerInit,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = init.transferTimeoutMs ?? 5_000
  let peer: Peer | undefined
  let answering = false
  let dismissed: Promise<void> | undefined
  // Absolute, not since the last byte: a peer that sends one byte a second is slow too.
  using deadline = fairDeadline({
    timeoutMs,
    received: () => socket.bytesRead,
    expired() {
      if (answering) return void socket.destroy()
      const line = components.refuse('SESSION_TIMEOUT', `no whole request within ${timeoutMs} ms`)
      dismissed = dismiss(socket, line, init)
    },
  })
  deadline.start()
  try {
    const chunks = socket.iterator({ destroyOnReturn: false })
    for await (const line of readLines(chunks, { maxBytes: init.maxLineBytes })) {
      if (dismissed !== undefined) break
      deadline.stop()
      peer ??= confirm()
      const waitMs = rate.count(peer)
      if (waitMs > 0) await sleep(waitMs, undefined, { signal })
      const response = await components.answer(line, peer, { signal })
      answering = true
      deadline.start()
      await send(socket, response)
      answering = false
      deadline.start()
    }
  } catch (error) {
    const code = codeOf(error)
    deadline.stop()
    if (code !== undefined && !socket.destroyed) {
      await (dismissed ?? dismiss(socket, components.refuse(code, describeError(error)), init))
    }
    throw error
  }
}

/**
 * Says `line` and waits until the peer hangs up, for a moment: closed while something of theirs is under way, they would see
 * a connection that was reset, and not our words.
 */
function dismiss(socket: Socket, line: string, { maxLineBytes }: LocalServerInit): Promise<void> {
  const before = socket.bytesRead
  const end = () => void socket.destroy()
  const deadline = fairDeadline({ timeoutMs: HANG_UP_WITHIN_MS, received: () => 0, expired: end })
  deadline.start()
  socket.on('data', () => socket.bytesRead - before > maxLineBytes && end())
  socket.end(`${line}\n`)
  return new Promise((resolve) => {
    socket.once('close', () => {
      deadline.stop()
      resolve()
    })
  })
}

function send(socket: Socket, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', resolve)
    socket.write(`${line}\n`, (error) => {
      socket.removeListener('close', resolve)
      if (error == null) resolve()
      else reject(error)
    })
  })
}

/** Requests a second of one user, and how many may come at once. A view that refreshes needs one a second. */
const PER_SECOND = 20
const BURST = 100
/** Beyond this many users, those who owe nothing are forgotten. */
const MAX_USERS = 64

/** Rate of requests per user. Administrators are not limited: they could end the daemon instead. */
export class RequestRate {
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Counts one request. @returns how long to wait before it is answered. Milliseconds. */
  count({ userId, isAdministrator }: Pick<Peer, 'userId' | 'isAdministrator'>): number {
    if (isAdministrator) return 0
    return this.#bucketOf(userId).take(1, this.#nowMs())
  }

  /** Counts a connection that is refused. @returns false where the rate is used up: it is then not counted. */
  mayRefuse({ userId, isAdministrator }: Pick<Peer, 'userId' | 'isAdministrator'>): boolean {
    if (isAdministrator) return true
    const bucket = this.#bucketOf(userId)
    if (bucket.take(0, this.#nowMs()) > 0) return false
    bucket.take(1, this.#nowMs())
    return true
  }

  #bucketOf(userId: string): TokenBucket {
    const known = this.#buckets.get(userId)
    if (known !== undefined) return known
    if (this.#buckets.size >= MAX_USERS) this.#forgetIdle()
    const bucket = tokenBucket({ perSecond: PER_SECOND, burst: BURST, nowMs: this.#nowMs() })
    this.#buckets.set(userId, bucket)
    return bucket
  }

  /** A user with credit gets at most one more burst by being forgotten. */
  #forgetIdle(): void {
    for (const [userId, bucket] of this.#buckets) {
      if (bucket.take(0, this.#nowMs()) === 0) this.#buckets.delete(userId)
    }
  }
}
