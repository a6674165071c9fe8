import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { SuretyError } from '../../base/errors.ts'
import { LOCAL_SYSTEM_ID } from '../../base/text/user-id.ts'
import type { TokenFacts, WindowsTokenAddon } from '../files/windows-token.ts'
import type { ConnectLocal, ListenLocal } from './local-listener.ts'
import type { Peer, Peers } from './peers.ts'
import { PIPE_NAME_PATTERN } from './pipe-name.ts'

/** The local socket of Windows: a named pipe. See `native/windows/addon/pipes/pipe.h`. */

/** A number is an error of Windows. */
export interface WindowsPipeAddon extends WindowsTokenAddon {
  /** Calls back with a descriptor and the handle of a connection, or with -1 and an error. */
  pipeListen(
    name: string,
    security: string,
    callback: (descriptor: number, detail: number) => void,
  ): { close(): void } | number
  /** The process that connected. Its token may be out of reach. */
  pipeClient(handle: number): PipeClient | number
  pipeClientEnded(process: number): boolean
  pipeClientClose(process: number): void
  /** The client's token. Something must have been read from the pipe. */
  pipePeer(handle: number): TokenFacts | number
  /** `owner` is the SID that owns the pipe. The server cannot act as us, only identify us. */
  pipeOpen(name: string): { readonly descriptor: number; readonly owner: string } | number
}

export interface PipeClient extends Partial<TokenFacts> {
  readonly pid: number
  /** A handle, or 0. */
  readonly process: number
}

export const PIPE_FUNCTIONS: readonly (keyof WindowsPipeAddon)[] = [
  ...(['ownToken', 'pipeListen', 'pipeClient', 'pipeClientEnded', 'pipeClientClose', 'pipePeer', 'pipeOpen'] as const),
]

interface SocketOptions {
  readonly allowHalfOpen: boolean
  readonly signal?: AbortSignal
}

export interface WindowsPipeComponents {
  readonly addon: WindowsPipeAddon
  /** For tests; else Node opens the descriptor. */
  readonly openSocket?: (descriptor: number, options: SocketOptions) => Socket
}

const ADMINISTRATORS_ID = 'S-1-5-32-544'
/** Clients whose process tells nothing share the limits of one user: the SID that stands for nobody. */
const NOBODY_ID = 'S-1-0-0'
const NAME = new RegExp(PIPE_NAME_PATTERN, 'u')
/**
 * What clients may: read, write, and see attributes and owner. Without FILE_CREATE_PIPE_INSTANCE (0x4), which the generic right to
 * write holds: a user with it could answer in the daemon's place.
 */
const CLIENT_RIGHTS = '0x12019b'

/** `ERROR_*` of winerror.h. */
const ERRORS: Readonly<Record<number, string>> = { 2: 'ENOENT', 5: 'EACCES', 121: 'EAGAIN', 231: 'EAGAIN' }
const [ACCESS_DENIED, INVALID_HANDLE, INVALID_NAME, PIPE_BUSY] = [5, 6, 123, 231]

/** The pipe of a server, and who connects to it. */
export function windowsPipe({ addon, openSocket = openedSocket }: WindowsPipeComponents): {
  readonly listen: ListenLocal
  readonly peers: Peers
} {
  // Node has no name for the handle of a socket. It is valid until the socket is destroyed.
  const connections = new WeakMap<Socket, { readonly handle: number; peer?: Peer }>()
  return {
    listen: async ({ path, forAll }, { onConnection, onError }) => {
      if (!NAME.test(path)) throw new SuretyError('CONFIG_INVALID', `${JSON.stringify(path)} is not the name of a pipe`)
      const open = new Set<Socket>()
      let whenEmpty = () => {}
      const listener = addon.pipeListen(path, pipeSecurity(addon.ownToken(), forAll), (descriptor, detail) => {
        if (descriptor < 0) return onError(new SuretyError('SOCKET_IN_USE', `${path}: error ${detail}`))
        let socket: Socket
        try {
          socket = openSocket(descriptor, { allowHalfOpen: true })
        } catch (error) {
          // The client has gone.
          closeSync(descriptor)
          return onError(error)
        }
        connections.set(socket, { handle: detail })
        open.add(socket)
        socket.once('close', () => {
          open.delete(socket)
          if (open.size === 0) whenEmpty()
        })
        onConnection(socket)
      })
      if (typeof listener === 'number') throw cannotListen(path, listener)
      return {
        close() {
          listener.close()
          return new Promise((resolve) => {
            whenEmpty = resolve
            if (open.size === 0) resolve()
          })
        },
      }
    },
    peers: {
      areKnown: true,
      of(socket) {
        const connection = connections.get(socket)
        if (connection === undefined || socket.destroyed) return undefined
        const client = orError(() => addon.pipeClient(connection.handle))
        if (typeof client === 'number') return undefined
        connection.peer = peerOf(addon, client)
        return connection.peer
      },
      confirm(socket) {
        const connection = connections.get(socket)
        if (connection?.peer === undefined || socket.destroyed) return undefined
        const token = orError(() => addon.pipePeer(connection.handle))
        if (typeof token === 'number') return undefined
        const { peer } = connection
        const { userId, isAdministrator } = token
        return {
          userId,
          isAdministrator,
          pid: peer.pid,
          hasEnded: () => peer.hasEnded(),
          [Symbol.dispose]: () => peer[Symbol.dispose](),
        }
      },
    },
  }
}

/**
 * Connects to a pipe that the system, an administrator or we ourselves listen at: any user can make a pipe of a name that is
 * free. An elevated administrator does not trust programs of the same user that are not.
 *
 * @throws `DAEMON_UNTRUSTED`, before anything is sent.
 */
export function connectToPipe({ addon, openSocket = openedSocket }: WindowsPipeComponents): ConnectLocal {
  return (path, { signal }) => {
    if (!NAME.test(path)) throw pipeError(path, INVALID_NAME)
    const own = addon.ownToken()
    const trusted = [LOCAL_SYSTEM_ID, ADMINISTRATORS_ID, ...(own.isAdministrator ? [] : [own.userId])]
    const opened = addon.pipeOpen(path)
    if (typeof opened === 'number') throw pipeError(path, opened)
    if (!trusted.includes(opened.owner)) {
      closeSync(opened.descriptor)
      throw new SuretyError(
        'DAEMON_UNTRUSTED',
        `${JSON.stringify(path)} belongs to ${opened.owner}, who is no administrator: nothing was sent`,
      )
    }
    return openSocket(opened.descriptor, { allowHalfOpen: false, signal })
  }
}

/** In SDDL. The owner is said, because clients ask for it: else it is what the token says of new objects. */
function pipeSecurity({ userId, isAdministrator }: TokenFacts, forAll: boolean): string {
  const owner = userId === LOCAL_SYSTEM_ID ? 'SY' : isAdministrator ? 'BA' : userId
  const full = [...new Set(['SY', 'BA', owner])].map((who) => `(A;;FA;;;${who})`).join('')
  return `O:${owner}D:P${full}${forAll ? `(A;;${CLIENT_RIGHTS};;;AU)` : ''}`
}

function peerOf(addon: WindowsPipeAddon, client: PipeClient): Peer {
  const { userId = NOBODY_ID, isAdministrator = false, pid, process } = client
  let isOpen = process !== 0
  return {
    userId,
    isAdministrator,
    pid,
    hasEnded: () => (isOpen ? addon.pipeClientEnded(process) : undefined),
    [Symbol.dispose]() {
      if (isOpen) addon.pipeClientClose(process)
      isOpen = false
    },
  }
}

/** A handle that is no pipe of ours is a peer that nobody knows. */
function orError<T>(ask: () => T | number): T | number {
  try {
    return ask()
  } catch {
    return INVALID_HANDLE
  }
}

function cannotListen(path: string, error: number): SuretyError {
  const shown = JSON.stringify(path)
  if (error === INVALID_NAME) return new SuretyError('CONFIG_INVALID', `${shown} is not the name of a pipe`)
  const isTaken = error === ACCESS_DENIED || error === PIPE_BUSY
  const reason = isTaken ? 'another program listens there, or this user may not' : `error ${error}`
  return new SuretyError('SOCKET_IN_USE', `cannot listen at ${shown}: ${reason}`)
}

/** As a system call of Node fails. */
function pipeError(path: string, error: number): Error {
  return Object.assign(new Error(`${path}: error ${error}`), { code: ERRORS[error] ?? `error ${error}` })
}

function openedSocket(descriptor: number, options: SocketOptions): Socket {
  return new Socket({ fd: descriptor, readable: true, writable: true, ...options })
}
