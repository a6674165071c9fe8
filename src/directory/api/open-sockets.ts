import type { Server, Socket } from 'node:net'

/** The connections to the administrators' listener: whoever shows no token keeps nobody out who has one. */
export interface OpenSockets extends Iterable<Socket> {
  /** A good token came over it, TLS or what TLS sits on. */
  proven(socket: Peer): void
}

/** The two ends of a live connection name it, also for the TLS socket that sits on it. */
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>

/** So many are open at once. Beyond that the one makes room that has shown no token for longest. */
const MOST = 500

export function openSockets(server: Server): OpenSockets {
  // In the order in which they came.
  const sockets = new Map<string, Socket>()
  const proven = new Set<string>()
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    sockets.set(name, socket)
    socket.once('close', () => {
      if (sockets.get(name) !== socket) return
      sockets.delete(name)
      proven.delete(name)
    })
    if (sockets.size <= MOST) return
    const strangers = sockets.entries().filter(([other]) => !proven.has(other))
    strangers.next().value?.[1].destroy()
  })
  return {
    proven(socket) {
      const name = nameOf(socket)
      if (sockets.has(name)) proven.add(name)
    },
    [Symbol.iterator]: () => sockets.values(),
  }
}

function nameOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`
}
