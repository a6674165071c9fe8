import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'

/** Encrypts secrets for the database with a key that lies beside the directory's other keys: a copy of the database has none in clear. */
export interface SecretBox {
  seal(secret: string, owner: string): string
  /** @throws `KEY_MALFORMED` if the key is another one. */
  open(sealed: string, owner: string): string
}

export interface SecretFiles {
  readText(name: string): Promise<string | undefined>
  writeText(name: string, text: string): Promise<void>
}

const FILE = 'webhooks.key'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @throws as the key files; `KEY_MALFORMED`. */
export async function openSecretBox(files: SecretFiles): Promise<SecretBox> {
  const present = await files.readText(FILE)
  const text = present ?? randomBytes(32).toString('base64url')
  if (present === undefined) await files.writeText(FILE, text)
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length !== 32) throw unreadable(`the key file ${FILE} is damaged: restore it from a backup, or remove it`)
  return {
    seal(secret, owner) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(owner))
      return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed, 'base64url')
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(owner))
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString()
      } catch (cause) {
        throw unreadable(`its secret cannot be read: ${FILE} is another one`, cause)
      }
    },
  }
}

function unreadable(message: string, cause?: unknown): SuretyError {
  return new SuretyError('KEY_MALFORMED', message, { cause })
}
