import { mkdir, mkdtempDisposable, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, type ErrorCode } from '../../../src/base/errors.ts'
import { enclaveRecordPath } from '../../../src/keys/secure-enclave/enclave-record.ts'
import { openEnclaveKeys } from '../../../src/keys/secure-enclave/secure-enclave-keys.ts'
import { describeKeyProvider } from '../../contracts/key-provider.contract.ts'

/** The protocol and the decisions, with a helper in Node. The helper of macOS and the Secure Enclave were never run. */

const HELPER = join(import.meta.dirname, 'fake-helper.mjs')
const MESSAGE = new TextEncoder().encode('evidence')

interface Mac {
  readonly stateFolder: string
  readonly enclave: string
  open(fault?: string, init?: { renew?: boolean; answerTimeoutMs?: number }): ReturnType<typeof openEnclaveKeys>
}

async function onMac(work: (mac: Mac) => Promise<void>): Promise<void> {
  await using folder = await mkdtempDisposable('/tmp/surety-enclave-')
  const [stateFolder, enclave] = [join(folder.path, 'state'), join(folder.path, 'enclave')]
  await Promise.all([stateFolder, enclave].map((path) => mkdir(path, { mode: 0o700 })))
  await work({ stateFolder, enclave, open: (fault, init) => openFolder(stateFolder, enclave, fault, init) })
}

function openFolder(
  stateFolder: string,
  enclave: string,
  fault = 'none',
  { renew = false, answerTimeoutMs = 20_000 }: { renew?: boolean; answerTimeoutMs?: number } = {},
) {
  const helper = { path: process.execPath, args: [HELPER, enclave, fault], answerTimeoutMs }
  return openEnclaveKeys(helper, { stateFolder, renew })
}

describe('with a helper', () => {
  let enclave: Awaited<ReturnType<typeof mkdtempDisposable>>
  beforeAll(async () => {
    enclave = await mkdtempDisposable('/tmp/surety-enclave-')
  })
  afterAll(() => enclave.remove())
  describeKeyProvider('secure-enclave', { open: (stateFolder) => openFolder(stateFolder, enclave.path) })
})

test.each<[string, ErrorCode]>([
  ['no-enclave', 'KEY_PROVIDER_UNAVAILABLE'],
  ['old-version', 'KEY_MALFORMED'],
  ['another-id', 'KEY_MALFORMED'],
  ['no-json', 'KEY_MALFORMED'],
  ['empty', 'KEY_MALFORMED'],
  ['long', 'KEY_MALFORMED'],
  ['half-a-line', 'KEY_PROVIDER_UNAVAILABLE'],
  ['ends', 'KEY_PROVIDER_UNAVAILABLE'],
])('a helper with the fault %s is refused, and nothing is written', (fault, code) =>
  onMac(async ({ stateFolder, open }) => {
    expect(await open(fault).catch(codeOf)).toBe(code)
    expect(await readdir(stateFolder)).toEqual([])
  }),
)

test.each<[string, ErrorCode]>([
  ['failed', 'KEY_PROVIDER_UNAVAILABLE'],
  ['another-answer', 'KEY_MALFORMED'],
  ['short-signature', 'KEY_MALFORMED'],
  ['wrong-signature', 'KEY_MALFORMED'],
  ['locked', 'KEY_AUTHORISATION_FAILED'],
])('a new key is refused with the fault %s, and nothing is written', (fault, code) =>
  onMac(async ({ stateFolder, open }) => {
    await using provider = await open(fault)
    expect(await provider.getOrCreateKey('device').catch(codeOf)).toBe(code)
    expect(await readdir(stateFolder)).toEqual([])
  }),
)

test('a helper that does not answer is given up', () =>
  onMac(async ({ open }) => {
    expect(await open('silent', { answerTimeoutMs: 50 }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }))

test.each(['/nowhere/helper', 'helper'])('the helper %s cannot be run', (path) =>
  onMac(async ({ stateFolder }) => {
    expect(await openEnclaveKeys({ path }, { stateFolder }).catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
  }),
)

test('a helper that has ended is started again for the next signature', () =>
  onMac(async ({ open }) => {
    const made = await open()
    await made.getOrCreateKey('device')
    await made[Symbol.asyncDispose]()
    await using provider = await open('ends-once')
    expect(await provider.getOrCreateKey('device').catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    const key = await provider.getOrCreateKey('device')
    expect(await key.sign(MESSAGE)).toHaveLength(64)
  }))

test('a key of another Mac is neither used nor replaced: KEY_PROVIDER_UNAVAILABLE', () =>
  onMac(async ({ stateFolder, enclave, open }) => {
    const made = await open()
    await made.getOrCreateKey('device')
    await made[Symbol.asyncDispose]()
    const before = await readFile(enclaveRecordPath(stateFolder))
    await rm(enclave, { recursive: true })
    await mkdir(enclave)
    await using provider = await open()
    expect(await provider.getOrCreateKey('device').catch(codeOf)).toBe('KEY_PROVIDER_UNAVAILABLE')
    expect(await readFile(enclaveRecordPath(stateFolder))).toEqual(before)
    await using renewed = await open('none', { renew: true })
    expect(await (await renewed.getOrCreateKey('device')).sign(MESSAGE)).toHaveLength(64)
  }))

test.each(['', '{}', '{"version":1,"keys":{"device":{"public":"AA"}}}'])(
  'a record of %j is refused: STORE_CORRUPT',
  (text) =>
    onMac(async ({ stateFolder, open }) => {
      await writeFile(enclaveRecordPath(stateFolder), text, { mode: 0o600 })
      expect(await open().catch(codeOf)).toBe('STORE_CORRUPT')
    }),
)

test('an abort ends a request, and the key stays usable', () =>
  onMac(async ({ open }) => {
    await using provider = await open()
    const key = await provider.getOrCreateKey('device')
    const giveUp = new AbortController()
    const signature = key.sign(MESSAGE, { signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(signature).rejects.toThrow('enough')
    expect(await key.sign(MESSAGE)).toHaveLength(64)
  }))
