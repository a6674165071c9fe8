import type { KeyObject } from 'node:crypto'
import { fromBase64Url, fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { importP256, splitJws, verifyJws } from '../../crypto/jws.ts'
import { CATALOGUE_MAX_BYTES, type Catalogue } from '../../discovery/catalogue/catalogue.ts'
import { loadCatalogue, readCatalogue } from '../../discovery/catalogue/load-catalogue.ts'
import { jwsKindOf } from '../../protocol/messages/jws-types.ts'
import type { TrustedFileReader } from '../../system/files/files.ts'
import { requireTrustedCode } from '../../system/files/own/trusted-code.ts'

/** @param key SubjectPublicKeyInfo, base64url. @throws `CONFIG_INVALID` when it is not a P-256 key. */
export function publisherKey(key: string): KeyObject {
  try {
    return importP256(fromBase64Url(key) ?? new Uint8Array())
  } catch (cause) {
    throw new SuretyError('CONFIG_INVALID', 'discovery.catalogueKey is not a P-256 key in base64url', { cause })
  }
}

/**
 * Reads the catalogue that an administrator put into a file. With a pinned publisher, that key must have signed it. Without one,
 * only root and the user of the daemon may be able to write the file.
 *
 * @throws `CONFIG_INVALID`, naming the file and its first fault.
 */
export async function administratorsCatalogue(
  { files }: { readonly files: Pick<TrustedFileReader, 'read'> },
  { path, publisher }: { readonly path: string; readonly publisher: KeyObject | undefined },
): Promise<Catalogue> {
  if (publisher === undefined) {
    requireTrustedCode(path, 'CONFIG_INVALID')
    return await loadCatalogue({ files }, path)
  }
  try {
    // Base64 takes a third more than the catalogue itself.
    const compact = fromUtf8(await files.read(path, { maxBytes: 2 * CATALOGUE_MAX_BYTES })).trim()
    if (jwsKindOf(compact) !== 'catalogue') throw new SuretyError('CONFIG_INVALID', 'it is not signed')
    return readCatalogue(verifyJws(splitJws('catalogue', compact), publisher))
  } catch (cause) {
    const reason = cause instanceof SuretyError ? cause.message : 'not UTF-8'
    throw new SuretyError('CONFIG_INVALID', `catalogue ${JSON.stringify(path)}: ${reason}`, { cause })
  }
}
