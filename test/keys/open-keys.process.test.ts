import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64Url } from '../../src/base/bytes.ts'
import { systemClock } from '../../src/base/clock.ts'
import { codeOf, type ErrorCode } from '../../src/base/errors.ts'
import { type OpenedKeys, type OpenKeysInit, openKeys } from '../../src/keys/open-keys.ts'
import { softwareKeyPath } from '../../src/keys/software/software-keys.ts'
import { keyFilePath } from '../../src/keys/tpm/key-file.ts'
import { startSwtpm, swtpmMissing } from '../support/tpm/swtpm.ts'

const NO_TPM = { device: '/nowhere/tpmrm0' }

async function open(stateFolder: string, init: Partial<OpenKeysInit>): Promise<OpenedKeys> {
  return await openKeys({ clock: systemClock }, { stateFolder, want: 'auto', tpm: NO_TPM, ...init })
}

async function inFolder(work: (stateFolder: string) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await work(join(folder.path, 'state'))
}

test('chooses software keys without a TPM or token, and says why', () =>
  inFolder(async (stateFolder) => {
    const { provider, choices } = await open(stateFolder, {})
    await using _ = provider
    expect([provider.name, choices]).toEqual([
      'software',
      [
        { name: 'tpm', chosen: false, reason: expect.stringContaining('/nowhere/tpmrm0: ENOENT') },
        { name: 'pkcs11', chosen: false, reason: 'no PKCS#11 library is configured' },
        { name: 'software', chosen: true, reason: 'the best that this machine has' },
      ],
    ])
  }))

test('takes the configured kind and no other', () =>
  inFolder(async (stateFolder) => {
    const { provider, choices } = await open(stateFolder, { want: 'software' })
    await using _ = provider
    expect(choices).toEqual([
      { name: 'tpm', chosen: false, reason: 'the configuration says software' },
      { name: 'pkcs11', chosen: false, reason: 'the configuration says software' },
      { name: 'software', chosen: true, reason: 'the configuration asks for it' },
    ])
  }))

const REFUSED: readonly (readonly [string, Partial<OpenKeysInit>, ErrorCode])[] = [
  ['a missing TPM', { want: 'tpm' }, 'TPM_UNAVAILABLE'],
  ['a file instead of a device', { want: 'tpm', tpm: { device: '/etc/hostname' } }, 'TPM_UNAVAILABLE'],
  ['a token without configuration', { want: 'pkcs11' }, 'KEY_PROVIDER_UNAVAILABLE'],
  ['a simulator nowhere', { want: 'tpm', tpm: { simulator: 'swtpm' } }, 'CONFIG_INVALID'],
  ['a bad simulator address, even if any kind will do', { tpm: { simulator: 'tcp:host:99999' } }, 'CONFIG_INVALID'],
]
test.each(REFUSED)('%s is refused', (_, init, code) =>
  inFolder(async (stateFolder) => {
    expect(await open(stateFolder, init).catch(codeOf)).toBe(code)
  }),
)

test('never falls back to software when the TPM of the keys is gone', () =>
  inFolder(async (stateFolder) => {
    await (await open(stateFolder, {})).provider[Symbol.asyncDispose]()
    await writeFile(keyFilePath(stateFolder), '{}', { mode: 0o600 })
    expect(await open(stateFolder, {}).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await open(stateFolder, { want: 'software' }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readdir(stateFolder)).toEqual(['tpm-keys.json'])
  }))

test('throws for a damaged TPM key file instead of falling back to software', () =>
  inFolder(async (stateFolder) => {
    await (await open(stateFolder, {})).provider[Symbol.asyncDispose]()
    await writeFile(keyFilePath(stateFolder), 'rubbish', { mode: 0o600 })
    const device = { simulator: 'unix:/nowhere/tpm' }
    expect(await open(stateFolder, { tpm: device }).catch(codeOf)).toBe('STORE_CORRUPT')
  }))

test('keeps to the software keys in a folder, even if better ones are wanted', () =>
  inFolder(async (stateFolder) => {
    {
      await using provider = (await open(stateFolder, {})).provider
      await provider.getOrCreateKey('device')
    }
    await using again = (await open(stateFolder, {})).provider
    expect([again.name, (await open(stateFolder, {})).choices.at(-1)?.reason]).toEqual([
      'software',
      'this device already has them',
    ])
    expect(await open(stateFolder, { want: 'tpm' }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readdir(stateFolder)).toEqual([softwareKeyPath('', 'device')])
  }))

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`with swtpm: ${missing}`, () => undefined)
const withSwtpm = missing === undefined ? test : test.skip
withSwtpm('prefers a simulator, never calls it hardware, and keeps to it', () =>
  inFolder(async (folder) => {
    const stateFolder = join(folder, 'keys')
    await using tpm = await startSwtpm({ folder: join(folder, 'tpm') })
    {
      const { provider, choices } = await open(stateFolder, { tpm: { simulator: tpm.simulator } })
      await using _ = provider
      expect([provider.name, provider.hardwareBacked, choices]).toEqual([
        'tpm',
        false,
        [
          { name: 'tpm', chosen: true, reason: 'the best that this machine has' },
          { name: 'pkcs11', chosen: false, reason: 'tpm is better' },
          { name: 'software', chosen: false, reason: 'tpm is better' },
        ],
      ])
    }
    await tpm.stop()
    const gone = open(stateFolder, { tpm: { simulator: tpm.simulator } })
    expect(await gone.catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }),
)

withSwtpm('replaces unused software keys with a TPM that appeared later', () =>
  inFolder(async (folder) => {
    const stateFolder = join(folder, 'keys')
    const keyOf = async (init: Partial<OpenKeysInit>) => {
      const { provider } = await open(stateFolder, init)
      await using _ = provider
      return [provider.name, toBase64Url((await provider.getOrCreateKey('device')).publicKey)]
    }
    const [, first] = await keyOf({ unbound: true })
    expect(await keyOf({ unbound: true })).toEqual(['software', first])
    await using tpm = await startSwtpm({ folder: join(folder, 'tpm') })
    const there = { tpm: { simulator: tpm.simulator } }
    // An identity uses them, or the configuration asks for it.
    expect(await keyOf(there)).toEqual(['software', first])
    expect(await keyOf({ ...there, unbound: true, want: 'software' })).toEqual(['software', first])
    const [kind, second] = await keyOf({ ...there, unbound: true })
    expect(kind).toBe('tpm')
    expect(await keyOf(there)).toEqual(['tpm', second])
    expect(await open(stateFolder, { unbound: true }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }),
)
