import { agentSighting, mcpServerSighting, unknownAgent } from '../../../support/protocol/sample-sightings.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE, seed } from '../seeds.ts'

const ID = (digit: string) => digit.repeat(32)
const seen = (at: number, snapshot = 's') => ({ snapshot, at })

export function describeSightingStore({ name, open }: Engine): void {
  const seeded = async () => {
    const store = await open()
    await seed(store)
    return store
  }

  describe(`${name} keeps the SightingStore contract`, () => {
    test('says what was there before', async () => {
      const { sightings } = await seeded()
      const agent = agentSighting('1')
      expect(await sightings.put(DEVICE, agent, seen(3))).toMatchObject({
        same: false,
        isKnown: false,
        ofUser: undefined,
      })
      expect(await sightings.put(DEVICE, agent, seen(4))).toMatchObject({ same: true, characters: 0 })
      const changed = await sightings.put(DEVICE, { ...agent, version: '9' }, seen(5))
      expect(changed).toMatchObject({ same: false, isKnown: true, ofUser: undefined })
      expect(changed.characters).toBe(JSON.stringify({ ...agent, version: '9' }).length)
      expect(await sightings.view(DEVICE, ID('1'))).toMatchObject({ firstSeenAt: 3, lastSeenAt: 5 })
    })

    test('remembers a launch hash, and autonomy of a user for a day, after the end', async () => {
      const { sightings } = await seeded()
      await sightings.put(DEVICE, mcpServerSighting('1', { launchHash: 'a' }), seen(3))
      const autonomous = (digit: string, id: string) =>
        agentSighting(digit, { autonomy: { level: 'autonomous', because: [] }, user: { id, name: id } })
      expect((await sightings.put(DEVICE, autonomous('2', '7'), seen(3))).ofUser).toEqual({
        isThere: false,
        wasAutonomous: false,
      })
      await sightings.end(DEVICE, [ID('1'), ID('2')], 4)
      const again = await sightings.put(DEVICE, mcpServerSighting('1', { launchHash: 'b' }), seen(5))
      expect(again.launchHash).toBe('a')
      const beforePut = async (digit: string, id: string, at: number) =>
        (await sightings.put(DEVICE, autonomous(digit, id), seen(at))).ofUser
      expect(await beforePut('3', '8', 5)).toEqual({ isThere: false, wasAutonomous: false })
      expect(await beforePut('4', '7', 5)).toEqual({ isThere: false, wasAutonomous: true })
      expect(await beforePut('5', '7', 6)).toEqual({ isThere: true, wasAutonomous: true })
      await sightings.end(DEVICE, [ID('3')], 7)
      expect(await beforePut('6', '8', 86_400_006)).toEqual({ isThere: false, wasAutonomous: true })
      await sightings.end(DEVICE, [ID('6')], 86_400_007)
      expect(await beforePut('7', '8', 2 * 86_400_007)).toEqual({ isThere: false, wasAutonomous: false })
    })

    test('ends by id, and all that a snapshot does not contain', async () => {
      const { sightings } = await seeded()
      for (const digit of ['1', '2', '3']) await sightings.put(DEVICE, agentSighting(digit), seen(3))
      await sightings.put(DEVICE, agentSighting('3'), seen(4, 't'))
      expect((await sightings.missingFrom(DEVICE, 't')).map(({ id }) => id)).toEqual([ID('1'), ID('2')])
      expect(await sightings.idsMissingFrom(DEVICE, 't')).toEqual([ID('1'), ID('2')])
      await sightings.end(DEVICE, [ID('1')], 5)
      await sightings.end(DEVICE, await sightings.idsMissingFrom(DEVICE, 't'), 6)
      expect(
        await Promise.all(['1', '2', '3'].map(async (digit) => (await sightings.view(DEVICE, ID(digit)))?.goneAt)),
      ).toEqual([5, 6, undefined])
    })

    test('says where a missing sighting lies', async () => {
      const { sightings } = await seeded()
      await sightings.put(
        DEVICE,
        agentSighting('1', { user: { id: '7', name: 'ada' }, path: '/p', state: 'installed' }),
        seen(3),
      )
      expect(await sightings.missingFrom(DEVICE, 't')).toMatchObject([
        { kind: 'agent', state: 'installed', user: { id: '7' }, path: '/p' },
      ])
    })

    test('forgets what ended before a time', async () => {
      const { sightings, fleet } = await seeded()
      await sightings.put(DEVICE, agentSighting('1'), seen(3))
      await sightings.put(DEVICE, unknownAgent('2'), seen(3))
      await sightings.end(DEVICE, [ID('1')], 5)
      await sightings.forgetBefore(DEVICE, { sightings: 5, keys: 5 })
      expect(await sightings.count(DEVICE)).toBe(2)
      await sightings.forgetBefore(DEVICE, { sightings: 6, keys: 5 })
      expect([await sightings.view(DEVICE, ID('1')), await fleet.knows('agent', 'claude-code')]).toEqual([
        undefined,
        true,
      ])
      await sightings.forgetBefore(DEVICE, { sightings: 6, keys: 6 })
      expect([await fleet.knows('agent', 'claude-code'), await sightings.count(DEVICE)]).toEqual([false, 1])
    })

    test('forgets what ended longest ago, down to a number or to a size', async () => {
      const { sightings } = await seeded()
      for (const digit of ['1', '2', '3', '4']) {
        await sightings.put(DEVICE, agentSighting(digit, { catalogueId: digit }), seen(3))
        if (digit !== '4') await sightings.end(DEVICE, [ID(digit)], 10 + Number(digit))
      }
      expect(await sightings.forgetEnded(DEVICE, { above: 4, left: 1 })).toEqual({ sightings: 0, keys: 0 })
      expect(await sightings.forgetEnded(DEVICE, { above: 3, left: 3 })).toEqual({ sightings: 1, keys: 1 })
      expect([await sightings.view(DEVICE, ID('1')), await sightings.count(DEVICE)]).toEqual([undefined, 3])
      const one = (await sightings.bytes(DEVICE)) / 3
      expect(await sightings.forgetEndedBytes(DEVICE, 2 * one)).toBe(1)
      expect(await sightings.view(DEVICE, ID('2'))).toBeUndefined()
      expect(await sightings.forgetEndedBytes(DEVICE, 0)).toBe(1)
      expect((await sightings.page(DEVICE, { limit: 10 })).items.map(({ sighting }) => sighting.id)).toEqual([ID('4')])
    })

    test('an item that was there before is not new', async () => {
      const { sightings, snapshots, fleet } = await seeded()
      await snapshots.markFirstComplete(DEVICE, 2)
      await sightings.put(DEVICE, agentSighting('1'), seen(3))
      const question = { kind: 'agent', limit: 10, isConnected: () => true, newSince: 1 } as const
      expect((await fleet.seen(question)).items).toHaveLength(1)
      await sightings.markNotNew(DEVICE, agentSighting('1'))
      expect((await fleet.seen(question)).items).toEqual([])
    })

    test('pages by id, by kind, and by state', async () => {
      const { sightings } = await seeded()
      await sightings.put(DEVICE, agentSighting('2'), seen(3))
      await sightings.put(DEVICE, mcpServerSighting('1'), seen(3))
      await sightings.put(DEVICE, agentSighting('3'), seen(3))
      await sightings.end(DEVICE, [ID('3')], 4)
      const page = async (changes: Partial<Parameters<typeof sightings.page>[1]>) => {
        const { items, more } = await sightings.page(DEVICE, { limit: 10, ...changes })
        return `${items.map(({ sighting }) => sighting.id[0]).join('')}${more ? '…' : ''}`
      }
      expect([await page({}), await page({ limit: 1 }), await page({ after: ID('1') })]).toEqual(['12', '1…', '2'])
      expect([await page({ kind: 'agent' }), await page({ state: 'gone' })]).toEqual(['2', '3'])
      expect(await sightings.page(OTHER_DEVICE, { limit: 1 })).toEqual({ items: [], more: false })
    })
  })
}
