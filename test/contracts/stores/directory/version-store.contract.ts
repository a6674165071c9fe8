import type { TextVersion } from '../../../../src/directory/versions/version-store.ts'
import type { Engine } from '../engines.ts'

const STORES = ['policies', 'ruleSets', 'accessPolicies', 'gatePolicies'] as const

const version = (number: number, more: Partial<TextVersion> = {}): TextVersion => ({
  version: number,
  hash: `hash ${number}`,
  text: `text ${number}`,
  setAt: number * 10,
  setBy: 'adm_1',
  forced: false,
  ...more,
})

export function describeVersionStores({ name, open }: Engine): void {
  describe.each(STORES)(`${name} keeps the VersionStore contract: %s`, (which) => {
    test('has none before one was added', async () => {
      const { [which]: store } = await open()
      expect([await store.newest(), await store.get(1), await store.list({ limit: 9 })]).toEqual([
        undefined,
        undefined,
        [],
      ])
    })

    test('has each version as it was added, and the newest by its number', async () => {
      const { [which]: store } = await open()
      const [first, third] = [version(1), version(3, { forced: true, restores: 1, reason: 'again' })]
      await store.add(third)
      await store.add(first)
      expect(await store.newest()).toMatchObject(third)
      expect(await store.get(1)).toMatchObject(first)
      expect(await store.get(2)).toBeUndefined()
    })

    test('lists the newest first, without texts, from any version down', async () => {
      const { [which]: store } = await open()
      for (const number of [1, 2, 3]) await store.add(version(number))
      const numbers = async (page: { before?: number; limit: number }) =>
        (await store.list(page)).map((one) => one.version)
      expect(await numbers({ limit: 2 })).toEqual([3, 2])
      expect(await numbers({ before: 2, limit: 2 })).toEqual([1])
      expect((await store.list({ limit: 1 }))[0]).not.toHaveProperty('text')
    })

    test('refuses a number twice, and another kind of text has its own numbers', async () => {
      const stores = await open()
      await stores[which].add(version(1))
      await expect(stores[which].add(version(1, { text: 'another' }))).rejects.toThrow()
      expect(await stores[which].get(1)).toMatchObject({ text: 'text 1' })
      for (const other of STORES) if (other !== which) expect(await stores[other].newest()).toBeUndefined()
    })
  })
}
