import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { codeOf, type ErrorCode } from '../../src/base/errors.ts'
import { type OpenKeysInit, openKeys } from '../../src/keys/open-keys.ts'
import { keyFilePath } from '../../src/keys/tpm/key-file.ts'
import { DEFAULT_PATHS } from '../../src/system/platform/default-paths.ts'
import { FakeCng, SOFTWARE } from './cng/fake-cng.ts'
import { FakeTbs } from './tpm/transport/fake-tbs.ts'

/** How keys are chosen on Windows and macOS, by fakes of their parts. */

const TPM_NOT_FOUND = 0x8028400f

async function onWindows(
  stateFolder: string,
  { tbs = TPM_NOT_FOUND, cng = new FakeCng() }: { tbs?: number; cng?: FakeCng },
  init: Partial<OpenKeysInit> = {},
) {
  const service = new FakeTbs()
  service.opens.push(tbs)
  const windows = {
    tbsOpen: () => service.tbsOpen(),
    tbsSubmit: (context: object, command: Uint8Array) => service.tbsSubmit(context, command),
    tbsEventLog: (context: object) => service.tbsEventLog(context),
    tbsOwnerAuthorisation: (context: object, type: number) => service.tbsOwnerAuthorisation(context, type),
    tbsCancel: (context: object) => service.tbsCancel(context),
    tbsClose: (context: object) => service.tbsClose(context),
    cngImplementation: () => cng.cngImplementation(),
    cngPublicKey: (name: string, create: boolean) => cng.cngPublicKey(name, create),
    cngSign: (name: string, digest: Uint8Array) => cng.cngSign(name, digest),
  }
  const kinds = DEFAULT_PATHS.windows.keyKinds
  return await openKeys(
    { clock: systemClock, windows },
    { stateFolder, want: 'auto', tpm: { device: 'tbs' }, kinds, ...init },
  )
}

async function inFolder(work: (stateFolder: string) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable('/tmp/surety-keys-')
  await work(join(folder.path, 'state'))
}

test('Windows without TPM Base Services has keys by CNG, and reports what they lack', () =>
  inFolder(async (stateFolder) => {
    const { provider, choices } = await onWindows(stateFolder, {})
    await using _ = provider
    expect([provider.name, provider.attestor, choices]).toEqual([
      'cng',
      undefined,
      [
        { name: 'tpm', chosen: false, reason: expect.stringContaining('TBS_E_TPM_NOT_FOUND') },
        { name: 'pkcs11', chosen: false, reason: 'no PKCS#11 library is configured' },
        { name: 'cng', chosen: true, reason: expect.stringContaining('nothing proves it to the directory') },
        { name: 'software', chosen: false, reason: 'cng is better' },
      ],
    ])
  }))

test('Windows without any hardware has software keys', () =>
  inFolder(async (stateFolder) => {
    const cng = new FakeCng()
    cng.implementation = SOFTWARE
    const { provider, choices } = await onWindows(stateFolder, { cng })
    await using _ = provider
    expect([provider.name, choices.find(({ name }) => name === 'cng')?.reason]).toEqual([
      'software',
      'Platform Crypto Provider: it is not in hardware',
    ])
  }))

test.each<[string, number, ErrorCode]>([
  ['is starting', 0x8028400b, 'TPM_BUSY'],
  ['cannot be started', 0x80284008, 'TPM_BUSY'],
  ['has too many contexts', 0x80284009, 'TPM_BUSY'],
  ['has locked itself', 0x80280803, 'TPM_LOCKED_OUT'],
  ['answers what nothing documents', 0x80290000, 'TPM_COMMAND_FAILED'],
])('a TPM that %s never leads to weaker keys', (_, tbs, code) =>
  inFolder(async (stateFolder) => {
    expect(await onWindows(stateFolder, { tbs }).catch(codeOf)).toBe(code)
    expect(await readdir(stateFolder)).toEqual([])
  }),
)

test('keys by CNG are kept to: neither a TPM nor software takes their place', () =>
  inFolder(async (stateFolder) => {
    const cng = new FakeCng()
    {
      await using provider = (await onWindows(stateFolder, { cng })).provider
      await provider.getOrCreateKey('device')
    }
    await using again = (await onWindows(stateFolder, { cng })).provider
    expect(again.name).toBe('cng')
    cng.implementation = 0x80090030
    expect(await onWindows(stateFolder, { cng }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await onWindows(stateFolder, { cng }, { want: 'software' }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }))

test('keys of a TPM are not replaced when TPM Base Services has none any more', () =>
  inFolder(async (stateFolder) => {
    await (await onWindows(stateFolder, {})).provider[Symbol.asyncDispose]()
    await writeFile(keyFilePath(stateFolder), '{}', { mode: 0o600 })
    expect(await onWindows(stateFolder, {}).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readdir(stateFolder)).toEqual(['tpm-keys.json'])
  }))

test.each<[keyof typeof DEFAULT_PATHS, 'cng' | 'secure-enclave']>([
  ['linux', 'cng'],
  ['linux', 'secure-enclave'],
  ['darwin', 'cng'],
  ['windows', 'secure-enclave'],
])('%s has no %s keys', (system, want) =>
  inFolder(async (stateFolder) => {
    const kinds = DEFAULT_PATHS[system].keyKinds
    const opening = openKeys({ clock: systemClock }, { stateFolder, want, tpm: {}, kinds })
    await expect(opening).rejects.toMatchObject({
      code: 'KEY_PROVIDER_UNAVAILABLE',
      message: `this system has no ${want} keys`,
    })
  }),
)

test('a Mac without its Secure Enclave helper has software keys, and reports it', () =>
  inFolder(async (stateFolder) => {
    const kinds = DEFAULT_PATHS.darwin.keyKinds
    const init = { stateFolder, want: 'auto', tpm: { device: '/nowhere/tpm' }, kinds } as const
    const { provider, choices } = await openKeys({ clock: systemClock }, init)
    await using _ = provider
    expect([provider.name, choices.find(({ name }) => name === 'secure-enclave')]).toEqual([
      'software',
      { name: 'secure-enclave', chosen: false, reason: 'there is no helper for the Secure Enclave' },
    ])
  }))
