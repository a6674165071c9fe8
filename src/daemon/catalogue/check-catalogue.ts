import { readFile } from 'node:fs/promises'
import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { splitJws } from '../../crypto/jws.ts'
import { CATALOGUE_MAX_BYTES, type Catalogue, catalogueReader } from '../../discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../discovery/catalogue/lint.ts'
import { loadCatalogue } from '../../discovery/catalogue/load-catalogue.ts'
import { couldBeTold } from '../../discovery/catalogue/reported-kind.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import { LIMITS } from '../../protocol/limits.ts'

/**
 * Checks a catalogue as a device would, before any device gets it. A signature is not verified: only devices know the key.
 *
 * @returns the exit code: 0 when devices accept it.
 */
export async function checkCatalogue(path: string, print: (line: string) => void): Promise<number> {
  try {
    const bytes = await readFile(path)
    if (bytes.length > CATALOGUE_MAX_BYTES)
      throw new SuretyError('CONFIG_INVALID', `more than ${CATALOGUE_MAX_BYTES} bytes`)
    const text = fromUtf8(bytes).trim()
    const catalogue = await readEither(text, path)
    const faults = lintCatalogue(catalogue)
    for (const fault of faults) print(fault)
    if (faults.length > 0) return 1
    const undetectable = catalogue.entries.filter((entry) => !couldBeTold(entry)).map(({ id }) => id)
    if (undetectable.length > 0)
      print(`not detectable (no conclusive evidence in the catalogue): ${undetectable.join(', ')}`)
    // The size of the frame that a directory sends: base64, with header and signature.
    const sentBytes = Math.ceil((JSON.stringify(catalogue).length * 4) / 3) + 256
    const tooLarge = sentBytes > LIMITS.catalogueBytes ? `, too large for a directory (${sentBytes} bytes)` : ''
    print(
      `version ${catalogue.version} of ${catalogue.asOf}: ${catalogue.entries.length} entries, no faults${tooLarge}`,
    )
    return 0
  } catch (error) {
    print(describeError(error))
    return 1
  }
}

async function readEither(text: string, path: string): Promise<Catalogue> {
  if (jwsKindOf(text) === 'catalogue') return catalogueReader.readCanonicalJson(splitJws('catalogue', text).payload)
  try {
    return await loadCatalogue({ files: { read: async () => new TextEncoder().encode(text) } }, path)
  } catch (error) {
    // `loadCatalogue` stops at the first fault. The caller prints all.
    const catalogue = catalogueReader.readJson(text)
    if (lintCatalogue(catalogue).length > 0) return catalogue
    throw error
  }
}
