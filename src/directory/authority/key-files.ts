import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/durable-file.ts'
import { makeFolderDurably } from '../../system/durable-folder.ts'

/** Private keys of the directory: P-256, PKCS#8 PEM, mode 0600, written whole and synced. */
export interface KeyFiles {
  readKey(name: string): Promise<KeyObject | undefined>
  readOrMakeKey(name: string): Promise<KeyObject>
  readText(name: string): Promise<string | undefined>
  writeText(name: string, text: string): Promise<void>
}

const MAX_BYTES = 64 * 1024

/** @throws `KEY_MALFORMED`, `KEY_UNSUPPORTED`, `NOT_PERMITTED` when others may read a key, and as `durable-file`. */
export async function openKeyFiles(folder: string): Promise<KeyFiles> {
  await makeFolderDurably(folder, { mode: 0o700 })
  const readText = async (name: string) => {
    const bytes = await readIfPresent(join(folder, name), { maxBytes: MAX_BYTES, ownerOnly: true })
    return bytes === undefined ? undefined : fromUtf8(bytes)
  }
  const writeText = (name: string, text: string) => writeDurably(join(folder, name), utf8(text), { mode: 0o600 })
  const readKey = async (name: string) => {
    const pem = await readText(`${name}.key.pem`)
    return pem === undefined ? undefined : importKey(name, pem)
  }
  return {
    readText,
    writeText,
    readKey,
    async readOrMakeKey(name) {
      const present = await readKey(name)
      if (present !== undefined) return present
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      await writeText(`${name}.key.pem`, pemOf(privateKey))
      return privateKey
    },
  }
}

function importKey(name: string, pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw new SuretyError('KEY_MALFORMED', `the key file of ${name} is damaged`, { cause })
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new SuretyError('KEY_UNSUPPORTED', `the key of ${name} is not P-256`)
  }
  return key
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** SubjectPublicKeyInfo, DER, of a private or public key. */
export function spkiOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
}
