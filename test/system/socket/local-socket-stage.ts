import { connect, type Socket } from 'node:net'
import { silentLog } from '../../../src/base/log.ts'
import { isRootId } from '../../../src/base/text/user-id.ts'
import {
  type LocalServerComponents,
  type LocalServerInit,
  serveLocalSocket,
} from '../../../src/system/socket/local-socket.ts'
import type { Peers } from '../../../src/system/socket/peers.ts'
import { peers } from '../../support/users/peers.ts'

/** A server on a local socket, and its clients. */

export function serve(
  path: string,
  init: Partial<LocalServerInit> = {},
  components: Partial<LocalServerComponents> = {},
) {
  return serveLocalSocket(
    {
      peers,
      log: silentLog,
      answer: async (line, peer) => `${line} from ${peer.userId}`,
      refuse: (code) => `refused ${code}`,
      ...components,
    },
    { path, maxLineBytes: 100, ...init },
  )
}

/** Names every peer as the test wants; what `userId` throws is a kernel that does not name it. */
export function peersNamed(userId: () => string): Peers {
  return {
    areKnown: true,
    of() {
      try {
        const id = userId()
        return { userId: id, isAdministrator: isRootId(id), pid: 1, hasEnded: () => undefined, [Symbol.dispose]() {} }
      } catch {
        return undefined
      }
    },
  }
}

/** Whether or not it ends with an error, which `once` would reject with. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** All that the server says to `bytes`, until it closes. */
export async function converse(path: string, ...bytes: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(path)
  let said = ''
  socket.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  socket.on('error', () => undefined)
  for (const part of bytes) socket.write(part)
  socket.end()
  await closed(socket)
  return said
}
