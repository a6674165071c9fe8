import { createServer, type Socket } from 'node:net'
import { codeOf, describeError, type ErrorCode } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { readLines } from './lines.ts'
import { listenAt } from './local-socket-path.ts'
import type { NativeAddon } from './native-addon.ts'
import { type Peer, peerOf } from './peer.ts'
import { refusalLog } from './refusal-log.ts'

/** A server on a Unix socket: one line asks, one line answers, and who asks is the kernel's word. */
export interface LocalServerComponents {
  /** Without it nobody but the user we run as may connect. */
  readonly addon: NativeAddon | undefined
  readonly log: Log
  /** One line in, one line out, neither with a newline. A rejection closes the connection. */
  readonly answer: (line: string, peer: Peer, options: { signal: AbortSignal }) => Promise<string>
  /** The line that says why the connection is closed. */
  readonly refuse: (code: ErrorCode, message: string) => string
}

export interface LocalServerInit {
  /** Absolute. Its folder is made (0755) when it is missing. */
  readonly path: string
  readonly maxLineBytes: number
  /** From the first byte to the last of one request, and of one response. */
  readonly transferTimeoutMs?: number
  readonly maxConnections?: number
  /** For one user who is not root. */
  readonly maxConnectionsPerUser?: number
}

export interface LocalServer extends AsyncDisposable {
  /** False without the addon: everybody who got in is taken for the user we run as. */
  readonly peersKnown: boolean
}

const KEPT_FOR_ROOT = 8
const REFUSALS_EVERY_MS = 60_000
const MODE_FOR_ALL = 0o666
const MODE_FOR_US = 0o600

/** @throws `SOCKET_IN_USE`, `STORE_FAILED` (folder), `CONFIG_INVALID` (path). */
export async function serveLocalSocket(components: LocalServerComponents, init: LocalServerInit): Promise<LocalServer> {
  const { addon, log } = components
  const stopping = new AbortController()
  const open = new Map<Socket, Peer>()
  const refusals = refusalLog(log, { message: 'local connection refused', intervalMs: REFUSALS_EVERY_MS })
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    const peer = peerOf(socket, addon)
    const refusal = peer === undefined ? 'peer unknown' : refusalOf(peer, open, init)
    if (peer === undefined || refusal !== undefined) {
      refusals.tell({ reason: refusal, uid: peer?.uid })
      peer?.[Symbol.dispose]()
      socket.destroy()
      return
    }
    open.set(socket, peer)
    socket.once('close', () => {
      open.delete(socket)
      peer[Symbol.dispose]()
    })
    converse(socket, peer, components, init, stopping.signal)
      .catch((error) => log.debug('local connection ended', { reason: describeError(error) }))
      .finally(() => socket.destroySoon())
  })
  const remove = await listenAt(server, init.path, addon === undefined ? MODE_FOR_US : MODE_FOR_ALL)
  server.on('error', (error) => log.error('local socket failed', { reason: describeError(error) }))
  return {
    peersKnown: addon !== undefined,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      refusals[Symbol.dispose]()
      remove()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of open.keys()) socket.destroy()
      await closed
    },
  }
}

function refusalOf(peer: Peer, open: ReadonlyMap<Socket, Peer>, init: LocalServerInit): string | undefined {
  // Ordinary users together must not keep root out.
  const places = (init.maxConnections ?? 64) + (peer.uid === 0 ? KEPT_FOR_ROOT : 0)
  if (open.size >= places) return 'too many connections'
  if (peer.uid === 0) return undefined
  const ofUser = [...open.values()].filter((other) => other.uid === peer.uid).length
  return ofUser >= (init.maxConnectionsPerUser ?? 8) ? 'too many connections of one user' : undefined
}

async function converse(
  socket: Socket,
  peer: Peer,
  components: LocalServerComponents,
  init: LocalServerInit,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = init.transferTimeoutMs ?? 5_000
  // Absolute, not since the last byte: a peer that sends one byte a second is slow too.
  let deadline = setTimeout(() => socket.destroy(), timeoutMs)
  const rearm = () => {
    clearTimeout(deadline)
    deadline = setTimeout(() => socket.destroy(), timeoutMs)
  }
  socket.once('close', () => clearTimeout(deadline))
  try {
    const chunks = socket.iterator({ destroyOnReturn: false })
    for await (const line of readLines(chunks, { maxBytes: init.maxLineBytes })) {
      clearTimeout(deadline)
      const response = await components.answer(line, peer, { signal })
      rearm()
      await send(socket, response)
      rearm()
    }
  } catch (error) {
    const code = codeOf(error)
    if (code !== undefined && !socket.destroyed) await send(socket, components.refuse(code, describeError(error)))
    throw error
  }
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
