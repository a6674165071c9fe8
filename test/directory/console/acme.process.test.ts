import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { faultOf } from '../../../src/directory/console/acme-order.ts'
import { type AcmeSettings, acmeFile, keepAcmeCertificate } from '../../../src/directory/console/keep-acme.ts'
import type { Summary } from '../../../src/protocol/nouns/directory/directory.ts'
import { type Pebble, REFUSED_NAME, startPebble, withPebble } from '../../support/acme/pebble.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { startTestConsole } from '../../support/directory/test-console.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The certificate of the console, from pebble. */

const issued = withPebble('certificates by ACME')
const NAME = 'console.example.org'
const DAY_S = 86_400
const MINUTE_MS = 60_000

let pebble: Pebble
let directory: TestDirectory
beforeAll(async () => {
  if (issued === test) pebble = await startPebble({ validForS: 90 * DAY_S })
})
afterAll(() => pebble?.[Symbol.asyncDispose]())
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

/** A keeper, until it is disposed of. */
function keeping(settings: Partial<AcmeSettings> = {}) {
  const folder = temporaryFolder()
  const file = acmeFile(folder.path)
  const { clock, store, lines } = directory
  const stopped = new AbortController()
  const standings: NonNullable<Summary['consoleCertificate']>[] = []
  const write =
    (level: string) =>
    (message: string, fields = {}) =>
      void lines.push({ level, message, fields })
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const start = () =>
    keepAcmeCertificate(
      { clock, log, store, tell: (standing) => standings.push(standing) },
      { url: pebble.url, caFile: pebble.caFile, name: NAME, host: '127.0.0.1', port: pebble.httpPort, ...settings },
      { file, signal: stopped.signal },
    )
  let running: Promise<void> | undefined
  return {
    file,
    folder: dirname(file),
    log,
    standings,
    /** @returns what it says after its next look. */
    async looked() {
      const before = standings.length
      running ??= start()
      await waitFor(
        'the keeper to look',
        async () => {
          if (before > 0 && standings.length === before) await clock.advance(MINUTE_MS)
          return standings.length > before
        },
        { show: () => lines },
      )
      return standings.at(-1)
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await running
      folder[Symbol.dispose]()
    },
  }
}

const events = async (kind: 'console-certificate-renewed' | 'console-certificate-failed') =>
  (await directory.store.events.list({ kind, limit: 9 })).map(({ facts }) => facts)
const leafIn = (file: string) => new X509Certificate(readFileSync(file, 'utf8').replace(/^.*?(?=-----BEGIN CERT)/s, ''))
const modeOf = (path: string) => statSync(path).mode & 0o777

async function shownAt(port: number): Promise<X509Certificate> {
  const socket = connect({ host: '127.0.0.1', port, servername: NAME, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect')
    return new X509Certificate(socket.getPeerCertificate().raw)
  } finally {
    socket.destroy()
  }
}

issued('is used without a restart, and renewed after two thirds of its life', async () => {
  await using keeper = keeping({ email: 'ada@example.org' })
  await using console = await startTestConsole(
    directory,
    { placeholder: () => directory.authority.tls() },
    {
      url: `https://${NAME}`,
      acme: { url: pebble.url, agreeToTerms: true, file: keeper.file },
    },
  )
  expect((await shownAt(console.port)).checkHost(NAME)).toBeUndefined()

  const first = await keeper.looked()
  expect(first).toEqual({ name: NAME, validUntil: expect.any(Number) })
  expect([keeper.folder, keeper.file, join(keeper.folder, 'account.key')].map(modeOf)).toEqual([0o700, 0o600, 0o600])
  expect(await events('console-certificate-renewed')).toEqual([{ issuer: pebble.host, validUntil: first?.validUntil }])
  const { serialNumber } = leafIn(keeper.file)
  await waitFor('the console to use it', async () => {
    await directory.clock.advance(10_000)
    return (await shownAt(console.port)).serialNumber === serialNumber
  })

  const account = readFileSync(join(keeper.folder, 'account.key'), 'utf8')
  directory.clock.jump(59 * DAY_S * 1000)
  await keeper.looked()
  expect(leafIn(keeper.file).serialNumber).toBe(serialNumber)
  directory.clock.jump(2 * DAY_S * 1000)
  await keeper.looked()
  const renewed = leafIn(keeper.file).serialNumber
  expect(renewed).not.toBe(serialNumber)
  expect(readFileSync(join(keeper.folder, 'account.key'), 'utf8')).toBe(account)
  await waitFor('the console to use the new one', async () => {
    await directory.clock.advance(10_000)
    return (await shownAt(console.port)).serialNumber === renewed
  })
  expect(JSON.stringify(directory.lines)).not.toContain('PRIVATE KEY')
})

issued('that is there is not asked for again, unless it is of another name', async () => {
  await using keeper = keeping()
  await keeper.looked()
  const { serialNumber } = leafIn(keeper.file)
  await keeper.looked()
  expect(leafIn(keeper.file).serialNumber).toBe(serialNumber)
  const stopped = new AbortController()
  const { clock, store } = directory
  const moved = keepAcmeCertificate(
    {
      clock,
      log: keeper.log,
      store,
      tell(standing) {
        expect(standing).toEqual({ name: 'moved.example.org', validUntil: expect.any(Number) })
        stopped.abort()
      },
    },
    { url: pebble.url, caFile: pebble.caFile, name: 'moved.example.org', host: '127.0.0.1', port: pebble.httpPort },
    { file: keeper.file, signal: stopped.signal },
  )
  await moved
  expect(leafIn(keeper.file).checkHost('moved.example.org')).toBe('moved.example.org')
})

describe('keeps the old certificate, records an event and says why, with', () => {
  const cases: readonly [string, () => Partial<AcmeSettings> | Promise<Partial<AcmeSettings>>, RegExp][] = [
    [
      'a proof that cannot be read',
      async () => ({ port: await freePort() }),
      /gave no certificate.*(refused|connect)/i,
    ],
    ['a name that is not allowed', () => ({ name: REFUSED_NAME }), /gave no certificate.*(policy|blocked|refused)/i],
    ['a server that is down', async () => ({ url: `https://localhost:${await freePort()}/dir` }), /ECONNREFUSED/],
    ['a server of another authority', () => ({ caFile: undefined }), /certificate/],
    ['a file of its authority that is absent', () => ({ caFile: '/nonexistent/ca.pem' }), /there is no file/],
    ['an e-mail address that is refused', () => ({ email: 'ada@example.org,eve@example.org' }), /gave no certificate/],
  ]
  issued.each(cases)('%s', async (_name, settings, why) => {
    await using keeper = keeping(await settings())
    mkdirSync(keeper.folder, { mode: 0o700 })
    writeFileSync(keeper.file, 'old', { mode: 0o600 })
    const standing = await keeper.looked()
    expect(standing?.failing?.reason).toMatch(why)
    expect(readFileSync(keeper.file, 'utf8')).toBe('old')
    expect(readdirSync(keeper.folder).filter((name) => name !== 'account.key')).toEqual(['credentials.pem'])
    expect(await events('console-certificate-failed')).toEqual([{ why: expect.stringMatching(why) }])
    expect(await events('console-certificate-renewed')).toEqual([])

    // Not again within a quarter of an hour, and the same reason is no second event.
    const failures = () => directory.lines.filter(({ message }) => message.includes('could not be renewed')).length
    await keeper.looked()
    expect(failures()).toBe(1)
    await waitFor('another try', async () => {
      await directory.clock.advance(MINUTE_MS)
      return failures() === 2
    })
    expect(await events('console-certificate-failed')).toHaveLength(1)
  })

  issued('a port that another program has', async () => {
    const other = createServer().listen(pebble.httpPort, '127.0.0.1')
    await once(other, 'listening')
    try {
      await using keeper = keeping()
      expect((await keeper.looked())?.failing?.reason).toMatch(/EADDRINUSE/)
    } finally {
      other.close()
    }
  })

  issued('an account key that others can read, or a folder that cannot be written', async () => {
    await using keeper = keeping()
    mkdirSync(keeper.folder, { mode: 0o700 })
    writeFileSync(join(keeper.folder, 'account.key'), 'x')
    chmodSync(join(keeper.folder, 'account.key'), 0o644)
    expect((await keeper.looked())?.failing?.reason).toMatch(/account\.key/)
    await using other = keeping()
    writeFileSync(other.folder, 'a file where the folder would be')
    expect((await other.looked())?.failing?.reason).toMatch(/EEXIST|ENOTDIR/)
    await using third = keeping()
    mkdirSync(third.file, { recursive: true, mode: 0o700 })
    expect((await third.looked())?.failing?.reason).toMatch(/credentials\.pem/)
    expect(readdirSync(third.folder).toSorted()).toEqual(['account.key', 'credentials.pem'])
  })

  test.each([
    ['no JSON', 'hello', /gave no certificate/],
    ['JSON of something else', '{"newNonce":7}', /gave no certificate/],
    ['a list', '[]', /gave no certificate/],
    ['megabytes', `{"a":"${'a'.repeat(2_000_000)}"}`, /gave no certificate/],
  ])('a server that answers %s', async (_name, answer, why) => {
    const server = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dir`
      await using keeper = keeping({ url, caFile: undefined, port: await freePort() })
      const { reason = '' } = (await keeper.looked())?.failing ?? {}
      expect(reason).toMatch(why)
      expect(reason.length).toBeLessThanOrEqual(400)
      expect(existsSync(keeper.file)).toBe(false)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

test('a certificate that does not fit is found', () => {
  const { cert, key } = directory.authority.tls()
  const at = { name: '127.0.0.1', now: directory.clock.now() }
  const { validToDate } = new X509Certificate(cert)
  expect(faultOf('no certificate', key, at)).toMatch(/the answer is no certificate/)
  expect(faultOf(cert, key, { ...at, name: NAME })).toBe(`the certificate is not for ${NAME}`)
  expect(faultOf(cert, key, { name: 'localhost', now: validToDate.getTime() + 1 })).toMatch(/is not for|is over/)
})

issued('starts as a program while the ACME server is down, and status has the reason', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const port = await freePort()
  const common = [
    ...[
      '--console-host',
      '127.0.0.1',
      '--console-url',
      `https://${NAME}:${port}`,
      '--console-acme-port',
      `${pebble.httpPort}`,
    ],
    ...['--console-acme-ca-file', pebble.caFile, '--console-acme-agree-to-terms', 'true'],
  ]
  {
    const nowhere = `https://localhost:${await freePort()}/dir`
    await using serving = await serveDirectory(data, [...common, '--console-acme-url', nowhere])
    expect(serving.console).toBe(`https://${NAME}:${port}`)
    await waitFor('the status to say so', async () => {
      const { stdout } = await runDirectory(['status', '--data', data])
      return /CONSOLE +no new certificate since .*gave no certificate.*; there is none/.test(stdout)
    })
  }
  await using _serving = await serveDirectory(data, [...common, '--console-acme-url', pebble.url])
  await waitFor('the certificate', () => existsSync(acmeFile(data)))
  const { stdout } = await runDirectory(['events', 'list', '--data', data])
  expect(stdout).toContain('console-certificate-failed')
  expect((await runDirectory(['status', '--data', data])).stdout).not.toContain('CONSOLE')
})
