import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { networkOf } from '../../base/network-of.ts'
import { type PendingSockets, type PendingSocketsInit, pendingSockets, type Step } from './pending-sockets.ts'
import { turns } from './turns.ts'

/**
 * What stands before TLS. A socket costs next to nothing until the whole of its first TLS message is there, and of those
 * that are ready only few are let in before others are served: in turn by network, whoever knocks how often.
 */
export interface Doorstep {
  /** A TCP connection was taken. */
  arrived(socket: Socket): void
  readonly pending: number
  /** The TCP connection that TLS sits on. */
  below(socket: Peer): Socket | undefined
  /** The device may not come in, though TLS was spent on telling it so. */
  isRefused(socket: Peer): boolean
  reached(socket: Peer, step: Step): void
  /** Its device is authenticated: it is no longer counted. */
  authenticated(socket: Peer): void
  /** Cuts off whoever is still there, authenticated or not. */
  destroyAll(): void
}

export interface DoorstepInit extends PendingSocketsInit {
  /** From the TCP connection to the end of the upgrade. */
  readonly timeoutMs: number
  /** Handshakes of one network whose devices do not authenticate, beyond its first `perAddress`. */
  readonly unprovenPerSecond: number
}

/** The two ends of a live TCP connection name it, also for the TLS socket that sits on it. */
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>

/** So many TLS handshakes begin before everybody else is served. */
const AT_ONCE = 4
/** Until somebody who has to wait may come in. */
const LATER_MS = 50
/** Of the record that must be whole: RFC 8446, 5.1. */
const RECORD_HEADER_BYTES = 5
const MAX_RECORD_BYTES = 16 * 1024
const HANDSHAKE = 22
const NOTHING = Buffer.alloc(0)

export function doorstep(enter: (socket: Socket) => void, init: DoorstepInit): Doorstep {
  const pending: PendingSockets = pendingSockets(init)
  const refused = new Set<string>()
  const sockets = new Map<string, Socket>()
  // A socket that is gone tells its ends no longer.
  const names = new Map<Socket, string>()
  const deadlines = new Map<string, NodeJS.Timeout>()
  const ready = turns({ credit: init.perAddress, perSecond: init.unprovenPerSecond, now: init.now })
  let soon = false
  let later: NodeJS.Timeout | undefined

  const forget = (name: string, socket: Socket | undefined) => {
    if (socket === undefined || sockets.get(name) !== socket) return
    pending.remove(name)
    refused.delete(name)
    sockets.delete(name)
    settle(name)
  }
  /** One for all of them: thousands of sockets lie idle. */
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
  const arrived = (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined) return void socket.destroy() // it is gone already
    const name = nameOf(socket)
    // A peer that resets may come again from the same port before we have seen that it went.
    forget(name, sockets.get(name))
    const { verdict, evict } = pending.add(name, address)
    if (evict !== undefined) sockets.get(evict)?.destroy()
    if (verdict === 'drop') return void socket.destroy()
    if (verdict === 'refuse') refused.add(name)
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
    authenticated(socket) {
      const name = nameOf(socket)
      pending.authenticated(name)
      forgetConnect(sockets.get(name))
      ready.proven(networkOf(socket.remoteAddress ?? ''))
    },
    destroyAll() {
      for (const socket of sockets.values()) socket.destroy()
    },
  }
}

function nameOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`
}

/** Calls once, when the first TLS record is there, all of it; a peer that says something else is cut off. */
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
    received = NOTHING // the listener for errors stays as long as the socket
    greeted()
    return undefined
  }
  socket.on('error', destroyThis)
  socket.on('data', take)
}

/** TLS waits on every socket for a connection that it has had since before, and would for as long as that lasts. */
function forgetConnect(socket: Socket | undefined): void {
  for (const listener of socket?.listeners('connect') ?? []) socket?.off('connect', listener as () => void)
}

/** For sockets that fail: `close` follows. One for all of them. */
export function destroyThis(this: Duplex): void {
  this.destroy()
}
