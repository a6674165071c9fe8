import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../../../src/base/errors.ts'
import { deviceTransport, openDeviceTransport } from '../../../src/keys/tpm/device-transport.ts'
import { simulatorTransport } from '../../../src/keys/tpm/simulator-transport.ts'
import { responseOf } from './intercepted-transport.ts'

const COMMAND = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8)
const OPTIONS = { signal: new AbortController().signal }

describe('the device', () => {
  test('a command is one write, its response one read', async () => {
    const written: Uint8Array[] = []
    await using transport = deviceTransport(device({ written }), 'tpm')
    expect(await transport.transmit(COMMAND, OPTIONS)).toEqual(responseOf(0))
    expect(written).toEqual([COMMAND])
  })

  test('a device that hangs is given up, and is not sent more until it has answered', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await using transport = deviceTransport(device({ before: promise }), 'tpm', { responseTimeoutMs: 1 })
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
    resolve()
    await new Promise((after) => setImmediate(after))
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toEqual(responseOf(0))
  })

  test('who gives up gets the reason at once', async () => {
    const giveUp = new AbortController()
    const { promise, resolve } = Promise.withResolvers<void>()
    await using transport = deviceTransport(device({ before: promise }), 'tpm')
    const answer = transport.transmit(COMMAND, { signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    resolve()
  })

  test('an error of the system call is TPM_UNAVAILABLE', async () => {
    const before = Promise.reject(Object.assign(new Error('gone'), { code: 'ENODEV' }))
    before.catch(() => undefined)
    await using transport = deviceTransport(device({ before }), 'tpm')
    expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  })

  test('a FIFO in the place of the device is refused without waiting for its other end', async () => {
    await using folder = await mkdtempDisposable('/tmp/surety-tpm-')
    const fifo = join(folder.path, 'tpmrm0')
    await promisify(execFile)('mkfifo', [fifo])
    expect(await openDeviceTransport(fifo).catch(codeOf)).toBe('TPM_UNAVAILABLE')
  })

  test('a device that answers nothing, like /dev/null, gives an empty response for the client to refuse', async () => {
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
  test('a response in pieces is put together', () =>
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

  test('a connection that was lost is made again for the next command', () =>
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
    ['more than it says', Uint8Array.of(...responseOf(0), 0)],
    ['a size below the header', responseOf(0).with(5, 3)],
    ['four gigabytes announced', responseOf(0).fill(0xff, 2, 6)],
  ])('%s is refused: TPM_STRUCTURE_MALFORMED', (_, response) =>
    served(
      (socket) => socket.write(response),
      async (address) => {
        await using transport = simulatorTransport(address)
        expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_STRUCTURE_MALFORMED')
      },
    ),
  )

  test('one that does not answer is given up: TPM_UNAVAILABLE', () =>
    served(
      () => undefined,
      async (address) => {
        await using transport = simulatorTransport(address, { responseTimeoutMs: 20 })
        expect(await transport.transmit(COMMAND, OPTIONS).catch(codeOf)).toBe('TPM_UNAVAILABLE')
      },
    ))

  test.each(['', 'unix:', 'unix:relative', 'tcp:2321', 'tcp:host:70000', '/path'])(
    'the address %j is refused',
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
