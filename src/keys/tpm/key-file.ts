import { join } from 'node:path'
import { type Bytes, fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { base64Url, base64UrlOf, closed, reader, type Static, Type, words } from '../../base/schema.ts'
import { recordFile } from '../provider/record-file.ts'
import type { KeyBlob } from './commands.ts'

/**
 * `tpm-keys.json` in the state folder. It holds keys that are wrapped by the TPM and useless elsewhere, and the authorisation
 * value to use them, so its mode is 0600.
 */

const blob = { public: base64Url(2_048), private: base64Url(2_048) }

const keyFileSchema = closed({
  version: Type.Literal(1),
  /** The endorsement key of the TPM to which these keys belong: its template and TPMT_PUBLIC. */
  endorsement: closed({
    kind: words('p256', 'rsa2048', 'p256-high', 'p384-high', 'rsa2048-high'),
    public: base64Url(2_048),
  }),
  /** The parent of application keys: a storage root that is created on each use, or the one at 0x81000001. */
  root: words('primary', 'persistent'),
  authorisation: base64UrlOf(32),
  /** Its parent is a storage root in the endorsement hierarchy that is created on each use. */
  attestation: closed(blob),
  /** Application keys, oldest first. */
  keys: Type.Array(closed({ label: Type.String({ maxLength: 64 }), ...blob }), { maxItems: 16 }),
})
export type KeyFile = Static<typeof keyFileSchema>

const keyFileReader = reader(keyFileSchema, {
  name: 'tpm-keys.json',
  code: 'STORE_CORRUPT',
})

export function keyFilePath(stateFolder: string): string {
  return join(stateFolder, 'tpm-keys.json')
}

/** @throws as `RecordFile`. */
export function readKeyFile(stateFolder: string): Promise<KeyFile | undefined> {
  return recordFile(keyFilePath(stateFolder), keyFileReader).read()
}

export async function writeKeyFile(stateFolder: string, file: KeyFile): Promise<void> {
  await recordFile(keyFilePath(stateFolder), keyFileReader).write(file)
}

/** Keeps a copy of keys that no longer load, before new ones replace them. */
export async function keepLostKeyFile(stateFolder: string, file: KeyFile): Promise<void> {
  await recordFile(`${keyFilePath(stateFolder)}.lost`, keyFileReader).write(file)
}

export function blobOf(stored: { readonly public: string; readonly private: string }): KeyBlob {
  return { publicArea: decode(stored.public), privateArea: decode(stored.private) }
}

export function storedBlob(blob: KeyBlob): { public: string; private: string } {
  return { public: toBase64Url(blob.publicArea), private: toBase64Url(blob.privateArea) }
}

export function decode(text: string): Bytes {
  const bytes = fromBase64Url(text)
  if (bytes === undefined) throw new SuretyError('STORE_CORRUPT', 'tpm-keys.json: not base64url')
  return bytes
}
