import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toBase64Url, toHex } from '../../../src/base/bytes.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { importP256, verifyEs256 } from '../../../src/crypto/jws.ts'
import { createPrimary, HIERARCHY, startHmacSession } from '../../../src/keys/tpm/commands.ts'
import { keyFilePath } from '../../../src/keys/tpm/key-file.ts'
import { storageRoot } from '../../../src/keys/tpm/key-templates.ts'
import { startup } from '../../../src/keys/tpm/queries.ts'
import { tpmClient } from '../../../src/keys/tpm/tpm-client.ts'
import { simulatorTransport } from '../../../src/keys/tpm/transport/simulator-transport.ts'
import { describeKeyProvider } from '../../contracts/key-provider.contract.ts'
import { startSwtpm, swtpmMissing } from '../../support/tpm/swtpm.ts'
import { attestorOf, BINDING, bytesOf, keysOnSwtpm, MESSAGE, OPTIONS } from './keys-on-swtpm.ts'
import { CODE } from './transport/intercepted-transport.ts'

const missing = swtpmMissing()
if (missing !== undefined) test.skip(`TPM keys on swtpm: ${missing}`, () => undefined)
const suite = missing === undefined ? describe : describe.skip

suite('with swtpm', () => {
  const { open, inFolder, loadedNow, makeDevice, quoteCounters, simulator } = keysOnSwtpm()

  describeKeyProvider('tpm', { open: (stateFolder) => open(stateFolder) })

  test('leaves no transient object and no session after 10,000 signatures and a close', () =>
    inFolder(async (stateFolder) => {
      let verified = 0
      await using provider = await open(stateFolder, {})
      const key = await provider.getOrCreateKey('device')
      const publicKey = importP256(key.publicKey)
      for (let round = 0; round < 200; round++) {
        const messages = Array.from({ length: 50 }, (_, index) => new TextEncoder().encode(`${round} ${index}`))
        const signatures = await Promise.all(messages.map((message) => key.sign(message)))
        const [message, signature] = [messages[round % 50], signatures[round % 50]]
        if (message && signature && verifyEs256(message, signature, publicKey)) verified++
      }
      await provider[Symbol.asyncDispose]()
      expect([verified, await loadedNow()]).toEqual([200, []])
    }))

  test('flushes objects that a dead process left in a simulator', () =>
    inFolder(async (stateFolder) => {
      {
        await using transport = simulatorTransport(simulator())
        const client = tpmClient({ transport, clock: systemClock })
        await startup(client, OPTIONS)
        for (let i = 0; i < 3; i++) await createPrimary(client, HIERARCHY.owner, storageRoot, OPTIONS)
        await startHmacSession(client, OPTIONS)
      }
      expect(await loadedNow()).toHaveLength(4)
      await using provider = await open(stateFolder)
      await provider.getOrCreateKey('device')
      await provider[Symbol.asyncDispose]()
      expect(await loadedNow()).toEqual([])
    }))

  test('signs the same message once for two calls at once', () =>
    inFolder(async (stateFolder) => {
      const codes: number[] = []
      await using provider = await open(stateFolder, { command: (code) => codes.push(code) })
      const key = await provider.getOrCreateKey('device')
      const [first, second] = await Promise.all([key.sign(MESSAGE), key.sign(MESSAGE)])
      const third = await key.sign(MESSAGE)
      expect(second).toEqual(first)
      expect(third).not.toEqual(first)
      expect(codes.filter((code) => code === CODE.sign)).toHaveLength(2)
    }))

  test('refuses calls when the queue is full: TPM_BUSY', () =>
    inFolder(async (stateFolder) => {
      await using provider = await open(stateFolder)
      const key = await provider.getOrCreateKey('device')
      const many = Array.from({ length: 100 }, (_, index) =>
        key.sign(Uint8Array.of(index)).then(() => 'signed', codeOf),
      )
      expect(new Set(await Promise.all(many))).toEqual(new Set(['signed', 'TPM_BUSY']))
    }))

  describe('secrets', () => {
    test('writes the key file with mode 0600, and sends authorisation only to create a key', () =>
      inFolder(async (stateFolder) => {
        const seen: [number, Uint8Array][] = []
        await using provider = await open(stateFolder, { command: (code, bytes) => seen.push([code, bytes]) })
        const key = await provider.getOrCreateKey('device')
        await key.sign(MESSAGE)
        await attestorOf(provider).enrolmentClaim(BINDING)
        await attestorOf(provider).quote(BINDING, [0])
        expect((await stat(keyFilePath(stateFolder))).mode & 0o777).toBe(0o600)
        const { authorisation } = JSON.parse(await readFile(keyFilePath(stateFolder), 'utf8'))
        const secret = toHex(bytesOf(authorisation)).replace(/(00)+$/, '')
        const codes = seen.filter(([, bytes]) => toHex(bytes).includes(secret)).map(([code]) => code)
        expect(codes).toEqual([CODE.create, CODE.create])
      }))

    test('cannot sign without the authorisation: KEY_AUTHORISATION_FAILED', () =>
      inFolder(async (stateFolder) => {
        await makeDevice(stateFolder)
        await changeFile(stateFolder, (file) => ({ ...file, authorisation: toBase64Url(new Uint8Array(32).fill(1)) }))
        await using provider = await open(stateFolder)
        const key = await provider.getOrCreateKey('device')
        expect(await key.sign(MESSAGE).catch(codeOf)).toBe('KEY_AUTHORISATION_FAILED')
      }))

    test('refuses a response that was changed on the bus: KEY_AUTHORISATION_FAILED', () =>
      inFolder(async (stateFolder) => {
        const response = async (code: number, ask: () => Promise<Uint8Array>) => {
          const bytes = await ask()
          // Changes a byte of r.
          if (code === CODE.sign) bytes[24] = (bytes[24] ?? 0) ^ 1
          return bytes
        }
        await using provider = await open(stateFolder, { response })
        const key = await provider.getOrCreateKey('device')
        expect(await key.sign(MESSAGE).catch(codeOf)).toBe('KEY_AUTHORISATION_FAILED')
      }))
  })

  describe('identity', () => {
    test('refuses keys of another TPM and does not recreate them: TPM_IDENTITY_LOST', () =>
      inFolder(async (stateFolder) => {
        await makeDevice(stateFolder)
        const before = await readFile(keyFilePath(stateFolder))
        await using other = await startSwtpm({ folder: join(stateFolder, 'other'), ek: 'none' })
        expect(await open(stateFolder, {}, other.simulator).catch(codeOf)).toBe('TPM_IDENTITY_LOST')
        expect(await readFile(keyFilePath(stateFolder))).toEqual(before)
      }))

    test('loses the identity with TPM2_Clear: TPM_IDENTITY_LOST', () =>
      inFolder(async (stateFolder) => {
        await using cleared = await startSwtpm({ folder: join(stateFolder, 'cleared') })
        await makeDevice(stateFolder, cleared.simulator)
        await promisify(execFile)('tpm2_clear', ['-c', 'p'], { env: { ...process.env, TPM2TOOLS_TCTI: cleared.tcti } })
        expect(await open(stateFolder, {}, cleared.simulator).catch(codeOf)).toBe('TPM_IDENTITY_LOST')
      }))

    test('signs with the same key after a reset of the TPM, and reports the counters', () =>
      inFolder(async (stateFolder) => {
        const folder = join(stateFolder, 'reset')
        const before = await startSwtpm({ folder })
        await using provider = await open(stateFolder, {}, before.simulator)
        const key = await provider.getOrCreateKey('device')
        const first = await quoteCounters(provider)
        await before.stop()
        expect(await key.sign(MESSAGE).catch(codeOf)).toBe('TPM_UNAVAILABLE')
        await using _after = await startSwtpm({ folder })
        expect(verifyEs256(MESSAGE, await key.sign(MESSAGE), importP256(key.publicKey))).toBe(true)
        expect((await quoteCounters(provider)).resetCount).toBe(first.resetCount + 1)
      }))

    test('uses the storage root at 0x81000001 if the owner hierarchy has a password', () =>
      inFolder(async (stateFolder) => {
        await using owned = await startSwtpm({ folder: join(stateFolder, 'owned') })
        const tool = (name: string, ...args: string[]) =>
          promisify(execFile)(name, args, { cwd: stateFolder, env: { ...process.env, TPM2TOOLS_TCTI: owned.tcti } })
        await tool('tpm2_createprimary', '-C', 'o', '-G', 'rsa', '-c', 'srk.ctx')
        await tool('tpm2_evictcontrol', '-C', 'o', '-c', 'srk.ctx', '0x81000001')
        await tool('tpm2_flushcontext', '-t')
        await tool('tpm2_changeauth', '-c', 'owner', 'password')
        await using provider = await open(stateFolder, {}, owned.simulator)
        const key = await provider.getOrCreateKey('device')
        expect(verifyEs256(MESSAGE, await key.sign(MESSAGE), importP256(key.publicKey))).toBe(true)
      }))
  })
})

async function changeFile(stateFolder: string, change: (file: object) => object): Promise<void> {
  // Not hashed: this tests the answer of the TPM.
  const { digest: _, ...file } = JSON.parse(await readFile(keyFilePath(stateFolder), 'utf8'))
  await writeFile(keyFilePath(stateFolder), JSON.stringify(change(file)), { mode: 0o600 })
}
