import { sampleResult } from '../../../support/directory/seeded-directory.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, seed } from '../seeds.ts'

export function describeResultStore({ name, open }: Engine): void {
  test(`${name} keeps the ResultStore contract: it has the last result`, async () => {
    const store = await open()
    await seed(store)
    expect(await store.results.get(DEVICE)).toBeUndefined()
    await store.results.put(DEVICE, sampleResult(10_000))
    await store.results.put(DEVICE, sampleResult(20_000))
    expect(await store.results.get(DEVICE)).toEqual(sampleResult(20_000))
  })
}
