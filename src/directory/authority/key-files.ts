import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { canonicalSpki } from '../../crypto/x509/canonical-spki.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { preparePrivateFolder } from '../../system/files/own/prepare-folder.ts'
import { setAside, sweepLeftovers } from '../../system/files/own/quarantine.ts'

/** Private keys of the directory: P-256, PKCS#8 PEM, mode 0600, written whole and synced. */
export interface KeyFiles {
  readKey(name: string): Promise<KeyObject | undefined>
  readOrMakeKey(name: string): Promise<KeyObject>
  readText(name: string): Promise<string | undefined>
  writeText(name: string, text: string): Promise<void>
  /** Puts a damaged file that can be made again out of the way. @returns where it lies. */
  setAside(name: string, now: number): string
}

const MAX_BYTES = 64 * 1024

const KEYS_FOLDER = { name: 'keys folder', depth: 0, readable: 'left' } as const

/**
 * @throws `KEY_MALFORMED`, `KEY_UNSUPPORTED`, `NOT_PERMITTED` when others may read a key, `STORE_FAILED` when another
 * user could have placed or written one, and as `durable-file`.
 */
export async function openKeyFiles(folder: string): Promise<KeyFiles> {
  await preparePrivateFolder(folder, KEYS_FOLDER)
  sweepLeftovers(folder)
  const readText = async (name: string) => {
    const bytes = await readIfPresent(join(folder, name), { maxBytes: MAX_BYTES, ownerOnly: true })
    return bytes === undefined ? undefined : textOf(bytes)
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
    setAside: (name, now) => setAside(join(folder, name), { now }),
    async readOrMakeKey(name) {
      const present = await readKey(name)
      if (present !== undefined) return present
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      await writeText(`${name}.key.pem`, pemOf(privateKey))
      return privateKey
    },
  }
}

/** What is no text is as damaged as text that says nothing: its reader finds out. */
function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}

const PROBE = new Uint8Array(32)

function importKey(name: string, pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw damaged(name, cause)
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new SuretyError('KEY_UNSUPPORTED', `the key of ${name} is not P-256`)
  }
  // The file has both halves, and importing does not compare them: signatures of a damaged one would not verify.
  if (!verify('sha256', PROBE, createPublicKey(key), sign('sha256', PROBE, key))) throw damaged(name)
  return key
}

function damaged(name: string, cause?: unknown): SuretyError {
  const made = name === 'orders' || name === 'acknowledgements'
  const instead = made ? '; or remove it: while root.key.pem is there, another is made and delegated' : ''
  const message = `the key file ${name}.key.pem is damaged: restore it from a backup of the keys folder${instead}`
  return new SuretyError('KEY_MALFORMED', message, { cause })
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** SubjectPublicKeyInfo, DER, of a private or public key: the same whichever way its file spells it. */
export function spkiOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return canonicalSpki(publicKey.export({ type: 'spki', format: 'der' }))
}
