import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { serveForAll } from '../../support/directory/directory-process.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Verifiers that hold certificates to RFC 5280, which OpenSSL does with -x509_strict and Python 3.13 by default. */

const OPENSSL = '/usr/bin/openssl'
const PYTHON = '/usr/bin/python3'
const STRICT = 'import ssl, sys; sys.exit(not ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT)'

const withOpenssl = existsSync(OPENSSL) ? test : test.skip
if (withOpenssl === test.skip) process.stdout.write('strict certificates: no openssl, its tests are skipped\n')
const withPython = spawnSync(PYTHON, ['-c', STRICT]).status === 0 ? test : test.skip
if (withPython === test.skip) process.stdout.write('strict certificates: no Python 3.13, its tests are skipped\n')

const DAY_MS = 86_400_000
const CERTIFICATE = /-----BEGIN[\s\S]+?-----END CERTIFICATE-----\n?/g
const random = (bytes: number) => new Uint8Array(randomBytes(bytes))

async function setUp() {
  const folder = temporaryFolder()
  const clock = new FakeClock()
  const init = { dataFolder: folder.path, names: ['directory.example', '127.0.0.1', '::1'], mayFound: true }
  const authority = await openAuthority({ clock, log: silentLog, random }, init)
  return { authority, clock, folder: folder.path, [Symbol.dispose]: folder[Symbol.dispose] }
}

type House = Awaited<ReturnType<typeof setUp>>

/** What openssl says in strict mode of the first certificate of `pem`, at the time of the house's clock. */
function strictly(
  { folder, clock }: House,
  { ca, pem, checks }: { ca: string; pem: string; checks: readonly string[] },
) {
  const [caFile, file] = [join(folder, 'ca.pem'), join(folder, 'certificate.pem')]
  writeFileSync(caFile, ca)
  writeFileSync(file, pem)
  const args = ['verify', '-x509_strict', '-attime', String(Math.floor(clock.now() / 1000)), '-CAfile', caFile]
  const { status, stdout, stderr } = spawnSync(OPENSSL, [...args, ...checks, file], { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}`.replaceAll(file, 'certificate') }
}

const OK = { status: 0, said: 'certificate: OK\n' }
const SERVER = ['-purpose', 'sslserver']

withOpenssl.each([
  ['as they are made first', 0],
  ['a server certificate made anew', 80 * DAY_MS],
  ['all of them made anew', 8 * 365 * DAY_MS],
])('openssl accepts every certificate of the directory in strict mode: %s', async (_, laterMs) => {
  using house = await setUp()
  await house.clock.advance(laterMs)
  expect(await house.authority.renewTls()).toBe(laterMs > 0)
  const { caCertificate: ca } = house.authority
  const certificates = house.authority.tls().cert.match(CERTIFICATE) ?? []
  expect(certificates).toEqual([expect.any(String), ca])
  const [pem = ''] = certificates
  expect(strictly(house, { ca, pem: ca, checks: [] })).toEqual(OK)
  for (const name of [
    ['-verify_hostname', 'directory.example'],
    ['-verify_ip', '127.0.0.1'],
    ['-verify_ip', '::1'],
  ]) {
    expect(strictly(house, { ca, pem, checks: [...SERVER, ...name] })).toEqual(OK)
  }
})

withOpenssl.each<[string, readonly string[], RegExp]>([
  ['for a name that is not its own', [...SERVER, '-verify_hostname', 'other.example'], /hostname mismatch/],
  ['as the certificate of a client', ['-purpose', 'sslclient'], /unsuitable certificate purpose/],
])('openssl refuses the certificate of the server %s', async (_, checks, words) => {
  using house = await setUp()
  const { caCertificate: ca } = house.authority
  const said = strictly(house, { ca, pem: house.authority.tls().cert, checks })
  expect(said).toEqual({ status: 2, said: expect.stringMatching(words) })
})

withOpenssl('openssl refuses the certificate of another directory, whose CA has the same name', async () => {
  using house = await setUp()
  using other = await setUp()
  const said = strictly(house, { ca: house.authority.caCertificate, pem: other.authority.tls().cert, checks: SERVER })
  expect(said).toEqual({ status: 2, said: expect.stringMatching(/unable to get local issuer certificate/) })
})

describe('a running directory', () => {
  const directory = serveForAll()
  const script = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
host, port = sys.argv[2].rsplit(':', 1)
with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
    tls.sendall(b'GET /api/v1/health HTTP/1.1\\r\\nHost: directory\\r\\nConnection: close\\r\\n\\r\\n')
    print(tls.recv(12).decode())
`
  const ask = (ca: string, url: string) => {
    const { hostname, port } = new URL(url)
    const address = `${hostname === 'localhost' ? '127.0.0.1' : hostname}:${port}`
    return spawnSync(PYTHON, ['-c', script, ca, address], { encoding: 'utf8' })
  }
  const ca = (folder: string, pem: string) => {
    const path = join(folder, 'ca.pem')
    writeFileSync(path, pem)
    return path
  }

  withPython.each([
    ['administrators', () => directory.server.api, 'HTTP/1.1 200\n'],
    ['devices', () => directory.server.devices, 'HTTP/1.1 426\n'],
  ] as const)("Python's default context accepts the listener for %s", (_, url, answer) => {
    using folder = temporaryFolder()
    const own = readFileSync(join(directory.path, 'keys', 'ca.cert.pem'), 'utf8')
    const { stdout, stderr } = ask(ca(folder.path, own), url())
    expect({ stdout, stderr }).toEqual({ stdout: answer, stderr: '' })
  })

  withPython('it refuses it with the CA of another directory', async () => {
    using house = await setUp()
    using folder = temporaryFolder()
    const { status, stderr } = ask(ca(folder.path, house.authority.caCertificate), directory.server.api)
    expect([status, stderr]).toEqual([1, expect.stringMatching(/certificate verify failed/)])
  })
})
