import { createServer, type Server, type Socket } from 'node:net'

/**
 * Takes TCP connections of one port from several sockets. The loop takes one from each socket in a turn, and under load a turn
 * is tens of milliseconds: from one socket thousands that return would be taken by the dozen a second, and what overflows
 * the kernel's queue is dropped, of whomever it is.
 */
export interface WideListener {
  readonly port: number
  /** Takes no more. Resolves once all that were taken are closed. */
  close(): Promise<void>
}

export interface WideListenerInit {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** One socket where the system does not spread connections over all sockets of a port. */
  readonly spreadsConnections: boolean
  readonly taken: (socket: Socket) => void
  /** One could not be taken; the others are. */
  readonly failed: (error: unknown) => void
}

const SOCKETS = 8
/** Of each socket: connections that were made and wait to be taken. */
const BACKLOG = 512

/** @throws the system's error when the address cannot be listened on: somebody else listens there, of any user. */
export async function listenWidely(init: WideListenerInit): Promise<WideListener> {
  if (init.port !== 0 && init.spreadsConnections) {
    // Programs of one user may share a port when all of them want to: another directory is no part of this one.
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
  { host, taken }: WideListenerInit,
  { port, shared }: { port: number; shared: boolean },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, taken)
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG, reusePort: shared }, () => {
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
