import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { makeCaCertificate, makeServerCertificate } from '../../../src/directory/authority/certificates.ts'
import { sightingPageReader } from '../../../src/protocol/nouns/devices/devices.ts'
import { scaledMs } from '../../support/machine-speed.ts'

const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** What the devices are asked of a server with a certificate of the profile's CA that answers so; HERE is its address. */
async function refusalOf(
  answers: (response: ServerResponse) => void,
  { now = Date.now(), timeoutMs = scaledMs(60_000) } = {},
) {
  const caKey = newKey()
  const issuing = { random, now, caKey }
  const ca = await makeCaCertificate(issuing)
  const serverKey = newKey()
  const certificate = await makeServerCertificate(issuing, { serverKey, names: ['127.0.0.1'] })
  const key = serverKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const server = createServer({ key, cert: `${certificate}\n${ca}` }, (_, response) => answers(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const api = apiClient({ url, ca, token: 'surety_adm_x' }, { timeoutMs })
    const error = await api.ask('GET', '/devices', sightingPageReader).then(String, (reason: unknown) => reason)
    return error instanceof Error && 'code' in error
      ? { code: error.code, message: error.message.replaceAll(url, 'HERE') }
      : error
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const SILENT = 'the directory is stopped, frozen or overloaded, or a firewall is in between'
type Case = readonly [how: string, answers: (response: ServerResponse) => void, code: string, message: RegExp]
const SILENCES: readonly Case[] = [
  ['never', () => undefined, 'DIRECTORY_UNREACHABLE', new RegExp(`^no answer from HERE within 0\\.5 s: ${SILENT}$`)],
  [
    'with a beginning, and then no more',
    (response) => response.write('{"items":['),
    'DIRECTORY_UNREACHABLE',
    /^no answer from HERE within 0\.5 s: /,
  ],
]
const CASES: readonly Case[] = [
  [
    'half, and ends',
    (response) => response.write('{"items":[', () => response.destroy()),
    'DIRECTORY_UNREACHABLE',
    /^no directory answers at HERE \(ECONNRESET\)$/,
  ],
  [
    'with a page for people',
    (response) => response.end('<html>'),
    'INPUT_MALFORMED',
    /^what answers at HERE is no .*: not JSON$/,
  ],
  [
    'with another refusal',
    (response) => response.writeHead(404).end('{"message":"no"}'),
    'INPUT_MALFORMED',
    /^what answers at HERE is no .*code$/,
  ],
  [
    'with another document',
    (response) => response.end('{"devices":[]}'),
    'INPUT_MALFORMED',
    /^what answers at HERE is no .*items/,
  ],
]

test.each(SILENCES)('a server that answers %s is not waited for', async (_, answers, code, message) => {
  expect(await refusalOf(answers, { timeoutMs: 500 })).toEqual({ code, message: expect.stringMatching(message) })
})

test.each(CASES)('distinguishes and names a server that answers %s', async (_, answers, code, message) => {
  expect(await refusalOf(answers)).toEqual({ code, message: expect.stringMatching(message) })
})

const DAY_MS = 86_400_000
test.each([
  ['behind', 10 * DAY_MS, 'CERT_NOT_YET_VALID'],
  ['ahead', -200 * DAY_MS, 'CERT_HAS_EXPIRED'],
])('a clock that is %s is not taken for another directory', async (_, by, reason) => {
  expect(await refusalOf((response) => response.end('{}'), { now: Date.now() + by })).toEqual({
    code: 'CLOCK_OFF',
    message: `the certificate of the server at HERE is not valid by the clock of this machine (${reason})`,
  })
})
