import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { responseOf } from '../../keys/tpm/transport/intercepted-transport.ts'

/**
 * Stands before a simulator as a resource manager would: many clients, one command at a time. What a client on `port` has loaded is
 * flushed when it goes; tpm2-tools connect for each command. Clients see each other's handles, and nothing is swapped out when the TPM
 * is full. It may also answer itself, as a TPM does that is busy with somebody else, or not at all.
 */
export interface SharedTpm extends AsyncDisposable {
  /** For the daemon. */
  readonly simulator: string
  /** For TPM2TOOLS_TCTI, also while the daemon is connected. */
  readonly tcti: string
  /** On 127.0.0.1, for `test/support/windows/tbs.c`. */
  readonly port: number
  /** From now on every command gets this or, left out, what the simulator says. */
  answer(what?: OwnAnswer): void
  /** The next commands get these, one each. */
  plan(answers: readonly OwnAnswer[]): void
  /** How many commands it has answered itself. */
  readonly answered: number
}

/** A response code, no answer at all, or a result of TPM Base Services, which only `tbs.c` understands. */
export type OwnAnswer = number | 'silence' | { readonly tbs: number }

/** Tags that no TPM uses: a result of TBS, and the log of measured boot. `tbs.c` knows them. */
const TBS_RESULT = 0x5442
const EVENT_LOG = 0x544c
const NO_EVENT_LOG = 0x80284011

/** Commands that return a handle: CreatePrimary, Load, StartAuthSession. */
const LOADS: readonly number[] = [0x131, 0x157, 0x176]
const FLUSH_CONTEXT = 0x165

export async function sharedTpm(init: {
  readonly folder: string
  readonly simulator: string
  readonly eventLog?: Uint8Array
}): Promise<SharedTpm> {
  const target = init.simulator.replace(/^unix:/, '')
  const path = join(init.folder, 'shared')
  // Of tpm2-tools: what is not a TPM command goes to the simulator itself.
  symlinkSync(`${target}.ctrl`, `${path}.ctrl`)
  let always: OwnAnswer | undefined
  const planned: OwnAnswer[] = []
  let answered = 0
  let upstream: { readonly socket: Socket; readonly gone: Promise<never> } | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const ask = async (command: Uint8Array): Promise<Buffer> => {
    upstream ??= reach()
    const answer = firstMessage(upstream.socket)
    upstream.socket.write(command)
    return await Promise.race([answer, upstream.gone])
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const answer = turn.then(work)
    turn = answer.catch(() => undefined)
    return answer
  }
  /** Who has loaded it. A session may end by itself, and the TPM gives its handle to somebody else. */
  const owners = new Map<number, Socket>()
  const flushAll = async (client: Socket) => {
    for (const [handle, owner] of owners) {
      if (owner !== client) continue
      owners.delete(handle)
      await ask(flushOf(handle))
    }
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
  const serve = (client: Socket) => {
    client.on('error', () => undefined)
    eachMessage(client, (command) => {
      if (command.readUInt16BE(0) === EVENT_LOG) {
        return void client.write(
          init.eventLog === undefined ? tbsResult(NO_EVENT_LOG) : framed(EVENT_LOG, init.eventLog),
        )
      }
      const own = planned.shift() ?? always
      if (own !== undefined) answered++
      if (own === 'silence') return
      if (own !== undefined) return void client.write(typeof own === 'number' ? responseOf(own) : tbsResult(own.tbs))
      inTurn(() => ask(command)).then(
        (response) => {
          note(owners, client, command, response)
          client.write(response)
        },
        () => client.destroy(),
      )
    })
  }
  const local = createServer(serve)
  const remote = createServer((client) => {
    serve(client)
    client.on('close', () => {
      inTurn(() => flushAll(client)).catch(() => undefined)
    })
  })
  local.listen(path)
  remote.listen(0, '127.0.0.1')
  await Promise.all([once(local, 'listening'), once(remote, 'listening')])
  const address = remote.address()
  return {
    simulator: `unix:${path}`,
    tcti: `swtpm:path=${path}`,
    port: address === null || typeof address === 'string' ? 0 : address.port,
    answer(what) {
      always = what
    },
    plan(answers) {
      planned.push(...answers)
    },
    get answered() {
      return answered
    },
    async [Symbol.asyncDispose]() {
      upstream?.socket.destroy()
      local.close()
      remote.close()
    },
  }
}

function note(owners: Map<number, Socket>, client: Socket, command: Buffer, response: Buffer): void {
  const succeeded = response.readUInt32BE(6) === 0
  const code = command.readUInt32BE(6)
  if (succeeded && LOADS.includes(code)) owners.set(response.readUInt32BE(10), client)
  if (succeeded && code === FLUSH_CONTEXT) owners.delete(command.readUInt32BE(10))
}

function flushOf(handle: number): Buffer {
  const command = Buffer.from('80010000000e0000016500000000', 'hex')
  command.writeUInt32BE(handle, 10)
  return command
}

function tbsResult(result: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(result)
  return framed(TBS_RESULT, bytes)
}

/** As TPM messages are: a tag of two bytes, the size of the whole in four. */
function framed(tag: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt16BE(tag)
  head.writeUInt32BE(6 + payload.length, 2)
  return Buffer.concat([head, payload])
}

function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 6 && received.length >= received.readUInt32BE(2)) {
      const size = Math.max(6, received.readUInt32BE(2))
      const message = received.subarray(0, size)
      received = received.subarray(size)
      take(message)
    }
  })
}

function firstMessage(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const take = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 6 || received.length < received.readUInt32BE(2)) return
      socket.off('data', take)
      resolve(received)
    }
    socket.on('data', take)
  })
}
