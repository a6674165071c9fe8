import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { waitFor } from '../wait-for.ts'

const PYTHON = '/usr/bin/python3'
const PROGRAM = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0)))
print('bound', flush=True)
for _ in range(2): print(s.recv(100).decode(), flush=True)`

export const canRunServiceManager = existsSync(PYTHON)

/** Receives two messages on the socket that `NOTIFY_SOCKET` would name, then ends. */
export interface ServiceManager extends AsyncDisposable {
  /** Resolves when both were received. */
  readonly ended: Promise<unknown>
  received(): readonly string[]
}

export async function startServiceManager(socket: string): Promise<ServiceManager> {
  const manager = spawn(PYTHON, ['-c', PROGRAM, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  manager.stdout.on('data', (chunk) => {
    output += chunk
  })
  const ended = once(manager, 'close')
  await waitFor('the socket of the service manager', () => output.startsWith('bound\n'))
  return {
    ended,
    received: () => output.trimEnd().split('\n').slice(1),
    async [Symbol.asyncDispose]() {
      manager.kill('SIGKILL')
      await ended
    },
  }
}
