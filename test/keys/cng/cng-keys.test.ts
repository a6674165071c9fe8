import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { codeOf, type ErrorCode } from '../../../src/base/errors.ts'
import { openCngKeys } from '../../../src/keys/cng/cng-keys.ts'
import { cngRecordPath } from '../../../src/keys/cng/cng-record.ts'
import { describeKeyProvider } from '../../contracts/key-provider.contract.ts'
import { FakeCng, SOFTWARE } from './fake-cng.ts'

/** The decisions of the provider. That real Windows answers as the fake does was never seen. */

const MACHINE = new FakeCng()
describeKeyProvider('cng', { open: (stateFolder) => openCngKeys({ addon: MACHINE }, { stateFolder }) })

async function inFolder(work: (stateFolder: string, addon: FakeCng) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await work(folder.path, new FakeCng())
}

async function makeDevice(addon: FakeCng, stateFolder: string): Promise<string> {
  await using provider = await openCngKeys({ addon }, { stateFolder })
  const { publicKey } = await provider.getOrCreateKey('device')
  return Buffer.from(publicKey).toString('hex')
}

test.each<[string, Uint8Array | number, ErrorCode]>([
  ['a provider in software', SOFTWARE, 'KEY_PROVIDER_UNAVAILABLE'],
  ['a provider that says nothing', new Uint8Array(), 'KEY_PROVIDER_UNAVAILABLE'],
  ['a provider that says too much', new Uint8Array(5).fill(1), 'KEY_PROVIDER_UNAVAILABLE'],
  ['NTE_NOT_SUPPORTED', 0x80090029, 'KEY_PROVIDER_UNAVAILABLE'],
  ['NTE_PROV_DLL_NOT_FOUND', 0x8009001e, 'KEY_PROVIDER_UNAVAILABLE'],
  ['NTE_DEVICE_NOT_READY', 0x80090030, 'KEY_PROVIDER_UNAVAILABLE'],
  ['NTE_DEVICE_NOT_FOUND', 0x80090035, 'KEY_PROVIDER_UNAVAILABLE'],
  ['E_ACCESSDENIED', 0x80070005, 'KEY_AUTHORISATION_FAILED'],
  ['TPM_20_E_LOCKOUT', 0x80280921, 'TPM_LOCKED_OUT'],
  ['TBS_E_TPM_NOT_FOUND', 0x8028400f, 'TPM_UNAVAILABLE'],
  ['a result that nothing documents', 0x1234, 'KEY_PROVIDER_UNAVAILABLE'],
])('%s is refused, and nothing is written', (_, implementation, code) =>
  inFolder(async (stateFolder, addon) => {
    addon.implementation = implementation
    expect(await openCngKeys({ addon }, { stateFolder }).catch(codeOf)).toBe(code)
    expect(await readdir(stateFolder)).toEqual([])
  }),
)

const OTHER_CURVE = Uint8Array.of(...Buffer.from('4543533330000000', 'hex'), ...new Uint8Array(96))
test.each<[string, readonly (Uint8Array | number)[], ErrorCode]>([
  ['no public key', [new Uint8Array()], 'KEY_MALFORMED'],
  ['a public key on another curve', [OTHER_CURVE], 'KEY_MALFORMED'],
  [
    'a point that is on no curve',
    [Uint8Array.of(...Buffer.from('4543533120000000', 'hex'), ...new Uint8Array(64).fill(1))],
    'KEY_MALFORMED',
  ],
  ['no signature', [validBlob(), new Uint8Array()], 'KEY_MALFORMED'],
  ['a signature that does not verify', [validBlob(), new Uint8Array(64).fill(1)], 'KEY_MALFORMED'],
  ['NTE_PERM', [0x80090010], 'KEY_AUTHORISATION_FAILED'],
])('a new key with %s is refused, and nothing is written', (_, answers, code) =>
  inFolder(async (stateFolder, addon) => {
    await using provider = await openCngKeys({ addon }, { stateFolder })
    addon.answers.push(...answers)
    expect(await provider.getOrCreateKey('device').catch(codeOf)).toBe(code)
    expect(await readdir(stateFolder)).toEqual([])
  }),
)

function validBlob(): Uint8Array {
  const point =
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'
  return new Uint8Array(Buffer.from(`4543533120000000${point}`, 'hex'))
}

test('a lost key is not made again: KEY_PROVIDER_UNAVAILABLE', () =>
  inFolder(async (stateFolder, addon) => {
    await makeDevice(addon, stateFolder)
    const before = await readFile(cngRecordPath(stateFolder))
    addon.keys.clear()
    expect(await makeDevice(addon, stateFolder).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readFile(cngRecordPath(stateFolder))).toEqual(before)
  }))

test('another key of the same name is not used: KEY_PROVIDER_UNAVAILABLE', () =>
  inFolder(async (stateFolder, addon) => {
    await makeDevice(addon, stateFolder)
    const [name = ''] = addon.keys.keys()
    addon.keys.clear()
    await addon.cngPublicKey(name, true)
    expect(await makeDevice(addon, stateFolder).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }))

test('a new enrolment replaces a lost key, and keeps one that is there', () =>
  inFolder(async (stateFolder, addon) => {
    const first = await makeDevice(addon, stateFolder)
    const renewed = async () => {
      await using provider = await openCngKeys({ addon }, { stateFolder, renew: true })
      return Buffer.from((await provider.getOrCreateKey('device')).publicKey).toString('hex')
    }
    expect(await renewed()).toBe(first)
    addon.keys.clear()
    const second = await renewed()
    expect(second).not.toBe(first)
    expect(await makeDevice(addon, stateFolder)).toBe(second)
  }))

test('two state folders of one machine have keys of their own', () =>
  inFolder(async (one, addon) =>
    inFolder(async (two) => {
      expect(await makeDevice(addon, one)).not.toBe(await makeDevice(addon, two))
    }),
  ))

test.each(['', '{}', '{"version":2,"keys":{}}', '{"version":1,"keys":{"device":{"name":"other","public":"AA"}}}'])(
  'a record of %j is refused: STORE_CORRUPT',
  (text) =>
    inFolder(async (stateFolder, addon) => {
      await writeFile(cngRecordPath(stateFolder), text, { mode: 0o600 })
      expect(await openCngKeys({ addon }, { stateFolder }).catch(codeOf)).toBe('STORE_CORRUPT')
    }),
)

test('a TPM that locks up while it signs is said', () =>
  inFolder(async (stateFolder, addon) => {
    await using provider = await openCngKeys({ addon }, { stateFolder })
    const key = await provider.getOrCreateKey('device')
    addon.answers.push(0x80280921)
    expect(await key.sign(new Uint8Array()).catch(codeOf)).toBe('TPM_LOCKED_OUT')
    expect(await key.sign(new Uint8Array())).toHaveLength(64)
  }))
