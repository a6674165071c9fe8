import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeAptRepository, makeRpmRepository, signRpms } from '../../installers/repository.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The lists of both repositories, signed with a key of gpg and checked as apt and dnf check them. */

const TOOLS = [
  '/usr/bin/gpg',
  '/usr/bin/gpgv',
  '/usr/bin/gpgconf',
  '/usr/bin/createrepo_c',
  '/usr/bin/dpkg-deb',
  '/usr/bin/rpmsign',
  '/usr/bin/rpmbuild',
]
const missing = TOOLS.find((path) => !existsSync(path))
const whenPossible = missing === undefined ? test : test.skip
const EPOCH = 1_795_000_000
const KEY = 'packages@example.org'
const folder = temporaryFolder()
const { GNUPGHOME } = process.env
const home = join(folder.path, 'gpg')
const keyring = join(folder.path, 'keyring.gpg')
const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { stdio: 'pipe', env: { ...process.env } })

beforeAll(() => {
  if (missing !== undefined) return
  mkdirSync(home, { mode: 0o700 })
  process.env.GNUPGHOME = home
  run('/usr/bin/gpg', '--batch', '--passphrase', '', '--quick-generate-key', KEY, 'ed25519', 'sign')
  run('/usr/bin/gpg', '--batch', '--output', keyring, '--export', KEY)
  const control = join(folder.path, 'small/DEBIAN/control')
  mkdirSync(join(folder.path, 'small/DEBIAN'), { recursive: true })
  writeFileSync(
    control,
    'Package: small\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n',
  )
  run('/usr/bin/dpkg-deb', '--build', join(folder.path, 'small'), join(folder.path, 'small.deb'))
  makeAptRepository(join(folder.path, 'apt'), [join(folder.path, 'small.deb')], { epoch: EPOCH, gpgKey: KEY })
  makeRpmRepository(join(folder.path, 'rpm'), [], { epoch: EPOCH, gpgKey: KEY })
})
afterAll(() => {
  // It has an agent of its own.
  if (missing === undefined) run('/usr/bin/gpgconf', '--kill', 'all')
  if (GNUPGHOME === undefined) delete process.env.GNUPGHOME
  else process.env.GNUPGHOME = GNUPGHOME
  folder[Symbol.dispose]()
})

const LISTS = [
  ['InRelease', 'apt/dists/stable/InRelease', undefined],
  ['Release', 'apt/dists/stable/Release.gpg', 'apt/dists/stable/Release'],
  ['repomd.xml', 'rpm/repodata/repomd.xml.asc', 'rpm/repodata/repomd.xml'],
] as const

function verify(signature: string, signed: string | undefined): void {
  const files = [signature, signed].flatMap((name) => (name === undefined ? [] : [join(folder.path, name)]))
  run('/usr/bin/gpgv', '--keyring', keyring, ...files)
}

whenPossible.each(LISTS)('%s is signed, and refused once a word of it is another', (_, signature, signed) => {
  expect(() => verify(signature, signed)).not.toThrow()
  const path = join(folder.path, signed ?? signature)
  const text = readFileSync(path, 'latin1')
  writeFileSync(path, text.replace(/Surety|revision/, 'other'), 'latin1')
  expect(() => verify(signature, signed)).toThrow('BAD signature')
})

whenPossible('a key that gpg does not have is refused', () => {
  const init = { epoch: EPOCH, gpgKey: 'nobody@example.org' }
  expect(() => makeRpmRepository(join(folder.path, 'other'), [], init)).toThrow('gpg has no key nobody@example.org')
  expect(() => makeAptRepository(join(folder.path, 'other'), [], init)).toThrow('gpg has no key nobody@example.org')
  expect(() => signRpms([join(folder.path, 'small.deb')], 'nobody@example.org')).toThrow('rpmsign')
})

/** With the key of a repository alone, as a machine has it. */
function verifyRpm(path: string, key: string) {
  const database = join(folder.path, 'rpm database')
  run('/usr/bin/rpmkeys', '--dbpath', database, '--import', key)
  return spawnSync('/usr/bin/rpmkeys', ['--dbpath', database, '--checksig', path], { encoding: 'utf8' })
}

whenPossible('an rpm is signed with the key beside the lists, and refused with another byte', () => {
  const spec = join(folder.path, 'small.spec')
  writeFileSync(spec, 'Name: small\nVersion: 1\nRelease: 1\nSummary: x\nLicense: MIT\n%description\nx\n%files\n')
  const built = join(folder.path, 'built')
  run('/usr/bin/rpmbuild', '-bb', '--target', 'noarch', '--define', `_topdir ${built}`, spec)
  const [name = ''] = readdirSync(join(built, 'RPMS/noarch'))
  const path = join(built, 'RPMS/noarch', name)
  const key = join(folder.path, 'rpm/surety.asc')
  expect(readFileSync(key, 'utf8')).toBe(readFileSync(join(folder.path, 'apt/surety.asc'), 'utf8'))
  expect(verifyRpm(path, key).stdout).not.toContain('signatures OK')
  signRpms([path], KEY)
  expect(verifyRpm(path, key)).toMatchObject({ status: 0, stdout: expect.stringContaining('digests signatures OK') })
  const bytes = readFileSync(path)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  writeFileSync(path, bytes)
  expect(verifyRpm(path, key).status).not.toBe(0)
})
