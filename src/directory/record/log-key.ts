import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { join } from 'node:path'
import { fromBase64Url, fromUtf8, toHex, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { type NoteKey, type NoteSigner, noteKey, noteSigner } from '../../tlog/note-keys.ts'

/** The key of the record's log: Ed25519, of its own, in the keys folder. */

export interface LogKey {
  readonly signer: NoteSigner
  /** What a verifier needs. */
  readonly key: NoteKey
}

export const RECORD_KEY_FILE = 'record.key.pem'

/**
 * @param init.mayMake false where there are checkpoints of an earlier key.
 * @param init.origin absent: one that the key gives.
 * @throws `KEY_MALFORMED`; `STORE_CORRUPT` if the key is gone.
 */
export async function openLogKey(
  keysFolder: string,
  { origin, mayMake }: { readonly origin?: string | undefined; readonly mayMake: boolean },
): Promise<LogKey> {
  const path = join(keysFolder, RECORD_KEY_FILE)
  const stored = await readIfPresent(path, { maxBytes: 4096, ownerOnly: true })
  if (stored === undefined && !mayMake) {
    throw new SuretyError(
      'STORE_CORRUPT',
      `${JSON.stringify(path)}, the key of the record, is gone: restore it from a backup`,
    )
  }
  const privateKey = stored === undefined ? await makeKey(path) : readKey(path, stored)
  const publicKey = fromBase64Url(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '') ?? new Uint8Array()
  const key = noteKey('note', origin ?? `surety-record/${toHex(sha256(publicKey))}`, publicKey)
  return { key, signer: noteSigner(key, (message) => sign(null, message, privateKey), Date.now) }
}

async function makeKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeDurably(path, utf8(String(privateKey.export({ type: 'pkcs8', format: 'pem' }))), { mode: 0o600 })
  return privateKey
}

function readKey(path: string, pem: Uint8Array): KeyObject {
  const damaged = (cause?: unknown) =>
    new SuretyError('KEY_MALFORMED', `${JSON.stringify(path)} is no Ed25519 key: restore it from a backup`, { cause })
  let key: KeyObject
  try {
    key = createPrivateKey(fromUtf8(pem))
  } catch (cause) {
    throw damaged(cause)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw damaged()
  return key
}
