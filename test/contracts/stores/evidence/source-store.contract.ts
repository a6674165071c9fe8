import type { SourceReport } from '../../../../src/protocol/sighting.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE } from '../seeds.ts'

const report = (changes: Partial<SourceReport> = {}): SourceReport => ({
  source: 'mcp-servers',
  state: 'parsed',
  items: 1,
  durationMs: 2,
  ...changes,
})

export function describeSourceStore({ name, open }: Engine): void {
  describe(`${name} keeps the SourceStore contract`, () => {
    test('has the last report of each source, path and user', async () => {
      const { sources } = await open()
      const user = { id: '1000', name: 'ada' }
      const all = [report(), report({ path: '/a' }), report({ path: '/a', user }), report({ source: 'users' })]
      for (const one of all) await sources.put(DEVICE, one, 3)
      await sources.put(DEVICE, report({ items: 9 }), 4)
      expect(await sources.list(DEVICE)).toEqual([report({ items: 9 }), ...all.slice(1)])
      const characters = (await sources.list(DEVICE)).reduce((sum, one) => sum + JSON.stringify(one).length, 0)
      expect(await sources.size(DEVICE)).toEqual({ count: 4, characters })
      await sources.drop(DEVICE)
      expect([await sources.list(DEVICE), await sources.size(OTHER_DEVICE)]).toEqual([[], { count: 0, characters: 0 }])
    })

    test('replaces the gaps of the first snapshot', async () => {
      const { sources } = await open()
      const gap = { source: 'mcp-servers', path: '/a', user: { id: '1000' }, state: 'unreadable' } as const
      await sources.putFirstSnapshotGaps(DEVICE, [gap, { ...gap, path: undefined, user: undefined }])
      expect(await sources.firstSnapshotGaps(DEVICE)).toHaveLength(2)
      await sources.putFirstSnapshotGaps(DEVICE, [gap])
      expect(await sources.firstSnapshotGaps(DEVICE)).toEqual([gap])
      expect(await sources.firstSnapshotGaps(OTHER_DEVICE)).toEqual([])
    })
  })
}
