import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { type Bytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { requirePrivateFolder } from '../../system/files/own/private-folder.ts'
import { type DeviceKey, type KeyProvider, requireLabel } from '../provider/key-provider.ts'

/** Keys in files, for machines without a TPM or token. A copy of the file is a copy of the device. */

/** P-256, as OpenSSL calls it. */
const CURVE = 'prime256v1'
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
    const path = softwareKeyPath(init.stateFolder, label)
    const pem = await readIfPresent(path, { maxBytes: MAX_PEM_BYTES, ownerOnly: true })
    const { privateKey, publicKey } = readKey(path, pem ?? (await makeKey(path)))
    return {
      publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
      async sign(message, { signal } = {}) {
        signal?.throwIfAborted()
        if (closed) throw new SuretyError('KEY_CLOSED', 'the keys have been closed')
        return new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
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

/** @returns the PEM that it has written. */
async function makeKey(path: string): Promise<Bytes> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE })
  const pem = utf8(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  await writeDurably(path, pem, { mode: 0o600 })
  return pem
}

interface SoftwareKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function readKey(path: string, pem: Uint8Array): SoftwareKey {
  try {
    const privateKey = createPrivateKey({ key: derOf(pem), format: 'der', type: 'pkcs8' })
    if (privateKey.asymmetricKeyDetails?.namedCurve !== CURVE) throw new TypeError('not a key on P-256')
    // By way of JWK, which has one form for a point.
    const publicKey = createPublicKey({ key: privateKey.export({ format: 'jwk' }), format: 'jwk' })
    // The file holds both halves and importing does not compare them. Signatures of a damaged file would never verify.
    if (!verify('sha256', PROBE, publicKey, sign('sha256', PROBE, privateKey)))
      throw new TypeError('the private key does not match the public key')
    return { privateKey, publicKey }
  } catch (cause) {
    throw new SuretyError('STORE_CORRUPT', `${JSON.stringify(path)} holds no P-256 private key`, { cause })
  }
}

const BEGIN = '-----BEGIN PRIVATE KEY-----'
const END = '-----END PRIVATE KEY-----'

function derOf(pem: Uint8Array): Buffer {
  const [first, ...rest] = fromUtf8(pem).trimEnd().split('\n')
  if (first !== BEGIN || rest.pop() !== END) throw new TypeError('not a PKCS#8 PEM')
  return Buffer.from(rest.join(''), 'base64')
}
