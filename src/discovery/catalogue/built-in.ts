import data from './catalogue.json' with { type: 'json' }
import { type Catalogue, catalogueReader } from './catalogue.ts'

/** The catalogue that ships with the program. */
export function builtInCatalogue(): Catalogue {
  return catalogueReader.read(data)
}
