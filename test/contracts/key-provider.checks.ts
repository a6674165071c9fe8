import { deepEqual, equal, notDeepEqual, rejects } from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../../src/base/errors.ts'
import type { KeyProvider } from '../../src/keys/provider/key-provider.ts'

/** What every provider of keys keeps to. Free of Jest, so that Node for Windows can run it under Wine. */

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const MESSAGE = new TextEncoder().encode('evidence')

export interface KeyProviderUnderTest {
  /** Opens the provider on a state folder. The same folder is the same device. */
  open(stateFolder: string): Promise<KeyProvider>
}

export interface KeyProviderCheck {
  readonly name: string
  /** Rejects if the provider breaks the contract. */
  run(underTest: KeyProviderUnderTest): Promise<void>
}

/** WebCrypto is the oracle, so that no provider checks itself. */
async function verifies(publicKey: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, message: Uint8Array) {
  const key = await crypto.subtle.importKey('spki', publicKey, P256, false, ['verify'])
  return await crypto.subtle.verify(P256, key, signature, new Uint8Array(message))
}

function check(
  name: string,
  work: (provider: KeyProvider, open: () => Promise<KeyProvider>) => Promise<void>,
): KeyProviderCheck {
  return {
    name,
    async run(underTest) {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'surety-keys-'))
      await using provider = await underTest.open(folder.path)
      await work(provider, () => underTest.open(folder.path))
    },
  }
}

export const KEY_PROVIDER_CHECKS: readonly KeyProviderCheck[] = [
  check('makes signatures of 64 bytes that verify with the public key, for one message', async (provider) => {
    const key = await provider.getOrCreateKey('device')
    for (const message of [MESSAGE, new Uint8Array(), new Uint8Array(1_000_000).fill(7)]) {
      const signature = await key.sign(message)
      deepEqual(
        [
          signature.length,
          await verifies(key.publicKey, signature, message),
          await verifies(key.publicKey, signature, new Uint8Array([...message, 0])),
        ],
        [64, true, false],
      )
    }
  }),

  check('returns the same key for a label, and another for another label', async (provider) => {
    const [first, again] = await Promise.all([provider.getOrCreateKey('one'), provider.getOrCreateKey('one')])
    const other = await provider.getOrCreateKey('two')
    deepEqual(again.publicKey, first.publicKey)
    notDeepEqual(other.publicKey, first.publicKey)
  }),

  check('returns the same key for a label after a restart', async (provider, open) => {
    const { publicKey } = await provider.getOrCreateKey('device')
    await provider[Symbol.asyncDispose]()
    await using reopened = await open()
    const key = await reopened.getOrCreateKey('device')
    deepEqual(key.publicKey, publicKey)
    equal(await verifies(publicKey, await key.sign(MESSAGE), MESSAGE), true)
  }),

  check('makes many valid signatures at once', async (provider) => {
    const key = await provider.getOrCreateKey('device')
    const messages = Array.from({ length: 40 }, (_, index) => new TextEncoder().encode(`evidence ${index % 30}`))
    const signatures = await Promise.all(messages.map((message) => key.sign(message)))
    const verdicts = await Promise.all(
      signatures.map((signature, index) => verifies(key.publicKey, signature, messages[index] ?? MESSAGE)),
    )
    deepEqual(
      verdicts,
      messages.map(() => true),
    )
  }),

  check('rejects an aborted call with its reason, and keeps the key usable', async (provider) => {
    const key = await provider.getOrCreateKey('device')
    const reason = new Error('enough')
    const isReason = (error: unknown) => error === reason
    await rejects(key.sign(MESSAGE, { signal: AbortSignal.abort(reason) }), isReason)
    await rejects(provider.getOrCreateKey('device', { signal: AbortSignal.abort(reason) }), isReason)
    equal(await verifies(key.publicKey, await key.sign(MESSAGE), MESSAGE), true)
  }),

  check('makes and uses no keys after it was closed: KEY_CLOSED', async (provider) => {
    const key = await provider.getOrCreateKey('device')
    await provider[Symbol.asyncDispose]()
    const refusals = [key.sign(MESSAGE), provider.getOrCreateKey('device')]
    deepEqual(await Promise.all(refusals.map((refusal) => refusal.catch(codeOf))), ['KEY_CLOSED', 'KEY_CLOSED'])
  }),

  ...['', '../device', 'Device', 'a'.repeat(65)].map((label) =>
    check(`refuses the label ${JSON.stringify(label)}`, async (provider) => {
      await rejects(async () => await provider.getOrCreateKey(label), TypeError)
    }),
  ),
]
