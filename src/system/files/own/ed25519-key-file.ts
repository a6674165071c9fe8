import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Bytes, fromBase64Url, fromUtf8, utf8 } from '../../../base/bytes.ts'
import { SuretyError } from '../../../base/errors.ts'
import { readIfPresent, writeDurably } from './durable-file.ts'

export interface Ed25519Key {
  readonly privateKey: KeyObject
  /** 32 bytes. */
  readonly publicKey: Bytes
}

/**
 * An Ed25519 key in a file that only its owner may read: PKCS #8, PEM.
 * @returns undefined if there is no file. @throws `KEY_MALFORMED`; `FILE_*`.
 */
export async function readEd25519Key(path: string): Promise<Ed25519Key | undefined> {
  const pem = await readIfPresent(path, { maxBytes: 4096, ownerOnly: true })
  if (pem === undefined) return undefined
  const damaged = (cause?: unknown) =>
    new SuretyError('KEY_MALFORMED', `${JSON.stringify(path)} is no Ed25519 key: restore it from a backup`, { cause })
  let key: KeyObject
  try {
    key = createPrivateKey(fromUtf8(pem))
  } catch (cause) {
    throw damaged(cause)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw damaged()
  return withPublicKey(key)
}

/** Makes a key, which is on disk when this resolves. @throws `STORE_FAILED`. */
export async function makeEd25519Key(path: string): Promise<Ed25519Key> {
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeDurably(path, utf8(String(privateKey.export({ type: 'pkcs8', format: 'pem' }))), { mode: 0o600 })
  return withPublicKey(privateKey)
}

function withPublicKey(privateKey: KeyObject): Ed25519Key {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { privateKey, publicKey: fromBase64Url(x) ?? new Uint8Array() }
}
