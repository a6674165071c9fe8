import { sign } from 'node:crypto'
import { join } from 'node:path'
import { toHex } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { makeEd25519Key, readEd25519Key } from '../../system/files/own/ed25519-key-file.ts'
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
  const stored = await readEd25519Key(path)
  if (stored === undefined && !mayMake) {
    throw new SuretyError(
      'STORE_CORRUPT',
      `${JSON.stringify(path)}, the key of the record, is gone: restore it from a backup`,
    )
  }
  const { privateKey, publicKey } = stored ?? (await makeEd25519Key(path))
  const key = noteKey('note', origin ?? `surety-record/${toHex(sha256(publicKey))}`, publicKey)
  return { key, signer: noteSigner(key, (message) => sign(null, message, privateKey), Date.now) }
}
