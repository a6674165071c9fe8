import type { StoredPreregistration } from '../../../../src/directory/enrolment/preregistration-store.ts'
import type { ListRequest } from '../../../../src/directory/http/listed.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { newHuman } from '../people/human-store.contract.ts'
import { DEVICE, idOf } from '../seeds.ts'

const preregistration = (number: number, changes: Partial<StoredPreregistration> = {}): StoredPreregistration => ({
  id: idOf('pre', number),
  kind: 'serial',
  key: `s-${number}`,
  name: `S-${number}`,
  owner: 'ada',
  addedAt: 3,
  addedBy: 'adm',
  ...changes,
})

export function describePreregistrationStore({ name, open }: Engine): void {
  describe(`${name} keeps the PreregistrationStore contract`, () => {
    test('returns one by kind and key, and by id', async () => {
      const { preregistrations } = await open()
      await preregistrations.put(preregistration(1))
      const { key: _, ...view } = preregistration(1)
      expect(await preregistrations.find('serial', 's-1')).toEqual(preregistration(1))
      expect(await preregistrations.view(idOf('pre', 1))).toEqual(view)
      expect([await preregistrations.find('host', 's-1'), await preregistrations.find('serial', 'S-1')]).toEqual([
        undefined,
        undefined,
      ])
      expect(await preregistrations.view(idOf('pre', 2))).toBeUndefined()
    })

    test('refuses a second one of a kind and key', async () => {
      const { preregistrations } = await open()
      await preregistrations.put(preregistration(1))
      expect(await codeThrown(() => preregistrations.put(preregistration(2, { key: 's-1' })))).toBe('CONFLICT')
      await preregistrations.put(preregistration(3, { key: 's-1', kind: 'host' }))
    })

    test('lists by id, by use, and by name, owner, device and beginning of the id', async () => {
      const { preregistrations } = await open()
      for (const number of [3, 1, 2]) await preregistrations.put(preregistration(number))
      await preregistrations.setOwner(idOf('pre', 2), 'bob')
      await preregistrations.use(idOf('pre', 3), DEVICE, 9)
      const numbers = async (page: Partial<Parameters<typeof preregistrations.list>[0]>) =>
        (await preregistrations.list({ limit: 10, ...page })).items.map(({ name: [, , number] }) => number)
      expect(await numbers({})).toEqual(['1', '2', '3'])
      expect(await numbers({ cursor: idOf('pre', 1), limit: 1 })).toEqual(['2'])
      expect([await numbers({ used: 'yes' }), await numbers({ used: 'no' })]).toEqual([['3'], ['1', '2']])
      expect([
        await numbers({ named: 's-2' }),
        await numbers({ named: 'S-2' }),
        await numbers({ named: 'bob' }),
      ]).toEqual([...[['2'], ['2'], ['2']]])
      expect([await numbers({ named: DEVICE }), await numbers({ named: idOf('pre', 2) })]).toEqual([['3'], ['2']])
      expect([await numbers({ named: idOf('pre', 2).slice(0, 8) }), await numbers({ named: 'pre_' })]).toEqual([
        ['1', '2', '3'],
        [],
      ])
      expect(await preregistrations.view(idOf('pre', 3))).toMatchObject({ device: DEVICE, enrolledAt: 9 })
      await preregistrations.release(DEVICE)
      expect(await preregistrations.view(idOf('pre', 3))).not.toHaveProperty('device')
      await preregistrations.remove(idOf('pre', 3))
      expect(await numbers({})).toEqual(['1', '2'])
    })

    test('finds those of an owner in any spelling of the person, or of no known person', async () => {
      const { preregistrations, humans } = await open()
      const { id } = await humans.put(newHuman(1, { userName: 'Ælfgifu', email: 'elfgifu@example.org' }))
      const owners = ['ÆLFGIFU', 'Elfgifu@example.org', id, 'the spare one', 'bob']
      for (const [at, owner] of owners.entries()) await preregistrations.put(preregistration(at + 1, { owner }))
      const numbers = async (page: ListRequest) =>
        (await preregistrations.list(page)).items.map(({ name: [, , one] }) => one)
      for (const owner of ['ælfgifu', 'elfgifu@EXAMPLE.org', id, id.slice(0, 12)]) {
        expect([owner, await numbers({ owner })]).toEqual([owner, ['1', '2', '3']])
      }
      expect([await numbers({ owner: 'The Spare One' }), await numbers({ owner: 'b' })]).toEqual([['4'], []])
      await preregistrations.setOwner(idOf('pre', 5), 'ælfgifu')
      expect([await numbers({ owner: 'bob' }), (await numbers({ owner: id })).length]).toEqual([[], 4])
      expect(await numbers({ search: 'ÆLF' })).toEqual(['1', '5'])
    })
  })
}
