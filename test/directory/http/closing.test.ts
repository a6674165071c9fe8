import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { silentLog } from '../../../src/base/log.ts'
import { startHttpServer } from '../../../src/directory/http/server.ts'
import { ask, startTestDirectory } from '../../support/directory/directory-api.ts'

test.each([
  ['a request that is never finished', true],
  ['a connection that never speaks TLS', false],
])('%s does not keep the listener open', async (_name, tls) => {
  await using directory = await startTestDirectory()
  const { surface, authority } = directory
  const server = await startHttpServer(
    { surfaces: [surface], log: silentLog },
    { host: '127.0.0.1', port: 0, certificate: authority.tls(), closeGraceMs: 0 },
  )
  const address = { host: '127.0.0.1', port: server.port }
  const socket = tls ? connect({ ...address, ca: directory.ca }) : connectTcp(address)
  socket.on('error', () => undefined)
  await once(socket, tls ? 'secureConnect' : 'connect')
  socket.write(tls ? 'GET /api/v1/health HTTP/1.1\r\nhost: x\r\n' : '')
  // By the time this is answered, the server has seen the connection made before.
  const other = await ask(`https://127.0.0.1:${server.port}`, directory.ca, 'GET', '/api/v1/health', {})
  expect(other.status).toBe(200)
  const closed = once(socket, 'close')
  await server[Symbol.asyncDispose]()
  await closed
})

test.each([
  ['headers', 'GET /api/v1/health HTTP/1.1\r\nhost: x\r\n'],
  ['its first line', 'GET /api/v1/hea'],
])('answers a request with half of %s with 408 after the time limit, and closes', async (_name, half) => {
  await using directory = await startTestDirectory()
  const { surface, authority } = directory
  await using server = await startHttpServer(
    { surfaces: [surface], log: silentLog },
    { host: '127.0.0.1', port: 0, certificate: authority.tls(), headersTimeoutMs: 100 },
  )
  const socket = connect({ host: '127.0.0.1', port: server.port, ca: directory.ca })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
  })
  socket.write(half)
  await once(socket, 'close')
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
})
