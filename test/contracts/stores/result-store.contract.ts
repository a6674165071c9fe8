import { sampleResult } from '../../support/directory/seeded-directory.ts'
import { DEVICE, type OpenStores, seed } from './seeds.ts'

export function describeResultStore(name: string, open: OpenStores): void {
  test(`${name} keeps the ResultStore contract: it has the last result`, () => {
    const store = open()
    seed(store)
    expect(store.results.get(DEVICE)).toBeUndefined()
    store.results.put(DEVICE, sampleResult(10_000))
    store.results.put(DEVICE, sampleResult(20_000))
    expect(store.results.get(DEVICE)).toEqual(sampleResult(20_000))
  })
}
