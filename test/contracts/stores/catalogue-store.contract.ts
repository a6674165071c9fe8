import type { OpenStores } from './seeds.ts'

export function describeCatalogueStore(name: string, open: OpenStores): void {
  test(`${name} keeps the CatalogueStore contract: it has the last catalogue`, () => {
    const { catalogues } = open()
    expect(catalogues.get()).toBeUndefined()
    const first = { version: 1, hash: 'a', text: '{}', setAt: 2, setBy: 'adm' }
    catalogues.put(first)
    expect(catalogues.get()).toEqual(first)
    catalogues.put({ ...first, version: 2 })
    expect(catalogues.get()).toEqual({ ...first, version: 2 })
  })
}
