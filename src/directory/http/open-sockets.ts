import type { Server, Socket } from 'node:net'

/** The open connections of a listener, bounded so that strangers cannot keep authenticated clients out. */
export interface OpenSockets extends Iterable<Socket> {
  /** A valid token arrived on this connection. The TLS socket or its TCP socket may be given. */
  authenticated(socket: Peer): void
}

/** The remote end names a live connection, for a TCP socket and for the TLS socket on it. */
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>

/** With one more, the oldest connection without a valid token is closed. */
const MAX_SOCKETS = 500

export function openSockets(server: Server): OpenSockets {
  // Oldest first.
  const sockets = new Map<string, Socket>()
  const authenticated = new Set<string>()
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    sockets.set(peer, socket)
    socket.once('close', () => {
      if (sockets.get(peer) !== socket) return
      sockets.delete(peer)
      authenticated.delete(peer)
    })
    if (sockets.size <= MAX_SOCKETS) return
    const strangers = sockets.entries().filter(([other]) => !authenticated.has(other))
    strangers.next().value?.[1].destroy()
  })
  return {
    authenticated(socket) {
      const peer = peerOf(socket)
      if (sockets.has(peer)) authenticated.add(peer)
    },
    [Symbol.iterator]: () => sockets.values(),
  }
}

function peerOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`
}
