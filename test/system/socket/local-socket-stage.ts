import { connect, type Socket } from 'node:net'
import { silentLog } from '../../../src/base/log.ts'
import { loadNativeAddon, type NativeAddon } from '../../../src/system/native/native-addon.ts'
import {
  type LocalServerComponents,
  type LocalServerInit,
  serveLocalSocket,
} from '../../../src/system/socket/local-socket.ts'

/** A server on a local socket, and those who speak to it. */

export const addon = addonIfBuilt()

function addonIfBuilt(): NativeAddon | undefined {
  try {
    return loadNativeAddon()
  } catch (error) {
    process.stderr.write(`peer credentials are not tested: ${error instanceof Error ? error.message : error}\n`)
    return undefined
  }
}

export function serve(
  path: string,
  init: Partial<LocalServerInit> = {},
  components: Partial<LocalServerComponents> = {},
) {
  return serveLocalSocket(
    {
      addon,
      log: silentLog,
      answer: async (line, peer) => `${line} from ${peer.userId}`,
      refuse: (code) => `refused ${code}`,
      ...components,
    },
    { path, maxLineBytes: 100, ...init },
  )
}

/** Says of everybody who connects what the test wants. */
export function addonThatSays(uid: () => number): NativeAddon {
  return {
    peerCredentials: () => ({ pid: 1, uid: uid(), gid: 0, pidfd: -1 }),
    processEnded: () => false,
    closeOnExec() {},
    keepHeapSmall() {},
    trimMemory() {},
    readProcess: () => false,
    readProcesses: () => 0,
    resolveProgram: () => -1,
    watchProcesses: () => ({
      close: () => undefined,
      take: () => undefined,
      mind: () => undefined,
      heed: () => undefined,
    }),
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
