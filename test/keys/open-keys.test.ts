import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64Url } from '../../src/base/bytes.ts'
import { systemClock } from '../../src/base/clock.ts'
import { codeOf, type ErrorCode } from '../../src/base/errors.ts'
import { type OpenedKeys, type OpenKeysInit, openKeys } from '../../src/keys/open-keys.ts'
import { softwareKeyPath } from '../../src/keys/software/software-keys.ts'
import { keyFilePath } from '../../src/keys/tpm/key-file.ts'
import { startSwtpm, swtpmMissing } from '../support/swtpm.ts'

const NO_TPM = { device: '/nowhere/tpmrm0' }

async function open(stateFolder: string, init: Partial<OpenKeysInit>): Promise<OpenedKeys> {
  return await openKeys({ clock: systemClock }, { stateFolder, want: 'auto', tpm: NO_TPM, ...init })
}

async function inFolder(work: (stateFolder: string) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await work(join(folder.path, 'state'))
}

test('without TPM and token, software keys are chosen, and it is said why', () =>
  inFolder(async (stateFolder) => {
    const { provider, choices } = await open(stateFolder, {})
    await using _ = provider
    expect([provider.name, choices]).toEqual([
      'software',
      [
        { name: 'tpm', chosen: false, reason: expect.stringContaining('/nowhere/tpmrm0: ENOENT') },
        { name: 'pkcs11', chosen: false, reason: 'no PKCS#11 library is configured' },
        { name: 'software', chosen: true, reason: 'the best this machine can have' },
      ],
    ])
  }))

test('what is wanted is taken, and nothing better or worse', () =>
  inFolder(async (stateFolder) => {
    const { provider, choices } = await open(stateFolder, { want: 'software' })
    await using _ = provider
    expect(choices).toEqual([
      { name: 'tpm', chosen: false, reason: 'the configuration wants software' },
      { name: 'pkcs11', chosen: false, reason: 'the configuration wants software' },
      { name: 'software', chosen: true, reason: 'the configuration wants it' },
    ])
  }))

const REFUSED: readonly (readonly [string, Partial<OpenKeysInit>, ErrorCode])[] = [
  ['a TPM that is not there', { want: 'tpm' }, 'TPM_UNAVAILABLE'],
  ['a device that is a file', { want: 'tpm', tpm: { device: '/etc/hostname' } }, 'TPM_UNAVAILABLE'],
  ['a token that is not configured', { want: 'pkcs11' }, 'KEY_PROVIDER_UNAVAILABLE'],
  ['a simulator nowhere', { want: 'tpm', tpm: { simulator: 'swtpm' } }, 'CONFIG_INVALID'],
  ['a simulator by nonsense, even when anything would do', { tpm: { simulator: 'tcp:host:99999' } }, 'CONFIG_INVALID'],
]
test.each(REFUSED)('%s is refused', (_, init, code) =>
  inFolder(async (stateFolder) => {
    expect(await open(stateFolder, init).catch(codeOf)).toBe(code)
  }),
)

test('a device that was enrolled with a TPM never becomes software because the TPM is gone', () =>
  inFolder(async (stateFolder) => {
    await (await open(stateFolder, {})).provider[Symbol.asyncDispose]()
    await writeFile(keyFilePath(stateFolder), '{}', { mode: 0o600 })
    expect(await open(stateFolder, {}).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await open(stateFolder, { want: 'software' }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readdir(stateFolder)).toEqual(['tpm-keys.json'])
  }))

test('a damaged TPM key file is a fault, not a reason for software', () =>
  inFolder(async (stateFolder) => {
    await (await open(stateFolder, {})).provider[Symbol.asyncDispose]()
    await writeFile(keyFilePath(stateFolder), 'rubbish', { mode: 0o600 })
    const device = { simulator: 'unix:/nowhere/tpm' }
    expect(await open(stateFolder, { tpm: device }).catch(codeOf)).toBe('STORE_CORRUPT')
  }))

test('a folder with software keys stays with them, even when something better is wanted', () =>
  inFolder(async (stateFolder) => {
    {
      await using provider = (await open(stateFolder, {})).provider
      await provider.getOrCreateKey('device')
    }
    await using again = (await open(stateFolder, {})).provider
    expect([again.name, (await open(stateFolder, {})).choices.at(-1)?.reason]).toEqual([
      'software',
      'this device has them already',
    ])
    expect(await open(stateFolder, { want: 'tpm' }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readdir(stateFolder)).toEqual([softwareKeyPath('', 'device')])
  }))

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`with swtpm: ${missing}`, () => undefined)
const withSwtpm = missing === undefined ? test : test.skip
withSwtpm('a simulator is chosen before anything else, is never called hardware, and stays the only choice', () =>
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
          { name: 'tpm', chosen: true, reason: 'the best this machine can have' },
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

withSwtpm('software keys that nothing was enrolled with do not keep a device from the TPM that is there now', () =>
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
    // Something hangs on them, or they are wanted.
    expect(await keyOf(there)).toEqual(['software', first])
    expect(await keyOf({ ...there, unbound: true, want: 'software' })).toEqual(['software', first])
    const [kind, second] = await keyOf({ ...there, unbound: true })
    expect(kind).toBe('tpm')
    expect(await keyOf(there)).toEqual(['tpm', second])
    expect(await open(stateFolder, { unbound: true }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }),
)
