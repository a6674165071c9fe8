import { createHash, createPrivateKey, createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { readDelegations } from '../../../src/crypto/delegation.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { readTrustAnchors } from '../../../src/directory/authority/read-trust-anchors.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const DAY_MS = 86_400_000
/** In PKCS#8 of a P-256 key as OpenSSL writes it. */
const POINT_FORM_AT = 73
const random = (bytes: number) => new Uint8Array(randomBytes(bytes))

function setUp() {
  const folder = temporaryFolder()
  const clock = new FakeClock()
  const warnings: unknown[] = []
  const log: Log = { ...silentLog, warn: (_, fields) => warnings.push(fields?.purpose) }
  const init = { dataFolder: folder.path, names: ['directory.example', '::1'] }
  const open = (mayFound = true) => openAuthority({ clock, log, random }, { ...init, mayFound })
  const rootKey = (authority: Awaited<ReturnType<typeof open>>) =>
    createPublicKey({ key: Buffer.from(authority.root, 'base64url'), format: 'der', type: 'spki' })
  return { clock, warnings, open, rootKey, keys: join(folder.path, 'keys'), [Symbol.dispose]: folder[Symbol.dispose] }
}

test('keys, pins and delegations are the same after a restart; no file is for others', async () => {
  using house = setUp()
  const [first, second] = [await house.open(), await house.open()]
  expect([second.pins, second.root, second.delegations(), second.caCertificate]).toEqual([
    ...[first.pins, first.root, first.delegations(), first.caCertificate],
  ])
  for (const name of ['root', 'ca', 'orders', 'acknowledgements']) {
    expect((await stat(join(house.keys, `${name}.key.pem`))).mode & 0o777).toBe(0o600)
  }
})

test('a key keeps its pins and delegations when its file spells the point differently', async () => {
  using house = setUp()
  const whole = await house.open()
  for (const name of ['root', 'ca', 'orders', 'acknowledgements']) {
    const path = join(house.keys, `${name}.key.pem`)
    const der = createPrivateKey(await readFile(path)).export({ type: 'pkcs8', format: 'der' })
    // A hybrid point (SEC 1, 2.3.4): one changed bit makes it of an uncompressed one.
    der[POINT_FORM_AT] = 6 + ((der.at(-1) ?? 0) & 1)
    await writeFile(path, `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`)
    if (name === 'ca') await rm(join(house.keys, 'ca.cert.pem'))
  }
  const authority = await house.open()
  expect([authority.pins, authority.root, authority.delegations()]).toEqual([
    ...[whole.pins, whole.root, whole.delegations()],
  ])
  const ca = new X509Certificate(authority.caCertificate).publicKey.export({ type: 'spki', format: 'der' })
  expect(createHash('sha256').update(ca).digest('base64url')).toBe(whole.pins.ca)
})

test('what it signs verifies under the key its root delegated, from the pins alone', async () => {
  using house = setUp()
  const authority = await house.open()
  expect(createHash('sha256').update(Buffer.from(authority.root, 'base64url')).digest('base64url')).toBe(
    authority.pins.root,
  )
  const init = { rootKey: house.rootKey(authority), now: house.clock.now() }
  const delegations = Object.values(authority.delegations())
  const [acknowledgements] = readDelegations(delegations, { ...init, purpose: 'acknowledgements' })
  const [orders] = readDelegations(delegations, { ...init, purpose: 'orders' })
  if (acknowledgements === undefined || orders === undefined) throw new Error('a delegation is missing')
  const ack = splitJws('ack', authority.signAcknowledgement('ack', { a: 1 }))
  expect(verifyJws(ack, acknowledgements.key)).toBe('{"a":1}')
  expect(await codeThrown(() => verifyJws(ack, orders.key))).toBe('SIGNATURE_INVALID')
  expect(verifyJws(splitJws('order', authority.signOrder('order', { b: 2 })), orders.key)).toBe('{"b":2}')
})

test('the TLS certificate is of the pinned CA, short, and for the names', async () => {
  using house = setUp()
  const authority = await house.open()
  const { cert, notAfter } = authority.tls()
  const [server, ca] = (cert.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  )
  if (server === undefined || ca === undefined) throw new Error('a certificate is missing')
  expect({
    signed: server.verify(ca.publicKey),
    issued: server.checkIssued(ca),
    ca: ca.ca,
    pin: createHash('sha256')
      .update(ca.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url'),
    host: server.checkHost('directory.example'),
    address: server.checkIP('::1'),
    other: server.checkHost('other.example'),
    days: Math.round((notAfter - house.clock.now()) / DAY_MS),
  }).toEqual({
    signed: true,
    issued: true,
    ca: true,
    pin: authority.pins.ca,
    host: 'directory.example',
    address: '::1',
    other: undefined,
    days: 90,
  })
})

test('renews delegations and certificates in their last third, with the same keys', async () => {
  using house = setUp()
  const authority = await house.open()
  const before = { pins: authority.pins, delegations: authority.delegations(), tls: authority.tls() }
  await house.clock.advance(59 * DAY_MS)
  expect(await authority.renewTls()).toBe(false)
  await house.clock.advance(200 * DAY_MS)
  expect(await authority.renewTls()).toBe(true)
  await authority.renewDelegations()
  expect(authority.tls().cert).not.toBe(before.tls.cert)
  expect([authority.pins, authority.delegations().ca]).toEqual([before.pins, before.delegations.ca])
  const rootKey = house.rootKey(authority)
  const now = house.clock.now() + 200 * DAY_MS
  expect(readDelegations([authority.delegations().orders], { rootKey, purpose: 'orders', now })).toHaveLength(1)
  expect((await house.open()).delegations()).toEqual(authority.delegations())
})

test.each([
  ['a day ahead', DAY_MS],
  ['a year ahead', 365 * DAY_MS],
  ['a year behind', -365 * DAY_MS],
])('made with a clock %s, is valid once the clock is set, and after a restart', async (_, aheadMs) => {
  using house = setUp()
  house.clock.jump(aheadMs)
  const authority = await house.open()
  house.clock.jump(-aheadMs)
  const now = house.clock.now()
  await authority.renewTls()
  await authority.renewDelegations()
  for (const { pins, caCertificate, tls, delegations } of [authority, await house.open()]) {
    const certificates = [caCertificate, tls().cert].map((pem) => new X509Certificate(pem))
    const holds = ({ validFrom, validTo }: X509Certificate) =>
      Date.parse(validFrom) <= now && now + 30 * DAY_MS < Date.parse(validTo)
    expect(certificates.map(holds)).toEqual([true, true])
    expect(pins).toEqual(authority.pins)
    for (const purpose of ['orders', 'acknowledgements', 'ca'] as const) {
      const init = { rootKey: house.rootKey(authority), purpose, now }
      expect(readDelegations([delegations()[purpose]], init)).toHaveLength(1)
    }
  }
})

test('with the root offline certificates are renewed though no delegation can be', async () => {
  using house = setUp()
  house.clock.jump(365 * DAY_MS)
  await house.open()
  await rm(join(house.keys, 'root.key.pem'))
  const authority = await house.open()
  house.clock.jump(-365 * DAY_MS)
  expect(await authority.renewTls()).toBe(true)
  expect(await codeThrown(() => authority.renewDelegations())).toBe('DELEGATION_REFUSED')
})

test('with the root offline, works until the delegations end, with a warning before', async () => {
  using house = setUp()
  const { pins } = await house.open()
  await rm(join(house.keys, 'root.key.pem'))
  expect((await house.open()).pins).toEqual(pins)
  expect(house.warnings).toEqual([])
  await house.clock.advance(300 * DAY_MS)
  await house.open()
  expect(house.warnings).toEqual(['orders', 'acknowledgements'])
  await house.clock.advance(66 * DAY_MS)
  expect(await codeThrown(() => house.open())).toBe('DELEGATION_REFUSED')
})

test.each<[string, string, (keys: string) => Promise<unknown>]>([
  [
    'a key file is cut short',
    'KEY_MALFORMED',
    async (keys) => {
      const path = join(keys, 'ca.key.pem')
      await writeFile(path, (await readFile(path, 'utf8')).slice(0, 60))
    },
  ],
  ['others may read a key', 'NOT_PERMITTED', (keys) => chmod(join(keys, 'orders.key.pem'), 0o644)],
  [
    'the root is gone and its delegations are there',
    'STORE_CORRUPT',
    (keys) => Promise.all(['root.key.pem', 'root.public.pem'].map((name) => rm(join(keys, name)))),
  ],
  [
    'the root key is another',
    'STORE_CORRUPT',
    async (keys) => {
      await writeFile(join(keys, 'root.key.pem'), await readFile(join(keys, 'ca.key.pem')))
    },
  ],
  [
    'a delegation was touched and the root is offline',
    'STORE_CORRUPT',
    async (keys) => {
      await touchDelegation(keys)
      await rm(join(keys, 'root.key.pem'))
    },
  ],
  [
    'the public root key is damaged and the root is offline',
    'STORE_CORRUPT',
    async (keys) => {
      await writeFile(join(keys, 'root.public.pem'), 'x')
      await rm(join(keys, 'root.key.pem'))
    },
  ],
  [
    'the CA key is another than its certificate',
    'STORE_CORRUPT',
    async (keys) => writeFile(join(keys, 'ca.key.pem'), await readFile(join(keys, 'orders.key.pem'))),
  ],
])('refuses to start when %s', async (_, code, damage) => {
  using house = setUp()
  await house.open()
  await damage(house.keys)
  expect(await codeThrown(() => house.open())).toBe(code)
})

test.each<[string, (keys: string) => Promise<unknown>]>([
  ['delegations.json', touchDelegation],
  ['delegations.json', (keys) => writeFile(join(keys, 'delegations.json'), '[')],
  ['ca.cert.pem', (keys) => writeFile(join(keys, 'ca.cert.pem'), 'x')],
  ['root.public.pem', (keys) => writeFile(join(keys, 'root.public.pem'), new Uint8Array([0xff]))],
])('sets aside a damaged %s and makes it again from the keys, with the same pins', async (name, damage) => {
  using house = setUp()
  const { pins } = await house.open()
  await damage(house.keys)
  const again = await house.open()
  const [aside] = (await readdir(house.keys)).filter((file) => file.startsWith(`${name}.damaged-`))
  expect([again.pins, aside === undefined, (await house.open()).pins]).toEqual([pins, false, pins])
})

async function touchDelegation(keys: string): Promise<void> {
  const path = join(keys, 'delegations.json')
  const [first = '', ...others] = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify([`${first.slice(0, -86)}${'A'.repeat(86)}`, ...others]))
}

test('a folder of trust anchors that is empty, absent or rubbish anchors nothing', async () => {
  using folder = temporaryFolder()
  await writeFile(join(folder.path, 'rubbish.pem'), 'x')
  await writeFile(join(folder.path, 'readme.txt'), 'x')
  const counts = [undefined, join(folder.path, 'absent'), folder.path].map((path) => readTrustAnchors(path, silentLog))
  expect((await Promise.all(counts)).map(({ count }) => count)).toEqual([0, 0, 0])
})

test('a CA whose key is gone does not make another: every device pins it', async () => {
  using house = setUp()
  await house.open()
  await rm(join(house.keys, 'ca.key.pem'))
  expect(await codeThrown(() => house.open())).toBe('STORE_CORRUPT')
})
