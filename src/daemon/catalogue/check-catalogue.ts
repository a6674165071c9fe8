import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { splitJws } from '../../crypto/jws.ts'
import { CATALOGUE_MAX_BYTES, type Catalogue, catalogueReader } from '../../discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../discovery/catalogue/lint.ts'
import { loadCatalogue } from '../../discovery/catalogue/load-catalogue.ts'
import { couldBeTold } from '../../discovery/catalogue/reported-kind.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { jwsKindOf } from '../../protocol/messages/jws-types.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'

/**
 * Checks a catalogue as a device would, before any device gets it. A signature is not verified: only devices know the key.
 *
 * @returns the exit code: 0 when devices accept it.
 * @throws `FILE_*`, `INPUT_*` for what is no catalogue.
 */
export async function checkCatalogue(path: string, print: (line: string) => void): Promise<number> {
  const catalogue = await readCatalogue(path)
  const faults = lintCatalogue(catalogue)
  for (const fault of faults) print(fault)
  if (faults.length > 0) return 1
  const undetectable = catalogue.entries.filter((entry) => !couldBeTold(entry)).map(({ id }) => id)
  if (undetectable.length > 0)
    print(`not detectable (no conclusive evidence in the catalogue): ${undetectable.join(', ')}`)
  // The size of the frame that a directory sends: base64, with header and signature.
  const sentBytes = Math.ceil((JSON.stringify(catalogue).length * 4) / 3) + 256
  const tooLarge = sentBytes > LIMITS.catalogueBytes ? `, too large for a directory (${sentBytes} bytes)` : ''
  print(`version ${catalogue.version} of ${catalogue.asOf}: ${catalogue.entries.length} entries, no faults${tooLarge}`)
  return 0
}

async function readCatalogue(path: string): Promise<Catalogue> {
  const bytes = await readIfPresent(path, { maxBytes: CATALOGUE_MAX_BYTES })
  if (bytes === undefined) throw new SuretyError('FILE_ABSENT', `there is no file ${path}`)
  try {
    return await readEither(fromUtf8(bytes).trim(), path)
  } catch (cause) {
    const why = describeError(cause).replace(/^catalogue: /, '')
    const wanted = 'expected JSON with "schema": "surety/catalogue@1", or such a catalogue that a directory has signed'
    throw new SuretyError('INPUT_MALFORMED', `${path} is not a catalogue: ${why}; ${wanted}`, {
      cause,
    })
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
