import { join } from 'node:path'
import type { Crypto } from '@peculiar/webcrypto'
import { type Bytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { requirePrivateFolder } from '../../system/files/own/private-folder.ts'
import { type DeviceKey, type KeyProvider, requireLabel } from '../provider/key-provider.ts'

/** Keys in files, for machines without a TPM or token. A copy of the file is a copy of the device. */

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const MAX_PEM_BYTES = 4_096
const PROBE = new Uint8Array(32)

export function softwareKeyPath(stateFolder: string, label: string): string {
  return join(stateFolder, `software-key-${label}.pem`)
}

/** @throws `STORE_FAILED` when others may write to the folder. */
export function openSoftwareKeys(init: { stateFolder: string }): KeyProvider {
  requirePrivateFolder(init.stateFolder)
  const keys = new Map<string, Promise<DeviceKey>>()
  let closed = false
  const open = async (label: string): Promise<DeviceKey> => {
    const { subtle } = await webCrypto()
    const path = softwareKeyPath(init.stateFolder, label)
    const pem = await readIfPresent(path, { maxBytes: MAX_PEM_BYTES, ownerOnly: true })
    const key = pem === undefined ? await makeKey(subtle, path) : await importKey(subtle, path, fromPem(path, pem))
    return {
      publicKey: key.publicKey,
      async sign(message, { signal } = {}) {
        signal?.throwIfAborted()
        if (closed) throw new SuretyError('KEY_CLOSED', 'the keys have been closed')
        return new Uint8Array(await subtle.sign(P256, key.privateKey, new Uint8Array(message)))
      },
    }
  }
  return {
    name: 'software',
    hardwareBacked: false,
    attestor: undefined,
    async getOrCreateKey(label, { signal } = {}) {
      signal?.throwIfAborted()
      if (closed) throw new SuretyError('KEY_CLOSED', 'the keys have been closed')
      requireLabel(label)
      const key = keys.get(label) ?? open(label)
      keys.set(label, key)
      key.catch(() => keys.delete(label))
      return await key
    },
    async [Symbol.asyncDispose]() {
      closed = true
    },
  }
}

/** Loaded on first use, and bundled as a file of its own, so that a daemon with other keys does not hold it in memory. */
async function webCrypto(): Promise<Crypto> {
  const { Crypto } = await import('@peculiar/webcrypto')
  return new Crypto()
}

type Subtle = Crypto['subtle']
interface SoftwareKey {
  readonly publicKey: Bytes
  readonly privateKey: Parameters<Subtle['sign']>[1]
}

async function makeKey(subtle: Subtle, path: string): Promise<SoftwareKey> {
  const pair = await subtle.generateKey(P256, true, ['sign', 'verify'])
  const pkcs8 = new Uint8Array(await subtle.exportKey('pkcs8', pair.privateKey))
  await writeDurably(path, toPem(pkcs8), { mode: 0o600 })
  return await importKey(subtle, path, pkcs8)
}

async function importKey(subtle: Subtle, path: string, pkcs8: Bytes): Promise<SoftwareKey> {
  try {
    const exportable = await subtle.importKey('pkcs8', pkcs8, P256, true, ['sign'])
    const { kty, crv, x, y } = await subtle.exportKey('jwk', exportable)
    const jwk = { kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' }
    const publicKey = await subtle.importKey('jwk', jwk, P256, true, ['verify'])
    const privateKey = await subtle.importKey('pkcs8', pkcs8, P256, false, ['sign'])
    // The file holds both halves and importing does not compare them. Signatures of a damaged file would never verify.
    const signature = await subtle.sign(P256, privateKey, PROBE)
    if (!(await subtle.verify(P256, publicKey, signature, PROBE)))
      throw new TypeError('the private key does not match the public key')
    return { publicKey: new Uint8Array(await subtle.exportKey('spki', publicKey)), privateKey }
  } catch (cause) {
    throw corrupt(path, cause)
  }
}

const BEGIN = '-----BEGIN PRIVATE KEY-----'
const END = '-----END PRIVATE KEY-----'

function toPem(pkcs8: Uint8Array): Bytes {
  const lines =
    Buffer.from(pkcs8)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return utf8([BEGIN, ...lines, END, ''].join('\n'))
}

function fromPem(path: string, pem: Uint8Array): Bytes {
  try {
    const [first, ...rest] = fromUtf8(pem).trimEnd().split('\n')
    if (first !== BEGIN || rest.pop() !== END) throw new TypeError('not a PKCS#8 PEM')
    return new Uint8Array(Buffer.from(rest.join(''), 'base64'))
  } catch (cause) {
    throw corrupt(path, cause)
  }
}

function corrupt(path: string, cause: unknown): SuretyError {
  return new SuretyError('STORE_CORRUPT', `${JSON.stringify(path)} holds no P-256 private key`, { cause })
}
