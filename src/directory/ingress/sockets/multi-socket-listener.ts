import { createServer, type Server, type Socket } from 'node:net'

/**
 * Accepts TCP connections of one port on several sockets. The event loop accepts one connection per socket and turn, and under
 * load a turn takes tens of milliseconds. With one socket, thousands of returning devices would be accepted a few dozen per
 * second, and the kernel would drop what overflows its queue.
 */
export interface MultiSocketListener {
  readonly port: number
  /** Stops accepting. Resolves once all accepted connections are closed. */
  close(): Promise<void>
}

export interface MultiSocketListenerInit {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The system spreads connections over all sockets of a port. If not, one socket is used. */
  readonly spreadsConnections: boolean
  readonly taken: (socket: Socket) => void
  /** A connection could not be accepted. Others still are. */
  readonly failed: (error: unknown) => void
}

const SOCKETS = 8
/** Connections per socket that wait to be accepted. */
const BACKLOG = 512

/** @throws the system's error if it cannot listen on the address, for example because another process does. */
export async function listenOnSeveralSockets(init: MultiSocketListenerInit): Promise<MultiSocketListener> {
  if (init.port !== 0 && init.spreadsConnections) {
    // Programs of one user can share a port. This check without sharing fails if another directory uses it.
    await closed(await listen(init, { port: init.port, shared: false }))
  }
  const first = await listen(init, { port: init.port, shared: init.spreadsConnections })
  const servers = [first]
  const port = portOf(first)
  try {
    while (init.spreadsConnections && servers.length < SOCKETS) servers.push(await listen(init, { port, shared: true }))
  } catch (error) {
    await Promise.all(servers.map(closed))
    throw error
  }
  for (const server of servers) server.on('error', init.failed)
  return {
    port,
    close: async () => void (await Promise.all(servers.map(closed))),
  }
}

function listen(
  { host, taken }: MultiSocketListenerInit,
  { port, shared }: { port: number; shared: boolean },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, taken)
    server.once('error', reject)
    server.listen({ host, port, bufferLimit: BACKLOG, reusePort: shared }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
