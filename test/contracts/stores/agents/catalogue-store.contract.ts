import type { Engine } from '../engines.ts'

export function describeCatalogueStore({ name, open }: Engine): void {
  test(`${name} keeps the CatalogueStore contract: it has the last catalogue`, async () => {
    const { catalogues } = await open()
    expect(await catalogues.get()).toBeUndefined()
    const first = { version: 1, hash: 'a', text: '{}', setAt: 2, setBy: 'adm' }
    await catalogues.put(first)
    expect(await catalogues.get()).toEqual(first)
    await catalogues.put({ ...first, version: 2 })
    expect(await catalogues.get()).toEqual({ ...first, version: 2 })
  })
}
