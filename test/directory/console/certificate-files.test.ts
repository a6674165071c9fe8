import { copyFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { silentLog } from '../../../src/base/log.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { readCertificate } from '../../../src/directory/console/certificate-files.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { askConsole, startTestConsole } from '../../support/directory/test-console.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Two authorities, each with a certificate for `localhost`. */
const folder = temporaryFolder({ inMemory: true })
const made: { readonly cert: string; readonly key: string; readonly ca: string }[] = []
let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
  const random = (size: number) => new Uint8Array(size).fill(7)
  for (const name of ['first', 'second']) {
    const parts = { clock: new FakeClock(Date.now()), log: silentLog, random }
    const init = { dataFolder: join(folder.path, name), names: ['localhost'], mayFound: true }
    const authority = await openAuthority(parts, init)
    made.push({ ...authority.tls(), ca: authority.caCertificate })
  }
})
afterAll(async () => {
  await directory[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function filesOf(index: number, place: string) {
  const { cert, key } = made[index] ?? { cert: '', key: '' }
  const files = { certificate: join(place, 'certificate.pem'), key: join(place, 'key.pem') }
  writeFileSync(files.certificate, cert)
  writeFileSync(files.key, key)
  return files
}

type Files = ReturnType<typeof filesOf>

test.each([
  [
    'a certificate that is absent',
    ({ certificate }: Files) => rmSync(certificate),
    /console\.certificate.*cannot be read.*ENOENT/,
  ],
  ['a key that is absent', ({ key }: Files) => rmSync(key), /console\.key.*cannot be read/],
  [
    'a key in the place of the certificate',
    (files: Files) => copyFileSync(files.key, files.certificate),
    /must be PEM/,
  ],
  ['an empty key', ({ key }: Files) => writeFileSync(key, ''), /must be PEM/],
  [
    'a certificate with cut bytes',
    ({ certificate }: Files) => writeFileSync(certificate, made[0]?.cert.slice(0, 300) ?? ''),
    /must be PEM/,
  ],
  ['the key of another certificate', ({ key }: Files) => writeFileSync(key, made[1]?.key ?? ''), /is not that of/],
  [
    'a file that is too large',
    ({ key }: Files) => writeFileSync(key, 'x'.repeat(300_000)),
    /cannot be read.*more than/,
  ],
])('refuses %s', async (_name, spoil, message) => {
  using place = temporaryFolder({ inMemory: true })
  const files = filesOf(0, place.path)
  spoil(files)
  const refused = await readCertificate(files).catch((error) => error)
  expect(refused.code).toBe('CONFIG_INVALID')
  expect(`${refused.message}: ${refused.cause?.message ?? ''}`).toMatch(message)
})

test('does not start with files that do not belong together', async () => {
  using place = temporaryFolder({ inMemory: true })
  const files = filesOf(0, place.path)
  writeFileSync(files.key, made[1]?.key ?? '')
  await expect(startTestConsole(directory, { sessionOf: async () => undefined }, files)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

test('answers by TLS, and uses a renewed certificate once both files have it', async () => {
  using place = temporaryFolder({ inMemory: true })
  // As certbot keeps them: the names are links.
  using renewed = temporaryFolder({ inMemory: true })
  const real = filesOf(0, place.path)
  const links = { certificate: join(renewed.path, 'c.pem'), key: join(renewed.path, 'k.pem') }
  symlinkSync(real.certificate, links.certificate)
  symlinkSync(real.key, links.key)
  const clock = new FakeClock(Date.now())
  const lines: TestDirectory['lines'] = []
  const { surface, services } = directory
  await using console = await startTestConsole(
    { surface, services, clock, lines },
    { sessionOf: async () => undefined },
    links,
  )
  expect(console.url).toBe(`https://localhost:${console.port}`)
  const answeredWith = (index: number) =>
    askConsole(console.port, 'GET', '/', { ca: made[index]?.ca ?? '' }).then(
      ({ status, headers }) => ({ status, hsts: headers['strict-transport-security'] }),
      (error) => error.code,
    )
  expect(await answeredWith(0)).toEqual({ status: 200, hsts: 'max-age=31536000' })

  await waitFor('the loop that reads', () => clock.sleeping === 1)
  writeFileSync(join(place.path, 'new.pem'), made[1]?.cert ?? '')
  renameSync(join(place.path, 'new.pem'), real.certificate)
  await clock.advance(10_000)
  await waitFor('the refusal', () => lines.some(({ message }) => message.includes('stays as it was')))
  expect(await answeredWith(0)).toMatchObject({ status: 200 })

  await waitFor('the loop that reads', () => clock.sleeping === 1)
  writeFileSync(real.key, made[1]?.key ?? '')
  await clock.advance(10_000)
  await waitFor('the new certificate', () => lines.some(({ message }) => message.includes('was read again')))
  expect(await answeredWith(1)).toMatchObject({ status: 200 })
  expect(await answeredWith(0)).toMatch(/CERT|SELF_SIGNED|UNABLE/)
})

test('refuses TLS before 1.2', async () => {
  using place = temporaryFolder({ inMemory: true })
  const files = filesOf(0, place.path)
  await using console = await startTestConsole(directory, { sessionOf: async () => undefined }, files)
  const old = connect({
    host: '127.0.0.1',
    port: console.port,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    rejectUnauthorized: false,
  })
  const outcome = await new Promise((resolve) => {
    old.once('secureConnect', () => resolve('connected'))
    old.once('error', () => resolve('refused'))
  })
  old.destroy()
  expect(outcome).toBe('refused')
})
