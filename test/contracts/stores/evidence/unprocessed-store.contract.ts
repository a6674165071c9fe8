import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE } from '../seeds.ts'

export function describeUnprocessedStore({ name, open }: Engine): void {
  test(`${name} keeps the UnprocessedStore contract: keeps the time of a first failure`, async () => {
    const { unprocessed } = await open()
    await unprocessed.put(DEVICE, { part: 'sources', sequence: 1, message: 'first', at: 3 })
    await unprocessed.put(DEVICE, { part: 'sources', sequence: 2, message: 'second', at: 4 })
    await unprocessed.put(DEVICE, { part: 'health', sequence: 2, message: 'third', at: 4 })
    expect(await unprocessed.list(DEVICE)).toEqual([
      { part: 'health', since: 4, message: 'third' },
      { part: 'sources', since: 3, message: 'second' },
    ])
    expect([await unprocessed.clear(DEVICE, 'health'), await unprocessed.clear(DEVICE, 'health')]).toEqual([
      true,
      false,
    ])
    expect([(await unprocessed.list(DEVICE)).length, (await unprocessed.list(OTHER_DEVICE)).length]).toEqual([1, 0])
  })
}
