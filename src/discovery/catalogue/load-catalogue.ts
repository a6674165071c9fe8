import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import type { TrustedFileReader } from '../../system/files/files.ts'
import { CATALOGUE_MAX_BYTES, type Catalogue, catalogueReader } from './catalogue.ts'
import { lintCatalogue } from './lint.ts'

/**
 * Reads the canonical JSON of a catalogue that was signed.
 *
 * @throws `CONFIG_INVALID` naming the first thing wrong with it, `INPUT_*`.
 */
export function readCatalogue(json: string): Catalogue {
  const catalogue = catalogueReader.readCanonicalJson(json)
  refuseFaults(catalogue)
  return catalogue
}

/**
 * Reads a catalogue that a person wrote, however it is indented.
 *
 * @throws `CONFIG_INVALID` naming the first thing wrong with it, `INPUT_*`.
 */
export function readCatalogueText(text: string): Catalogue {
  const catalogue = catalogueReader.readJson(text)
  refuseSecondSpellings(text, catalogue)
  refuseFaults(catalogue)
  return catalogue
}

/**
 * Reads a catalogue from a file (`discovery.catalogue`) that takes the place of our own. It is taken whole or refused
 * whole: half a catalogue would look like a quiet device.
 *
 * @throws `CONFIG_INVALID`, naming the file and the first thing wrong with it.
 */
export async function loadCatalogue(
  components: { readonly files: Pick<TrustedFileReader, 'read'> },
  path: string,
): Promise<Catalogue> {
  try {
    return readCatalogueText(fromUtf8(await components.files.read(path, { maxBytes: CATALOGUE_MAX_BYTES })))
  } catch (cause) {
    const reason = cause instanceof SuretyError ? cause.message : 'not UTF-8'
    throw new SuretyError('CONFIG_INVALID', `catalogue ${JSON.stringify(path)}: ${reason}`)
  }
}

function refuseFaults(catalogue: Catalogue): void {
  const [first] = lintCatalogue(catalogue)
  if (first !== undefined) throw new SuretyError('CONFIG_INVALID', first)
}

/** Of a member that appears twice, the parser reads one and a person may see the other. */
function refuseSecondSpellings(text: string, catalogue: Catalogue): void {
  const outsideText = /("(?:[^"\\]|\\.)*")|\s+/g
  if (text.replace(outsideText, '$1') !== JSON.stringify(catalogue)) {
    throw new SuretyError(
      'CONFIG_INVALID',
      'a member appears twice, or something is spelt in another way than JSON writes it',
    )
  }
}
