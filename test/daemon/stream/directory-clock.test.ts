import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { askDirectoryClock } from '../../../src/daemon/stream/directory-clock.ts'
import { makeCaCertificate, makeServerCertificate } from '../../../src/directory/authority/certificates.ts'

const YEAR_MS = 365 * 86_400_000
/** The server's time. */
const TRUTH = Date.UTC(2030, 0, 2, 3, 4, 5)
const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

async function askServer(init: {
  readonly issuedAt?: number
  readonly date?: string
  readonly names?: readonly string[]
  /** Signs the server's certificate. Absent: the CA that the device trusts. */
  readonly signer?: KeyObject
  readonly silent?: boolean
}) {
  const caKey = newKey()
  const issuing = { random, now: init.issuedAt ?? TRUTH }
  const caCertificate = await makeCaCertificate({ ...issuing, caKey })
  const serverKey = newKey()
  const signing = { ...issuing, caKey: init.signer ?? caKey }
  const certificate = await makeServerCertificate(signing, { serverKey, names: init.names ?? ['127.0.0.1'] })
  const key = serverKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const server = createServer({ key, cert: `${certificate}\n${caCertificate}` }, (_, response) => {
    if (init.silent === true) return
    response.sendDate = false
    const date = init.date ?? new Date(TRUTH).toUTCString()
    response.writeHead(426, { connection: 'close', ...(date === '' ? {} : { date }) }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    // The cast holds for a server that listens on a port.
    const { port } = server.address() as AddressInfo
    const signal = init.silent === true ? AbortSignal.timeout(200) : new AbortController().signal
    return await askDirectoryClock({ url: `wss://127.0.0.1:${port}`, caCertificate }, { signal })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('takes the time from a server with a certificate of the CA, with any dates', async () => {
  expect(await askServer({})).toEqual({ time: TRUTH, certificateIsValid: true })
})

test('reports a certificate that is invalid by the time of the server as well', async () => {
  expect(await askServer({ issuedAt: TRUTH - YEAR_MS })).toEqual({ time: TRUTH, certificateIsValid: false })
  expect(await askServer({ issuedAt: TRUTH + YEAR_MS })).toEqual({ time: TRUTH, certificateIsValid: false })
})

test.each([
  ['a certificate that another CA signed', { signer: newKey() }],
  ['a certificate for another host', { names: ['directory.example'] }],
  ['no date', { date: '' }],
  ['a malformed date', { date: 'yesterday' }],
])('takes no time from a server with %s', async (_, init) => {
  expect(await askServer(init)).toBeUndefined()
})

test('takes no time where no server answers', async () => {
  const caCertificate = await makeCaCertificate({ random, now: TRUTH, caKey: newKey() })
  const signal = new AbortController().signal
  expect(await askDirectoryClock({ url: 'wss://127.0.0.1:9', caCertificate }, { signal })).toBeUndefined()
})

test('waits for a silent server only until its signal aborts', async () => {
  await expect(askServer({ silent: true })).rejects.toMatchObject({ name: 'TimeoutError' })
})
