import { chmod, mkdtempDisposable, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, type ErrorCode } from '../../../src/base/errors.ts'
import { openSoftwareKeys, softwareKeyPath } from '../../../src/keys/software/software-keys.ts'
import { describeKeyProvider } from '../../contracts/key-provider.contract.ts'

describeKeyProvider('software', { open: async (stateFolder) => openSoftwareKeys({ stateFolder }) })

test('writes the private key as a PKCS#8 PEM that only its owner can read', async () => {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await using provider = openSoftwareKeys({ stateFolder: folder.path })
  await provider.getOrCreateKey('device')
  const path = softwareKeyPath(folder.path, 'device')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await readFile(path, 'utf8')).split('\n')[0]).toBe('-----BEGIN PRIVATE KEY-----')
})

/** A valid key on the wrong curve. */
async function p384Pem(): Promise<string> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify'])
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
}

/** The private half of one key, the public half of another: found by fuzzing. */
async function twoHalves(): Promise<string> {
  const make = async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    return Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  }
  const POINT = 64
  const mixed = Buffer.concat([(await make()).subarray(0, -POINT), (await make()).subarray(-POINT)])
  return `-----BEGIN PRIVATE KEY-----\n${mixed.toString('base64')}\n-----END PRIVATE KEY-----\n`
}

const REFUSED: readonly (readonly [string, () => Promise<string>, ErrorCode])[] = [
  ['an empty file', async () => '', 'STORE_CORRUPT'],
  ['half a file', async () => '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49', 'STORE_CORRUPT'],
  ['no key', async () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'STORE_CORRUPT'],
  ['a key on another curve', p384Pem, 'STORE_CORRUPT'],
  ['a private key with another public key', twoHalves, 'STORE_CORRUPT'],
  ['too large a file', async () => 'x'.repeat(5_000), 'FILE_TOO_LARGE'],
]

test.each(REFUSED)('refuses %s and leaves the file unchanged', async (_, contents, code) => {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  const path = softwareKeyPath(folder.path, 'device')
  const before = await contents()
  await writeFile(path, before, { mode: 0o600 })
  await using provider = openSoftwareKeys({ stateFolder: folder.path })
  expect(await provider.getOrCreateKey('device').catch(codeOf)).toBe(code)
  expect(await readFile(path, 'utf8')).toBe(before)
})

test('refuses a key that others can read: NOT_PERMITTED', async () => {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await using provider = openSoftwareKeys({ stateFolder: folder.path })
  await provider.getOrCreateKey('device')
  await chmod(softwareKeyPath(folder.path, 'device'), 0o640)
  await using second = openSoftwareKeys({ stateFolder: folder.path })
  expect(await second.getOrCreateKey('device').catch(codeOf)).toBe('NOT_PERMITTED')
})

test('does not follow a link: FILE_IS_LINK', async () => {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await symlink(join(folder.path, 'elsewhere'), softwareKeyPath(folder.path, 'device'))
  await using provider = openSoftwareKeys({ stateFolder: folder.path })
  expect(await provider.getOrCreateKey('device').catch(codeOf)).toBe('FILE_IS_LINK')
})
