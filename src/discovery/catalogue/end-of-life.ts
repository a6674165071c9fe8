import type { CatalogueEntry } from './catalogue.ts'

/** What every sighting of a program or an extension says of its end, running or left lying about. */
export function endOf({ endOfLife, successor }: Pick<CatalogueEntry, 'endOfLife' | 'successor'>) {
  return {
    ...(endOfLife === undefined ? {} : { endOfLife }),
    ...(successor === undefined ? {} : { successor }),
  }
}
