import { connect, createServer } from 'node:net'
import type { ConnectLocal, ListenLocal } from './local-listener.ts'
import { listenAt } from './local-socket-path.ts'

/** The local socket of Unix: a file whose mode says who may connect. */

const MODE_FOR_ALL = 0o666
const MODE_FOR_US = 0o600

export const listenOnUnixSocket: ListenLocal = async ({ path, forAll }, { onConnection, onError }) => {
  const server = createServer({ allowHalfOpen: true }, onConnection)
  const remove = await listenAt(server, path, forAll ? MODE_FOR_ALL : MODE_FOR_US)
  server.on('error', onError)
  return {
    close() {
      remove()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export const connectToUnixSocket: ConnectLocal = (path, { signal }) => connect({ path, signal })
