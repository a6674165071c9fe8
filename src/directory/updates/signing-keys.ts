import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { join } from 'node:path'
import { Key, Signature } from '@tufjs/models'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/durable-file.ts'

/** The keys of an update repository: Ed25519, one file of PKCS #8 for each role, mode 0600. */

export const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const
export type Role = (typeof ROLES)[number]

export interface SigningKey {
  readonly key: Key
  sign(bytes: Uint8Array): Signature
}

const MAX_KEY_BYTES = 4096

/** @throws `CONFLICT` when there is one already; `STORE_FAILED`. */
export async function makeSigningKey(folder: string, role: Role): Promise<SigningKey> {
  const path = join(folder, `${role}.pem`)
  if ((await readIfPresent(path, { maxBytes: MAX_KEY_BYTES })) !== undefined) {
    throw new SuretyError('CONFLICT', `${JSON.stringify(path)} exists already: keys are not replaced`)
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeDurably(path, Buffer.from(pem), { mode: 0o600 })
  return signingKey(privateKey)
}

/**
 * @returns undefined when the folder has no such key: root and targets are mostly elsewhere.
 * @throws `NOT_PERMITTED` when others can read it; `KEY_MALFORMED`, `KEY_UNSUPPORTED`.
 */
export async function readSigningKey(folder: string, role: Role): Promise<SigningKey | undefined> {
  const path = join(folder, `${role}.pem`)
  const pem = await readIfPresent(path, { maxBytes: MAX_KEY_BYTES, ownerOnly: true, mayBeOfService: true })
  if (pem === undefined) return undefined
  let key: KeyObject
  try {
    key = createPrivateKey(Buffer.from(pem))
  } catch {
    // No cause: it may quote the key.
    throw new SuretyError('KEY_MALFORMED', `${JSON.stringify(path)} is not a private key in PEM`)
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SuretyError('KEY_UNSUPPORTED', `${JSON.stringify(path)} is not an Ed25519 key`)
  }
  return signingKey(key)
}

/** @throws `KEY_NOT_FOUND`, and as `readSigningKey`. */
export async function requireSigningKey(folder: string, role: Role): Promise<SigningKey> {
  const key = await readSigningKey(folder, role)
  if (key !== undefined) return key
  throw new SuretyError(
    'KEY_NOT_FOUND',
    `${JSON.stringify(join(folder, `${role}.pem`))} is not here: give --keys FOLDER`,
  )
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  // The last 32 bytes are the key; TUF names it in hex.
  const keyVal = { public: publicKey.subarray(-32).toString('hex') }
  const keyID = createHash('sha256').update(`surety update key ${keyVal.public}`).digest('hex')
  const key = new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal })
  return {
    key,
    sign: (bytes) => new Signature({ keyID, sig: sign(undefined, bytes, privateKey).toString('hex') }),
  }
}
