import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { networkOf } from '../../../base/text/network-of.ts'
import { handshakeQueue } from './handshake-queue.ts'
import { type PendingSockets, type PendingSocketsInit, pendingSockets, type Step } from './pending-sockets.ts'

/**
 * Admits TCP connections to TLS. A socket costs almost nothing until its first TLS record is complete. Only a few handshakes
 * begin per loop turn, round robin by network, so that one network cannot starve the others.
 */
export interface TlsAdmission {
  /** Adds a new TCP connection. */
  arrived(socket: Socket): void
  readonly pending: number
  /** The TCP connection below a TLS socket. */
  below(socket: Peer): Socket | undefined
  /** The device is over a limit. TLS only serves to send the refusal. */
  isRefused(socket: Peer): boolean
  reached(socket: Peer, step: Step): void
  /**
   * A request of this socket is being answered. The answer is bounded elsewhere, so its socket does not count as pending.
   *
   * @returns to be called when the answer has ended: a socket that is still open counts as pending again, or makes room.
   */
  answering(socket: Peer): () => void
  /** The device is authenticated, so its socket does not count as pending any more. */
  authenticated(socket: Peer): void
  /** Destroys all sockets, authenticated or not. */
  destroyAll(): void
}

export interface TlsAdmissionInit extends PendingSocketsInit {
  /** From the TCP connection to the end of the upgrade. */
  readonly timeoutMs: number
  /** Handshakes per second of one network whose devices do not authenticate, beyond its first `perAddress`. */
  readonly unprovenPerSecond: number
}

/** The remote address and port identify a live TCP connection, also for the TLS socket above it. */
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>

/** TLS handshakes that begin per loop turn. */
const AT_ONCE = 4
/** How long until networks over their rate are tried again. */
const LATER_MS = 50
/** The first record must be complete: RFC 8446, 5.1. */
const RECORD_HEADER_BYTES = 5
const MAX_RECORD_BYTES = 16 * 1024
const HANDSHAKE = 22
const NOTHING = Buffer.alloc(0)

export function tlsAdmission(enter: (socket: Socket) => void, init: TlsAdmissionInit): TlsAdmission {
  const pending: PendingSockets = pendingSockets(init)
  const refused = new Set<string>()
  const sockets = new Map<string, Socket>()
  // A closed socket no longer has its remote address.
  const names = new Map<Socket, string>()
  const deadlines = new Map<string, NodeJS.Timeout>()
  const ready = handshakeQueue({ credit: init.perAddress, perSecond: init.unprovenPerSecond, now: init.now })
  let soon = false
  let later: NodeJS.Timeout | undefined

  const forget = (name: string, socket: Socket | undefined) => {
    if (socket === undefined || sockets.get(name) !== socket) return
    pending.remove(name)
    refused.delete(name)
    sockets.delete(name)
    settle(name)
  }
  /** One function for all sockets, because thousands lie idle. */
  function closed(this: Socket): void {
    const name = names.get(this)
    names.delete(this)
    if (name !== undefined) forget(name, this)
  }
  const settle = (name: string) => {
    clearTimeout(deadlines.get(name))
    deadlines.delete(name)
  }
  const letIn = () => {
    for (let entered = 0; entered < AT_ONCE; entered++) {
      const socket = ready.next()
      if (socket === undefined) return letInLater()
      pending.reached(nameOf(socket), 'greeted')
      enter(socket)
    }
    letInSoon()
  }
  const letInSoon = () => {
    if (soon) return
    soon = true
    setImmediate(() => {
      soon = false
      letIn()
    })
  }
  const letInLater = () => {
    if (!ready.waiting || later !== undefined) return
    later = setTimeout(() => {
      later = undefined
      letIn()
    }, LATER_MS).unref()
  }
  /** @returns false if there is no room for the socket. */
  const admit = (name: string, address: string): boolean => {
    const { verdict, evict } = pending.add(name, address)
    if (evict !== undefined) sockets.get(evict)?.destroy()
    if (verdict === 'refuse') refused.add(name)
    return verdict !== 'drop'
  }
  const arrived = (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined) return void socket.destroy() // closed already
    const name = nameOf(socket)
    // A peer may reset and reconnect from the same port before the close is seen.
    forget(name, sockets.get(name))
    if (!admit(name, address)) return void socket.destroy()
    sockets.set(name, socket)
    names.set(socket, name)
    deadlines.set(
      name,
      setTimeout(() => socket.destroy(), init.timeoutMs),
    )
    socket.on('close', closed)
    whenGreeted(socket, () => {
      ready.add(networkOf(address), socket)
      letInSoon()
    })
  }
  return {
    arrived,
    get pending() {
      return pending.size
    },
    below: (socket) => sockets.get(nameOf(socket)),
    isRefused: (socket) => refused.has(nameOf(socket)),
    reached(socket, step) {
      const name = nameOf(socket)
      pending.reached(name, step)
      settle(name)
    },
    answering(socket) {
      const name = nameOf(socket)
      const below = sockets.get(name)
      pending.remove(name)
      settle(name)
      return () => {
        if (below?.remoteAddress === undefined || sockets.get(name) !== below) return // closed
        if (admit(name, below.remoteAddress)) pending.reached(name, 'upgraded')
        else below.destroy()
      }
    },
    authenticated(socket) {
      const name = nameOf(socket)
      pending.authenticated(name)
      forgetConnect(sockets.get(name))
      ready.authenticated(networkOf(socket.remoteAddress ?? ''))
    },
    destroyAll() {
      for (const socket of sockets.values()) socket.destroy()
    },
  }
}

function nameOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`
}

/** Calls `greeted` once the first TLS record is complete. A peer that sends anything else is cut off. */
function whenGreeted(socket: Socket, greeted: () => void): void {
  let received: Buffer = NOTHING
  const take = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const length = received.length < RECORD_HEADER_BYTES ? 0 : received.readUInt16BE(3)
    if (received[0] !== HANDSHAKE || length > MAX_RECORD_BYTES) return socket.destroy()
    if (received.length < RECORD_HEADER_BYTES || received.length < RECORD_HEADER_BYTES + length) return undefined
    socket.off('data', take)
    socket.pause()
    socket.unshift(received)
    received = NOTHING // frees the buffer, which the error listener would keep
    greeted()
    return undefined
  }
  socket.on('error', destroyThis)
  socket.on('data', take)
}

/** Removes the `connect` listener that TLS adds to a connected socket. It would never fire and would use memory. */
function forgetConnect(socket: Socket | undefined): void {
  for (const listener of socket?.listeners('connect') ?? []) socket?.off('connect', listener as () => void)
}

/** Error listener for sockets: `close` follows. One function for all. */
export function destroyThis(this: Duplex): void {
  this.destroy()
}
