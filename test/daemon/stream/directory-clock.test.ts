import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { askDirectoryClock } from '../../../src/daemon/stream/directory-clock.ts'
import { makeCaCertificate, makeServerCertificate } from '../../../src/directory/authority/certificates.ts'

const YEAR_MS = 365 * 86_400_000
/** As the server has it. */
const TRUTH = Date.UTC(2030, 0, 2, 3, 4, 5)
const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

async function asked(init: {
  readonly issuedAt?: number
  readonly date?: string
  readonly names?: readonly string[]
  /** Signs the server's certificate; left out: the CA that the device believes. */
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
    // A server that listens on a port has an address of this kind.
    const { port } = server.address() as AddressInfo
    const signal = init.silent === true ? AbortSignal.timeout(200) : new AbortController().signal
    return await askDirectoryClock({ url: `wss://127.0.0.1:${port}`, caCertificate }, { signal })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('whoever holds a certificate of the CA for this host tells the time, though the dates are not ours', async () => {
  expect(await asked({})).toEqual({ time: TRUTH, certificateHolds: true })
})

test('a certificate that has run out by the server, too, is not the fault of our clock', async () => {
  expect(await asked({ issuedAt: TRUTH - YEAR_MS })).toEqual({ time: TRUTH, certificateHolds: false })
  expect(await asked({ issuedAt: TRUTH + YEAR_MS })).toEqual({ time: TRUTH, certificateHolds: false })
})

test.each([
  ['a certificate that another CA signed', { signer: newKey() }],
  ['a certificate for another host', { names: ['directory.example'] }],
  ['no time', { date: '' }],
  ['nonsense for a time', { date: 'yesterday' }],
])('%s: nothing is learnt', async (_, init) => {
  expect(await asked(init)).toBeUndefined()
})

test('nobody there: nothing is learnt', async () => {
  const caCertificate = await makeCaCertificate({ random, now: TRUTH, caKey: newKey() })
  const signal = new AbortController().signal
  expect(await askDirectoryClock({ url: 'wss://127.0.0.1:9', caCertificate }, { signal })).toBeUndefined()
})

test('whoever does not answer is waited for only as long as the caller does', async () => {
  await expect(asked({ silent: true })).rejects.toMatchObject({ name: 'TimeoutError' })
})
