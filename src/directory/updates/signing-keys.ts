import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
  sign,
} from 'node:crypto'
import { join } from 'node:path'
import { Key, Signature } from '@tufjs/models'
import { concatBytes } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { derSequence } from '../../crypto/x509/der.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'

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

/**
 * Private keys under a passphrase: PKCS #8 in PEM, PBES2 with scrypt (RFC 7914) and AES-256-CBC. Node writes PBKDF2 with 2048 rounds
 * alone, which a thief tries out quickly. Node and OpenSSL read either.
 */

/** As OWASP advises for 16 MiB of memory; OpenSSL takes no more than 32 MiB. */
const COST = { N: 16_384, r: 8, p: 5 } as const
const INTEGERS = Uint8Array.of(0x02, 0x02, 0x40, 0x00, 0x02, 0x01, COST.r, 0x02, 0x01, COST.p)
const OCTET_STRING = 0x04
const PBES2 = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d)
const SCRYPT = Uint8Array.of(0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b)
const AES_256_CBC = Uint8Array.of(0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a)
const LABEL = 'ENCRYPTED PRIVATE KEY'
const LINE = 64

function sealKey(privateKey: KeyObject, passphrase: string): string {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', scryptSync(normal(passphrase), salt, 32, COST), iv)
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' })
  const sealed = concatBytes(cipher.update(plain), cipher.final())
  const derivation = sequence(SCRYPT, sequence(octets(salt), INTEGERS))
  const scheme = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))))
  const text = Buffer.from(sequence(scheme, octets(sealed))).toString('base64')
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  return `-----BEGIN ${LABEL}-----\n${lines.join('\n')}\n-----END ${LABEL}-----\n`
}

function isSealed(pem: string): boolean {
  return pem.includes(`-----BEGIN ${LABEL}-----`)
}

/** By file and passphrase. Opening takes a fifth of a second on purpose, and one command signs several times. */
const opened = new Map<string, KeyObject>()

/** @throws for another passphrase, and for a damaged file. */
function openKey(pem: string, passphrase: string): KeyObject {
  const name = `${normal(passphrase)}\n${pem}`
  const key = opened.get(name) ?? createPrivateKey({ key: pem, passphrase: normal(passphrase) })
  opened.set(name, key)
  return key
}

/** One passphrase, whatever keyboard it was typed on. */
function normal(passphrase: string): string {
  return passphrase.normalize('NFC')
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return derSequence(concatBytes(...parts))
}

/** Of less than 128 bytes. */
function octets(content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(OCTET_STRING, content.length), content)
}
