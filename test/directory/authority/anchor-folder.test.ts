import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { addAnchors, listAnchors } from '../../../src/directory/authority/anchor-folder.ts'
import { anchorSource, keepAnchorsRead } from '../../../src/directory/authority/keep-anchors-read.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { KEY_USAGE, makeAuthority, makeEndorsementCertificate, NOW } from '../../support/tpm/certificates.ts'
import { waitFor } from '../../support/wait-for.ts'

const key = testKey('maker')
const authority = (subject: string, more = {}) => makeAuthority({ subject, issuer: subject, signer: key, key, ...more })
const [first, second] = [await authority('CN=First'), await authority('CN=Second')]
const pem = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`

/** A data folder, and files beside it. */
function place() {
  const temporary = temporaryFolder()
  const data = join(temporary.path, 'data')
  mkdirSync(data, { mode: 0o700 })
  const folder = join(data, 'trust-anchors')
  const file = (name: string, bytes: Uint8Array | string) => {
    const path = join(temporary.path, name)
    writeFileSync(path, bytes)
    return path
  }
  const add = (...paths: readonly string[]) => addAnchors(folder, paths, { now: NOW })
  const list = () => listAnchors(folder, { now: NOW })
  const names = () => (existsSync(folder) ? readdirSync(folder).toSorted() : [])
  return { path: temporary.path, data, folder, file, add, list, names, [Symbol.dispose]: temporary[Symbol.dispose] }
}

test('certificates of DER and PEM files are added, and listed with their fingerprints', async () => {
  using here = place()
  expect((await here.list()).anchors).toEqual([])
  const added = await here.add(here.file('a.der', first), here.file('b.pem', `about it\n${pem(second)}`))
  expect(added.map(({ subject }) => subject)).toEqual(['CN=First', 'CN=Second'])
  const { folder, anchors, problems } = await here.list()
  expect({ folder, problems }).toEqual({ folder: here.folder, problems: [] })
  expect(anchors).toEqual(added)
  const { createHash } = await import('node:crypto')
  expect(anchors[0]?.fingerprint).toBe(createHash('sha256').update(first).digest('hex'))
  expect(here.names()).toHaveLength(2)
  expect([statSync(here.folder).mode & 0o777, statSync(join(here.folder, here.names()[0] ?? '')).mode & 0o777]).toEqual(
    [0o700, 0o600],
  )
  expect(readFileSync(join(here.folder, anchors[0]?.file ?? ''), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----\n/)
})

const leaf = await makeEndorsementCertificate({ issuer: 'CN=First', signer: key, publicKey: testKey('ek').spki })
const DAY_MS = 86_400_000

/** Each beside a good certificate, which must not be added either. */
test.each<[string, (here: ReturnType<typeof place>) => string | Promise<string>, string, RegExp]>([
  ['no file', () => '/nowhere/ca.pem', 'NOT_FOUND', /there is no file/],
  ['a folder', ({ data }) => data, 'FILE_NOT_REGULAR', /not a regular file/],
  [
    'a link',
    ({ path, file }) => {
      symlinkSync(file('x', first), join(path, 'link'))
      return join(path, 'link')
    },
    'FILE_IS_LINK',
    /name the file itself/,
  ],
  ['an empty file', ({ file }) => file('x', ''), 'CERTIFICATE_CHAIN_INVALID', /the file is empty; give the maker's CA/],
  ['a text', ({ file }) => file('x', 'hello'), 'CERTIFICATE_CHAIN_INVALID', /neither DER nor PEM/],
  ['a key', ({ file }) => file('x', pem(key.spki)), 'CERTIFICATE_CHAIN_INVALID', /not an X\.509/],
  ['DER that is cut', ({ file }) => file('x', first.slice(0, -1)), 'CERTIFICATE_CHAIN_INVALID', /not one whole DER/],
  ['PEM that is cut', ({ file }) => file('x', pem(first).slice(0, 200)), 'CERTIFICATE_CHAIN_INVALID', /damaged/],
  [
    'a good one beside a damaged one',
    ({ file }) => file('x', pem(second) + pem(second).slice(0, 200)),
    'CERTIFICATE_CHAIN_INVALID',
    /damaged/,
  ],
  ['a certificate of no CA', ({ file }) => file('x', leaf), 'CERTIFICATE_CHAIN_INVALID', /not the certificate of a CA/],
  [
    'a CA that may not sign certificates',
    async ({ file }) => file('x', await authority('CN=Third', { keyUsage: KEY_USAGE.digitalSignature })),
    'CERTIFICATE_CHAIN_INVALID',
    /not the certificate of a CA/,
  ],
  [
    'one that ended',
    async ({ file }) => file('x', await authority('CN=Old', { notBefore: NOW - 9 * DAY_MS, notAfter: NOW - DAY_MS })),
    'CERTIFICATE_EXPIRED',
    /the certificate of "Old" ended on \d{4}-\d\d-\d\d: get its successor/,
  ],
  [
    'one that has not begun',
    async ({ file }) => file('x', await authority('CN=New', { notBefore: NOW + DAY_MS, notAfter: NOW + 9 * DAY_MS })),
    'CERTIFICATE_EXPIRED',
    /begins on .*: check the clock/,
  ],
  [
    'one that another key signed under its name',
    async ({ file }) => file('x', await authority('CN=Forged', { signer: testKey('other') })),
    'SIGNATURE_INVALID',
    /not signed by its own key/,
  ],
  [
    'the same twice',
    ({ file }) => file('x', pem(first) + pem(first)),
    'CONFLICT',
    /"First" is there already: leave it out/,
  ],
])('%s is refused, and nothing is added', async (_, wrong, code, words) => {
  using here = place()
  const good = here.file('good', second)
  const thrown = await here.add(good, await wrong(here)).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(SuretyError)
  expect(thrown).toMatchObject({ code, message: expect.stringMatching(words) })
  expect(here.names()).toEqual([])
})

test('one that is there already is refused, also under another name and form', async () => {
  using here = place()
  await here.add(here.file('a', first))
  const before = here.names()
  await expect(here.add(here.file('b', second), here.file('c', pem(first)))).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(here.names()).toEqual(before)
})

test('a folder above that is missing is not made', async () => {
  using here = place()
  rmSync(here.data, { recursive: true })
  await expect(here.add(here.file('a', first))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/there is no folder .*data": start the directory once, or give --data FOLDER/),
  })
  expect(existsSync(here.data)).toBe(false)
})

test('a folder that others can write to is refused', async () => {
  using here = place()
  mkdirSync(here.folder)
  chmodSync(here.folder, 0o777)
  await expect(here.add(here.file('a', first))).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await expect(here.list()).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect(here.names()).toEqual([])
})

test('an expired one and a file that is none are listed as such', async () => {
  using here = place()
  mkdirSync(here.folder, { mode: 0o700 })
  const ended = await authority('CN=Old', { notBefore: NOW - 9 * DAY_MS, notAfter: NOW - DAY_MS })
  writeFileSync(join(here.folder, 'old.der'), ended)
  writeFileSync(join(here.folder, 'text.pem'), 'hello')
  const { anchors, problems } = await here.list()
  expect(anchors.map(({ subject, status }) => [subject, status])).toEqual([['CN=Old', 'expired']])
  expect(problems).toEqual([{ file: 'text.pem', reason: 'neither DER nor PEM' }])
})

test('a running directory takes added anchors, and keeps its own from an unsafe folder', async () => {
  using here = place()
  const clock = new FakeClock()
  const stop = new AbortController()
  const anchors = await anchorSource({ log: silentLog }, here.folder)
  expect([anchors.current.count, anchors.current.knowsMakers]).toEqual([0, false])
  const kept = keepAnchorsRead({ clock, anchors }, { signal: stop.signal })
  await here.add(here.file('a', first))
  await clock.advance(5_000)
  await waitFor('the anchor', () => anchors.current.count === 1)
  expect(anchors.current.knowsMakers).toBe(true)
  chmodSync(here.folder, 0o777)
  await anchors.refresh()
  expect(anchors.current.count).toBe(1)
  chmodSync(here.folder, 0o700)
  rmSync(join(here.folder, here.names()[0] ?? ''))
  await anchors.refresh()
  expect(anchors.current.count).toBe(0)
  stop.abort()
  await kept
})
