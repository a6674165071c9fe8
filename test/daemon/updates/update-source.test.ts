import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type UpdateSource, updateSource } from '../../../src/daemon/updates/update-source.ts'
import { makeCaCertificate, makeServerCertificate } from '../../../src/directory/authority/certificates.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const signal = new AbortController().signal
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const issuing = { random: (bytes: number) => new Uint8Array(randomBytes(bytes)), now: Date.now() }
let server: Server
let ca = ''
let url = ''
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
let open = 0

beforeAll(async () => {
  const [caKey, serverKey] = [newKey(), newKey()]
  ca = await makeCaCertificate({ ...issuing, caKey })
  const certificate = await makeServerCertificate({ ...issuing, caKey }, { serverKey, names: ['127.0.0.1'] })
  const key = serverKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  server = createServer({ key, cert: `${certificate}\n${ca}` }, (request, response) => answer(request, response))
  server.on('secureConnection', (socket) => {
    open += 1
    socket.once('close', () => {
      open -= 1
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The cast holds for a server that listens on a port.
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/updates/`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const source = (init: Partial<Parameters<typeof updateSource>[0]> = {}): UpdateSource =>
  updateSource({ url, caCertificate: ca, ...init })
const quick = { idleMs: 100, leastMs: 400, leastBytesPerSecond: 1_000_000 }

test('reads a file, and says when there is none', async () => {
  answer = (request, response) => {
    const known = request.url === '/updates/metadata/timestamp.json'
    response.writeHead(known ? 200 : 404).end(known ? 'text' : 'none')
  }
  using from = source()
  const bytes = await from.read('metadata/timestamp.json', { maxBytes: 100, signal })
  expect(Buffer.from(bytes ?? []).toString()).toBe('text')
  expect(await from.read('metadata/2.root.json', { maxBytes: 100, signal })).toBeUndefined()
})

test('unpacks a file chunk by chunk', async () => {
  const content = randomBytes(1_000_000)
  answer = (_, response) => void response.end(gzipSync(content))
  using from = source()
  const chunks: Uint8Array[] = []
  const take = async (chunk: Uint8Array) => void chunks.push(chunk)
  expect(await from.unpack('files/a.gz', take, { maxBytes: content.length, signal })).toBe(true)
  expect(Buffer.concat(chunks).equals(content)).toBe(true)
})

describe('refuses', () => {
  test.each<[string, typeof answer, string]>([
    ['a redirection', (_, response) => void response.writeHead(302, { location: '/' }).end(), 'DIRECTORY_UNREACHABLE'],
    ['an error of the server', (_, response) => void response.writeHead(503).end(), 'DIRECTORY_UNREACHABLE'],
    ['more than may be', (_, response) => void response.end(Buffer.alloc(101)), 'UPDATE_DAMAGED'],
    ['data without end', (_, response) => endless(response), 'UPDATE_DAMAGED'],
    ['an answer that is cut', (_, response) => cut(response), 'DIRECTORY_UNREACHABLE'],
    ['a server that hangs up', (request) => void request.socket.destroy(), 'DIRECTORY_UNREACHABLE'],
  ])('%s', async (_, behaves, code) => {
    answer = behaves
    using from = source()
    expect(await codeThrown(() => from.read('a', { maxBytes: 100, signal }))).toBe(code)
  })

  test.each<[string, typeof answer]>([
    ['never answers', () => undefined],
    ['stops in the middle', (_, response) => void response.writeHead(200).write('a')],
    ['sends a byte now and then', (_, response) => drip(response)],
  ])('a server that %s', async (_, behaves) => {
    answer = behaves
    using from = source({ patience: quick })
    expect(await codeThrown(() => from.read('a', { maxBytes: 100, signal }))).toBe('DIRECTORY_UNREACHABLE')
  })

  test('a server that another authority vouches for', async () => {
    const other = await makeCaCertificate({ ...issuing, caKey: newKey() })
    using from = source({ caCertificate: other })
    expect(await codeThrown(() => from.read('a', { maxBytes: 100, signal }))).toBe('DIRECTORY_UNREACHABLE')
  })

  test('what unpacks to more than may be, at once', async () => {
    answer = (_, response) => void response.end(gzipSync(Buffer.alloc(50_000_000)))
    using from = source()
    let taken = 0
    const take = async (chunk: Uint8Array) => {
      taken += chunk.length
    }
    expect(await codeThrown(() => from.unpack('a', take, { maxBytes: 1000, signal }))).toBe('UPDATE_DAMAGED')
    expect(taken).toBeLessThanOrEqual(1000)
  })

  test.each([
    ['is no gzip', Buffer.from('plain')],
    ['is cut', gzipSync(randomBytes(50_000)).subarray(0, 10_000)],
    ['is empty', Buffer.alloc(0)],
  ])('a packed file that %s', async (_, bytes) => {
    answer = (_request, response) => void response.end(bytes)
    using from = source()
    const unpacked = from.unpack('a', async () => undefined, { maxBytes: 100_000, signal })
    expect(await codeThrown(() => unpacked)).toBe('UPDATE_DAMAGED')
  })

  test('to continue when the daemon ends', async () => {
    answer = () => undefined
    const end = new AbortController()
    using from = source()
    const read = from.read('a', { maxBytes: 100, signal: end.signal })
    end.abort(new Error('the daemon ends'))
    await expect(read).rejects.toThrow('the daemon ends')
  })
})

test('leaves no connection open', async () => {
  answer = (_, response) => endless(response)
  {
    using from = source()
    await from.read('a', { maxBytes: 100, signal }).catch(() => undefined)
  }
  await waitFor('closed connections', () => open === 0)
})

describe('a folder', () => {
  test('is read as a server is, and no link or device in it is followed', async () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'metadata'))
    writeFileSync(join(folder.path, 'metadata/timestamp.json'), 'text')
    symlinkSync('timestamp.json', join(folder.path, 'metadata/link.json'))
    symlinkSync('/dev/zero', join(folder.path, 'metadata/zero.json'))
    using from = updateSource({ url: `${pathToFileURL(folder.path)}/` })
    const bytes = await from.read('metadata/timestamp.json', { maxBytes: 100, signal })
    expect(Buffer.from(bytes ?? []).toString()).toBe('text')
    expect(await from.read('metadata/none.json', { maxBytes: 100, signal })).toBeUndefined()
    for (const [name, code] of [
      ['link.json', 'DIRECTORY_UNREACHABLE'],
      ['zero.json', 'DIRECTORY_UNREACHABLE'],
      ['', 'FILE_NOT_REGULAR'],
    ]) {
      expect(await codeThrown(() => from.read(`metadata/${name}`, { maxBytes: 100, signal }))).toBe(code)
    }
  })
})

function endless(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(16_384)));
  }
  response.on('drain', more)
  more()
}

function cut(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 50 })
  response.write('a', () => response.socket?.destroy())
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('a'), 20)
  response.on('close', () => clearInterval(timer))
}
