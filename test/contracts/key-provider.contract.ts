import { chmod, mkdtempDisposable } from 'node:fs/promises'
import { codeOf } from '../../src/base/errors.ts'
import type { KeyProvider } from '../../src/keys/provider/key-provider.ts'

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const MESSAGE = new TextEncoder().encode('evidence')

export interface KeyProviderUnderTest {
  /** Opens the provider on a state folder. The same folder is the same device. */
  open(stateFolder: string): Promise<KeyProvider>
}

/** WebCrypto is the oracle, so that no provider checks itself. */
async function verifies(publicKey: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, message: Uint8Array) {
  const key = await crypto.subtle.importKey('spki', publicKey, P256, false, ['verify'])
  return await crypto.subtle.verify(P256, key, signature, new Uint8Array(message))
}

/** The contract of every provider. */
export function describeKeyProvider(name: string, underTest: KeyProviderUnderTest): void {
  describe(`${name} keeps the KeyProvider contract`, () => {
    const inFolder = async (work: (provider: KeyProvider, stateFolder: string) => Promise<void>) => {
      await using folder = await mkdtempDisposable('/tmp/surety-keys-')
      await using provider = await underTest.open(folder.path)
      await work(provider, folder.path)
    }

    test('makes signatures of 64 bytes that verify with the public key, for the message only', () =>
      inFolder(async (provider) => {
        const key = await provider.getOrCreateKey('device')
        for (const message of [MESSAGE, new Uint8Array(), new Uint8Array(1_000_000).fill(7)]) {
          const signature = await key.sign(message)
          expect([
            signature.length,
            await verifies(key.publicKey, signature, message),
            await verifies(key.publicKey, signature, new Uint8Array([...message, 0])),
          ]).toEqual([64, true, false])
        }
      }))

    test('returns the same key for a label, and another for another label', () =>
      inFolder(async (provider) => {
        const [first, again] = await Promise.all([provider.getOrCreateKey('one'), provider.getOrCreateKey('one')])
        const other = await provider.getOrCreateKey('two')
        expect(again.publicKey).toEqual(first.publicKey)
        expect(other.publicKey).not.toEqual(first.publicKey)
      }))

    test('returns the same key for a label after a restart', () =>
      inFolder(async (provider, stateFolder) => {
        const { publicKey } = await provider.getOrCreateKey('device')
        await provider[Symbol.asyncDispose]()
        await using reopened = await underTest.open(stateFolder)
        const key = await reopened.getOrCreateKey('device')
        expect(key.publicKey).toEqual(publicKey)
        expect(await verifies(publicKey, await key.sign(MESSAGE), MESSAGE)).toBe(true)
      }))

    test('makes many valid signatures at once', () =>
      inFolder(async (provider) => {
        const key = await provider.getOrCreateKey('device')
        const messages = Array.from({ length: 40 }, (_, index) => new TextEncoder().encode(`evidence ${index % 30}`))
        const signatures = await Promise.all(messages.map((message) => key.sign(message)))
        const verdicts = await Promise.all(
          signatures.map((signature, index) => verifies(key.publicKey, signature, messages[index] ?? MESSAGE)),
        )
        expect(verdicts).toEqual(messages.map(() => true))
      }))

    test('rejects an aborted call with its reason, and keeps the key usable', () =>
      inFolder(async (provider) => {
        const key = await provider.getOrCreateKey('device')
        const reason = new Error('enough')
        await expect(key.sign(MESSAGE, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
        await expect(provider.getOrCreateKey('device', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
        expect(await verifies(key.publicKey, await key.sign(MESSAGE), MESSAGE)).toBe(true)
      }))

    test('makes and uses no keys after it was closed: KEY_CLOSED', () =>
      inFolder(async (provider) => {
        const key = await provider.getOrCreateKey('device')
        await provider[Symbol.asyncDispose]()
        const refusals = [key.sign(MESSAGE), provider.getOrCreateKey('device')]
        expect(await Promise.all(refusals.map((refusal) => refusal.catch(codeOf)))).toEqual([
          'KEY_CLOSED',
          'KEY_CLOSED',
        ])
      }))

    test.each(['', '../device', 'Device', 'a'.repeat(65)])('the label %j is refused', (label) =>
      inFolder(async (provider) => {
        await expect(async () => await provider.getOrCreateKey(label)).rejects.toThrow(TypeError)
      }),
    )

    test('refuses a folder that others may write: STORE_FAILED', async () => {
      await using folder = await mkdtempDisposable('/tmp/surety-keys-')
      await chmod(folder.path, 0o777)
      expect(await underTest.open(folder.path).catch(codeOf)).toBe('STORE_FAILED')
    })
  })
}
