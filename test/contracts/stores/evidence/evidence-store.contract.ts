import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE, seed } from '../seeds.ts'

const batch = (sequence: number, changes: { epoch?: number } = {}) => ({
  device: DEVICE,
  epoch: 1,
  sequence,
  hash: `h${sequence}`,
  previous: `h${sequence - 1}`,
  compact: `jws${sequence}`,
  ...changes,
})

export function describeEvidenceStore({ name, open }: Engine): void {
  describe(`${name} keeps the ChainStore contract`, () => {
    test('a chain has head, size, and the newest stored batch of its epoch', async () => {
      const store = await open()
      await seed(store)
      expect(await store.evidence.chain(DEVICE)).toMatchObject({
        status: 'active',
        epoch: 1,
        sequence: 0,
        bytes: 0,
        newest: 0,
      })
      await store.evidence.putBatch(batch(1), 5)
      await store.evidence.putBatch(batch(9), 5)
      await store.evidence.putBatch(batch(30, { epoch: 2 }), 5)
      await store.evidence.putChain(DEVICE, { sequence: 1, head: 'h1', bytes: 4, at: 5 })
      expect(await store.evidence.chain(DEVICE)).toEqual({
        status: 'active',
        epoch: 1,
        sequence: 1,
        head: 'h1',
        bytes: 4,
        newest: 9,
      })
      expect((await store.devices.get(DEVICE))?.confirmedAt).toBe(5)
      expect(await store.evidence.chain(OTHER_DEVICE)).toBeUndefined()
    })

    test('returns a batch by its number', async () => {
      const store = await open()
      await seed(store)
      await store.evidence.putBatch(batch(1), 5)
      expect(await store.evidence.batchAt(DEVICE, 1, 1)).toEqual(batch(1))
      expect(await store.evidence.hashAt(DEVICE, 1, 1)).toBe('h1')
      expect(await store.evidence.jws(DEVICE, { epoch: 1, sequence: 1 })).toBe('jws1')
      const missing = [await store.evidence.batchAt(DEVICE, 2, 1), await store.evidence.hashAt(OTHER_DEVICE, 1, 1)]
      expect([...missing, await store.evidence.jws(DEVICE, { epoch: 1, sequence: 2 })]).toEqual([
        ...[undefined, undefined, undefined],
      ])
    })

    test('refuses a second batch with the same number', async () => {
      const store = await open()
      await seed(store)
      await store.evidence.putBatch(batch(1), 5)
      expect(await codeThrown(() => store.evidence.putBatch(batch(1), 6))).toBe('CONFLICT')
    })

    test('lists newest first, before a batch, with sizes', async () => {
      const store = await open()
      await seed(store)
      for (const one of [batch(1), batch(2), batch(1, { epoch: 2 })]) await store.evidence.putBatch(one, 5)
      const list = async (page: Parameters<typeof store.evidence.list>[1]) =>
        (await store.evidence.list(DEVICE, page)).map(({ epoch, sequence }) => `${epoch}.${sequence}`)
      expect(await list({ limit: 10 })).toEqual(['2.1', '1.2', '1.1'])
      expect(await list({ limit: 1, before: { epoch: 2, sequence: 1 } })).toEqual(['1.2'])
      expect((await store.evidence.list(DEVICE, { limit: 1 }))[0]).toMatchObject({
        hash: 'h1',
        receivedAt: 5,
        sizeBytes: 4,
      })
    })

    test('an error in a transaction undoes all of it, and in a nested one only that part', async () => {
      const store = await open()
      await seed(store)
      const fail = () => {
        throw new TypeError('undo')
      }
      await store.transaction(async () => {
        await store.evidence.putBatch(batch(1), 5)
        const nested = () =>
          store.transaction(async () => {
            await store.evidence.putBatch(batch(2), 5)
            fail()
          })
        await expect(nested).rejects.toThrow('undo')
      })
      const failing = () =>
        store.transaction(async () => {
          await store.evidence.putBatch(batch(3), 5)
          fail()
        })
      await expect(failing).rejects.toThrow('undo')
      expect(await Promise.all([1, 2, 3].map((sequence) => store.evidence.hashAt(DEVICE, 1, sequence)))).toEqual([
        ...['h1', undefined, undefined],
      ])
    })
  })
}
