import { DEVICE, type OpenStores, OTHER_DEVICE } from './seeds.ts'

export function describeUnprocessedStore(name: string, open: OpenStores): void {
  test(`${name} keeps the UnprocessedStore contract: keeps the time of a first failure`, () => {
    const { unprocessed } = open()
    unprocessed.put(DEVICE, { part: 'sources', sequence: 1, message: 'first', at: 3 })
    unprocessed.put(DEVICE, { part: 'sources', sequence: 2, message: 'second', at: 4 })
    unprocessed.put(DEVICE, { part: 'health', sequence: 2, message: 'third', at: 4 })
    expect(unprocessed.list(DEVICE)).toEqual([
      { part: 'health', since: 4, message: 'third' },
      { part: 'sources', since: 3, message: 'second' },
    ])
    expect([unprocessed.clear(DEVICE, 'health'), unprocessed.clear(DEVICE, 'health')]).toEqual([true, false])
    expect([unprocessed.list(DEVICE).length, unprocessed.list(OTHER_DEVICE).length]).toEqual([1, 0])
  })
}
