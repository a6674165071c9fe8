import { readProgramData } from '../../system/program/program-data.ts'
import type { Catalogue } from './catalogue.ts'

/** In a checkout the parts are joined; an installed program has the joined file beside it. */
const IS_CHECKOUT = import.meta.filename.endsWith('.ts')

let kept: WeakRef<Catalogue> | undefined

/**
 * The catalogue that ships with the program. It is read on demand and held by a weak reference only: the resident daemon needs a
 * small part of it.
 *
 * @throws `CONFIG_INVALID` when the installation is damaged.
 */
export function builtInCatalogue(): Catalogue {
  const known = kept?.deref()
  if (known !== undefined) return known
  // Not validated: it is part of the program, and tests check it by its schema and `lintCatalogue`.
  const read = (path: string) => readProgramData(path, import.meta.dirname)
  const catalogue = IS_CHECKOUT ? joinCatalogue(read) : (JSON.parse(read('catalogue.json')) as Catalogue)
  kept = new WeakRef(catalogue)
  return catalogue
}

/**
 * The catalogue from its sources: `catalogue.json` names its browsers and entries in order, and each has a file of its own.
 *
 * @param read the text of a file, by its path from this folder.
 */
export function joinCatalogue(read: (path: string) => string): Catalogue {
  const part = (name: string) => JSON.parse(read(`${name}.json`))
  const { schema, version, asOf, browsers, entries, ...lists } = part('catalogue') as CatalogueParts
  return {
    schema,
    version,
    asOf,
    sources: part('sources'),
    ...lists,
    browsers: browsers.map((id) => part(`browsers/${id}`)),
    // A colon cannot be in the name of a file on Windows.
    entries: entries.map((id) => part(`agents/${id.replace(':', '/')}`)),
  }
}

interface CatalogueParts extends Omit<Catalogue, 'sources' | 'browsers' | 'entries'> {
  readonly browsers: readonly string[]
  readonly entries: readonly string[]
}

/** Adds the browsers of the built-in catalogue where a catalogue has none. */
export function withBrowsers(catalogue: Catalogue): Catalogue & Required<Pick<Catalogue, 'browsers'>> {
  return { ...catalogue, browsers: catalogue.browsers ?? builtInCatalogue().browsers ?? [] }
}
