import { sign } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { type Ed25519Key, makeEd25519Key, readEd25519Key } from '../../system/files/own/ed25519-key-file.ts'
import { type NoteKey, type NoteSigner, noteKey, noteSigner } from '../../tlog/note-keys.ts'
import type { KeyPlace, SigningKey } from './key-place.ts'
import { type TokenInit, tokenKeyPlace } from './token-key.ts'

/** The key of the record's log: Ed25519, of its own, in the keys folder or on a PKCS#11 token. */

export interface LogKey {
  readonly signer: NoteSigner
  /** What a verifier needs. */
  readonly key: NoteKey
  /** Ends the session of a token. */
  readonly close?: (() => void) | undefined
}

export const RECORD_KEY_FILE = 'record.key.pem'
const TOKEN_KEY_FILE = 'record.key.json'

/**
 * @param token absent: the key is in a file.
 * @throws `CONFIG_INVALID` if the log has its key in the other place. Another key would be another log.
 */
export function keyPlace(keysFolder: string, token?: TokenInit): KeyPlace {
  const [file, ofToken] = [join(keysFolder, RECORD_KEY_FILE), join(keysFolder, TOKEN_KEY_FILE)]
  if (token === undefined) {
    if (isThere(ofToken)) throw elsewhere('on a PKCS#11 token: set record.pkcs11.module and record.pkcs11.pinFile')
    return filePlace(file)
  }
  if (isThere(file)) throw elsewhere(`in ${JSON.stringify(file)}: remove the settings record.pkcs11.*`)
  return tokenKeyPlace(ofToken, token)
}

function elsewhere(where: string): SuretyError {
  return new SuretyError('CONFIG_INVALID', `the log of the record keeps its key, which is ${where}`)
}

function filePlace(path: string): KeyPlace {
  const signing = ({ publicKey, privateKey }: Ed25519Key): SigningKey => ({
    publicKey,
    sign: (message) => sign(null, message, privateKey),
  })
  const read = async () => {
    const stored = await readEd25519Key(path)
    return stored === undefined ? undefined : signing(stored)
  }
  return {
    path,
    read,
    publicKey: async () => (await read())?.publicKey,
    make: async () => signing(await makeEd25519Key(path)),
  }
}

/**
 * @param init.mayMake false where there are checkpoints of an earlier key.
 * @param init.origin absent: one that the key gives.
 * @throws `KEY_MALFORMED`; `STORE_CORRUPT` if the key is gone; with a token `KEY_PROVIDER_UNAVAILABLE`, `KEY_AUTHORISATION_FAILED`.
 */
export async function openLogKey(
  place: KeyPlace,
  { origin, mayMake }: { readonly origin?: string | undefined; readonly mayMake: boolean },
): Promise<LogKey> {
  const stored = await place.read()
  if (stored === undefined && !mayMake) throw keyIsGone(place)
  const { publicKey, sign, close } = stored ?? (await place.make())
  const key = logNoteKey(publicKey, origin)
  return { key, signer: noteSigner(key, sign, Date.now), close }
}

/** Needs no token. @throws `STORE_CORRUPT` if the key is gone. */
export async function publicLogKey(place: KeyPlace, origin: string | undefined): Promise<NoteKey> {
  const publicKey = await place.publicKey()
  if (publicKey === undefined) throw keyIsGone(place)
  return logNoteKey(publicKey, origin)
}

function logNoteKey(publicKey: Uint8Array, origin: string | undefined): NoteKey {
  return noteKey('note', origin ?? `surety-record/${toHex(sha256(publicKey))}`, publicKey)
}

function keyIsGone({ path }: KeyPlace): SuretyError {
  return new SuretyError(
    'STORE_CORRUPT',
    `${JSON.stringify(path)}, the key of the record, is gone: restore it from a backup`,
  )
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
