import type { Engine } from '../engines.ts'
import { DEVICE, seed } from '../seeds.ts'

export function describeSnapshotStore({ name, open }: Engine): void {
  describe(`${name} keeps the SnapshotStore contract`, () => {
    test('counts different parts, of the newest snapshot only', async () => {
      const store = await open()
      await seed(store)
      const put = (snapshot: string, part: number) => store.snapshots.putPart(DEVICE, snapshot, part)
      expect([await put('a', 0), await put('a', 0), await put('a', 1), await put('b', 0)]).toEqual([1, 1, 2, 1])
      expect(await store.snapshots.open(DEVICE)).toBe('b')
      await store.snapshots.close(DEVICE)
      expect(await store.snapshots.open(DEVICE)).toBeUndefined()
    })

    test('remembers that the first snapshot was complete', async () => {
      const store = await open()
      await seed(store)
      expect(await store.snapshots.isFirstComplete(DEVICE)).toBe(false)
      await store.snapshots.markFirstComplete(DEVICE, 3)
      expect(await store.snapshots.isFirstComplete(DEVICE)).toBe(true)
    })
  })
}
