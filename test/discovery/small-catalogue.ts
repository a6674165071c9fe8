import type { Catalogue, CatalogueEntry } from '../../src/discovery/catalogue/catalogue.ts'

/** Catalogues of one or two entries. */

export const AGENT: CatalogueEntry = { id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }

export function catalogueOf(...entries: Catalogue['entries']): Catalogue {
  return { schema: 'surety/catalogue@1', version: 1, asOf: '2026-11-25', sources: { seen: { title: 'seen' } }, entries }
}
/** Two entries with the same fact. */
export const twice = (facts: Partial<CatalogueEntry>) =>
  catalogueOf({ ...AGENT, ...facts }, { ...AGENT, id: 'two', name: 'Two', ...facts })
export const one = (facts: Partial<CatalogueEntry>) => catalogueOf({ ...AGENT, ...facts })
export const file = (path: string) => one({ files: [{ path, kind: 'skill', scope: 'user' }] })
