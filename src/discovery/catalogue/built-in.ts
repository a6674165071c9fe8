import data from './catalogue.json' with { type: 'json' }
import type { Catalogue } from './catalogue.ts'

/** The catalogue that ships with the program. */
export function builtInCatalogue(): Catalogue {
  // Tests hold it to its schema and to `lintCatalogue`; it is a part of the program and not input.
  return data as Catalogue
}
