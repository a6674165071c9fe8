import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { join } from 'node:path'
import { Key, Signature } from '@tufjs/models'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { isSealed, openKey, sealKey } from './sealed-key.ts'

/**
 * The keys of an update repository: Ed25519, one file of PKCS #8 for each role, mode 0600. Those of root and targets may have a
 * passphrase; a directory uses the other two without a person.
 */

export const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const
export type Role = (typeof ROLES)[number]

export const OFFLINE_ROLES: readonly Role[] = ['root', 'targets']

/** Asked for a file that has a passphrase. @throws `USAGE_INVALID` where none can be had, `FILE_*`, `NOT_PERMITTED`. */
export type PassphraseOf = (path: string) => Promise<string>

export interface SigningKeysInit {
  readonly keys: string
  readonly passphraseOf?: PassphraseOf | undefined
}

export interface SigningKey {
  readonly key: Key
  /** Of its file. */
  readonly passphrase: string | undefined
  sign(bytes: Uint8Array): Signature
}

const MAX_KEY_BYTES = 4096

/** @throws `CONFLICT` when there is one already; `STORE_FAILED`. */
export async function makeSigningKey(folder: string, role: Role, passphrase?: string): Promise<SigningKey> {
  const path = join(folder, `${role}.pem`)
  if ((await readIfPresent(path, { maxBytes: MAX_KEY_BYTES })) !== undefined) {
    throw new SuretyError('CONFLICT', `${JSON.stringify(path)} exists already: keys are not replaced`)
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const used = OFFLINE_ROLES.includes(role) ? passphrase : undefined
  const pem = used === undefined ? privateKey.export({ type: 'pkcs8', format: 'pem' }) : sealKey(privateKey, used)
  await writeDurably(path, Buffer.from(pem), { mode: 0o600 })
  return signingKey(privateKey, used)
}

/**
 * @returns undefined when the folder has no such key: root and targets are mostly elsewhere.
 * @throws `NOT_PERMITTED` when others can read it; `KEY_AUTHORISATION_FAILED` for another passphrase; `KEY_MALFORMED`,
 * `KEY_UNSUPPORTED`; as `PassphraseOf`.
 */
async function readSigningKey(init: SigningKeysInit, role: Role): Promise<SigningKey | undefined> {
  const path = join(init.keys, `${role}.pem`)
  const pem = await readIfPresent(path, { maxBytes: MAX_KEY_BYTES, ownerOnly: true, mayBeOfService: true })
  if (pem === undefined) return undefined
  const text = Buffer.from(pem).toString('latin1')
  const passphrase = isSealed(text) ? await passphraseFor(path, init) : undefined
  let key: KeyObject
  try {
    key = passphrase === undefined ? createPrivateKey(text) : openKey(text, passphrase)
  } catch {
    // No cause: it may quote the key.
    throw passphrase === undefined
      ? new SuretyError('KEY_MALFORMED', `${JSON.stringify(path)} is not a private key in PEM`)
      : new SuretyError('KEY_AUTHORISATION_FAILED', `the passphrase does not open ${JSON.stringify(path)}`)
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SuretyError('KEY_UNSUPPORTED', `${JSON.stringify(path)} is not an Ed25519 key`)
  }
  return signingKey(key, passphrase)
}

async function passphraseFor(path: string, { passphraseOf }: SigningKeysInit): Promise<string> {
  if (passphraseOf !== undefined) return await passphraseOf(path)
  throw new SuretyError('USAGE_INVALID', `${JSON.stringify(path)} has a passphrase: give --passphrase-file FILE`)
}

/** @throws `KEY_NOT_FOUND`, and as `readSigningKey`. */
export async function requireSigningKey(init: SigningKeysInit, role: Role): Promise<SigningKey> {
  const key = await readSigningKey(init, role)
  if (key !== undefined) return key
  throw new SuretyError(
    'KEY_NOT_FOUND',
    `${JSON.stringify(join(init.keys, `${role}.pem`))} is not here: give --keys FOLDER`,
  )
}

function signingKey(privateKey: KeyObject, passphrase: string | undefined): SigningKey {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  // The last 32 bytes are the key; TUF names it in hex.
  const keyVal = { public: publicKey.subarray(-32).toString('hex') }
  const keyID = createHash('sha256').update(`surety update key ${keyVal.public}`).digest('hex')
  const key = new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal })
  return {
    key,
    passphrase,
    sign: (bytes) => new Signature({ keyID, sig: sign(undefined, bytes, privateKey).toString('hex') }),
  }
}
