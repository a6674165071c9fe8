import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../../../../src/base/errors.ts'
import { deviceTransport, openDeviceTransport } from '../../../../src/keys/tpm/transport/device-transport.ts'
import { simulatorTransport } from '../../../../src/keys/tpm/transport/simulator-transport.ts'
import { responseOf } from './intercepted-transport.ts'

const COMMAND = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8)
const OPTIONS = { signal: new AbortController().signal }

describe('the device', () => {
  test('writes a command at once and reads its response at once', async () => {
    const written: Uint8Array[] = []
    await using transport = deviceTransport(device({ written }), 'tpm')
    expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
    expect(written).toEqual([COMMAND])
  })

  test('gives up on a hanging device, and sends nothing more until it has answered', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await using transport = deviceTransport(device({ before: promise }), 'tpm', { responseTimeoutMs: 1 })
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
    resolve()
    await new Promise((after) => setImmediate(after))
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toEqual(responseOf(0))
  })

  test('rejects at once with the reason of an abort', async () => {
    const giveUp = new AbortController()
    const { promise, resolve } = Promise.withResolvers<void>()
    await using transport = deviceTransport(device({ before: promise }), 'tpm')
    const answer = transport.transmit(COMMAND, { signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    resolve()
  })

  test('throws TPM_UNAVAILABLE for an error of the system call', async () => {
    const before = Promise.reject(Object.assign(new Error('gone'), { code: 'ENODEV' }))
    before.catch(() => undefined)
    await using transport = deviceTransport(device({ before }), 'tpm')
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  })

  test('refuses a FIFO without waiting for its writer', async () => {
    await using folder = await mkdtempDisposable('/tmp/surety-tpm-')
    const fifo = join(folder.path, 'tpmrm0')
    await promisify(execFile)('mkfifo', [fifo])
    expect(await openDeviceTransport(fifo).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  })

  test('returns an empty response from a device such as /dev/null', async () => {
    await using transport = await openDeviceTransport('/dev/null')
    expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(new Uint8Array())
  })

  function device(init: { written?: Uint8Array[]; before?: Promise<void> }) {
    return {
      async write(bytes: Uint8Array) {
        await init.before
        init.written?.push(bytes)
        return { bytesWritten: bytes.length }
      },
      async read(buffer: Uint8Array) {
        buffer.set(responseOf(0))
        return { bytesRead: 10 }
      },
      close: async () => undefined,
    }
  }
})

describe('the simulator', () => {
  test('joins the pieces of a response', () =>
    served(
      (socket) => {
        const [head, tail] = [responseOf(0).slice(0, 7), responseOf(0).slice(7)]
        socket.write(head, () => socket.write(tail))
      },
      async (address) => {
        await using transport = simulatorTransport(address)
        expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
        expect(transport.generation).toBe(1)
      },
    ))

  test('connects again for the next command after a lost connection', () =>
    served(
      (socket, count) => (count === 1 ? socket.destroy() : socket.write(responseOf(0))),
      async (address) => {
        await using transport = simulatorTransport(address)
        expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
        expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
        expect(transport.generation).toBe(2)
      },
    ))

  test.each([
    ['more bytes than stated', Uint8Array.of(...responseOf(0), 0)],
    ['a size below the header', responseOf(0).with(5, 3)],
    ['a stated size of four gigabytes', responseOf(0).fill(0xff, 2, 6)],
  ])('refuses %s: TPM_STRUCTURE_MALFORMED', (_, response) =>
    served(
      (socket) => socket.write(response),
      async (address) => {
        await using transport = simulatorTransport(address)
        expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_STRUCTURE_MALFORMED')
      },
    ),
  )

  test('gives up if there is no answer: TPM_UNAVAILABLE', () =>
    served(
      () => undefined,
      async (address) => {
        await using transport = simulatorTransport(address, { responseTimeoutMs: 20 })
        expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
      },
    ))

  test.each(['', 'unix:', 'unix:relative', 'tcp:2321', 'tcp:host:70000', '/path'])(
    'refuses the address %j',
    (address) => {
      expect(() => simulatorTransport(address)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    },
  )

  /** A server that answers each command with `answer`, on TCP. */
  async function served(
    answer: (socket: Socket, count: number) => unknown,
    work: (address: string) => Promise<void>,
  ): Promise<void> {
    let count = 0
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => answer(socket, ++count))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('not a TCP server')
    try {
      await work(`tcp:127.0.0.1:${address.port}`)
    } finally {
      server.close()
    }
  }
})
