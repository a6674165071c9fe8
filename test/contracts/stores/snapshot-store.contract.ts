import { DEVICE, type OpenStores, seed } from './seeds.ts'

export function describeSnapshotStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the SnapshotStore contract`, () => {
    test('counts different parts, of the newest snapshot only', () => {
      const store = open()
      seed(store)
      const put = (snapshot: string, part: number) => store.snapshots.putPart(DEVICE, snapshot, part)
      expect([put('a', 0), put('a', 0), put('a', 1), put('b', 0)]).toEqual([1, 1, 2, 1])
      expect(store.snapshots.open(DEVICE)).toBe('b')
      store.snapshots.close(DEVICE)
      expect(store.snapshots.open(DEVICE)).toBeUndefined()
    })

    test('remembers that the first snapshot was complete', () => {
      const store = open()
      seed(store)
      expect(store.snapshots.isFirstComplete(DEVICE)).toBe(false)
      store.snapshots.markFirstComplete(DEVICE, 3)
      expect(store.snapshots.isFirstComplete(DEVICE)).toBe(true)
    })
  })
}
