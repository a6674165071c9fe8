import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { responseOf } from '../../keys/tpm/intercepted-transport.ts'

/**
 * Stands before a simulator as a resource manager would: many clients, one command at a time. It may also answer itself,
 * as a TPM does that is busy with somebody else, or not at all.
 */
export interface SharedTpm extends AsyncDisposable {
  /** For the daemon. */
  readonly simulator: string
  /** For TPM2TOOLS_TCTI, also while the daemon is connected. */
  readonly tcti: string
  /** From now on every command gets this response code, `silence` or, left out, what the simulator says. */
  answer(what?: number | 'silence'): void
  /** How many commands it has answered itself. */
  readonly answered: number
}

export async function sharedTpm(init: { readonly folder: string; readonly simulator: string }): Promise<SharedTpm> {
  const target = init.simulator.replace(/^unix:/, '')
  const path = join(init.folder, 'shared')
  // Of tpm2-tools: what is not a TPM command goes to the simulator itself.
  symlinkSync(`${target}.ctrl`, `${path}.ctrl`)
  let own: number | 'silence' | undefined
  let answered = 0
  let upstream: { readonly socket: Socket; readonly gone: Promise<never> } | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const ask = async (command: Buffer): Promise<Uint8Array> => {
    upstream ??= reach()
    upstream.socket.write(command)
    return await Promise.race([wholeMessage(upstream.socket), upstream.gone])
  }
  const reach = () => {
    const socket = connect(target).on('error', () => undefined)
    const gone = new Promise<never>((_, reject) => {
      socket.on('close', () => {
        upstream = undefined
        reject(new Error('the simulator is gone'))
      })
    })
    gone.catch(() => undefined)
    return { socket, gone }
  }
  const server = createServer((client) => {
    client.on('error', () => undefined)
    let received = Buffer.alloc(0)
    client.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 6 || received.length < received.readUint32BE(2)) return
      const command = received
      received = Buffer.alloc(0)
      if (own !== undefined) answered++
      if (own === 'silence') return
      if (own !== undefined) return void client.write(responseOf(own))
      turn = turn
        .then(() => ask(command))
        .then(
          (response) => client.write(response),
          () => client.destroy(),
        )
    })
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    simulator: `unix:${path}`,
    tcti: `swtpm:path=${path}`,
    answer(what) {
      own = what
    },
    get answered() {
      return answered
    },
    async [Symbol.asyncDispose]() {
      upstream?.socket.destroy()
      server.close()
    },
  }
}

function wholeMessage(socket: Socket): Promise<Uint8Array> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const take = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 6 || received.length < received.readUint32BE(2)) return
      socket.off('data', take)
      resolve(received)
    }
    socket.on('data', take)
  })
}
