import { readProgramData } from '../../system/program/program-data.ts'
import type { Catalogue } from './catalogue.ts'

let kept: WeakRef<Catalogue> | undefined

/**
 * The catalogue that ships with the program. It is read when it is asked for and kept by nobody but who asks: what the
 * resident daemon needs of it is a small part.
 *
 * @throws `CONFIG_INVALID` when the installation is damaged.
 */
export function builtInCatalogue(): Catalogue {
  const known = kept?.deref()
  if (known !== undefined) return known
  // Tests hold it to its schema and to `lintCatalogue`; it is a part of the program and not input.
  const catalogue = JSON.parse(readProgramData('catalogue.json', import.meta.dirname)) as Catalogue
  kept = new WeakRef(catalogue)
  return catalogue
}

/** A catalogue that says nothing of browsers means those that ship with the program. */
export function withBrowsers(catalogue: Catalogue): Catalogue & Required<Pick<Catalogue, 'browsers'>> {
  return { ...catalogue, browsers: catalogue.browsers ?? builtInCatalogue().browsers ?? [] }
}
