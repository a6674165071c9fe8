import { codeThrown } from '../../../support/code-thrown.ts'
import { newRegistration } from '../agents/registration-store.contract.ts'
import type { Engine } from '../engines.ts'
import { idOf } from '../seeds.ts'
import { newHuman } from './human-store.contract.ts'

export function describeScimStore({ name, open }: Engine): void {
  describe(`${name} keeps the ScimStore contract`, () => {
    test('finds where a page of humans and of groups begins, without deleted ones', async () => {
      const { scim, humans, groups } = await open()
      const put = await Promise.all([1, 2, 3].map((at) => humans.put(newHuman(at))))
      const [, second] = put
      if (second === undefined) throw new TypeError('three were put')
      await humans.update({ ...second, status: 'deactivated', deactivatedAt: 5, deletedAt: 5 })
      expect(await Promise.all([0, 1, 2].map((offset) => scim.humanBefore(offset)))).toEqual([0, 1, 3])
      expect((await humans.page({ after: await scim.humanBefore(1), limit: 9 })).map(({ id }) => id)).toEqual([
        put[2]?.id,
      ])
      expect(await humans.page({ after: await scim.humanBefore(3), limit: 9 })).toEqual([])
      const [one] = await Promise.all(
        [1, 2].map((at) => groups.put({ id: idOf('grp', at), name: `Group ${at}`, origin: 'scim', createdAt: 3 })),
      )
      expect([await scim.groups(), await scim.groupBefore(1)]).toEqual([2, 1])
      if (one !== undefined) await groups.update({ ...one, deletedAt: 4 })
      expect([await scim.groups(), await scim.groupBefore(1)]).toEqual([1, 2])
      expect((await groups.list({ cursor: `${await scim.groupBefore(9)}`, limit: 9 })).items).toEqual([])
    })

    test('counts deactivations since a time, and forgets older ones', async () => {
      const { scim, humans } = await open()
      const { id } = await humans.put(newHuman(1))
      await scim.deactivated(id, { at: 100, since: 0, agents: 5 })
      await scim.deactivated(id, { at: 200, since: 100, agents: 2 })
      await scim.deactivated(id, { at: 201, since: 100, agents: 0 })
      expect([await scim.deactivations(0), await scim.deactivations(200), await scim.deactivations(201)]).toEqual([
        { humans: 2, agents: 2 },
        { humans: 1, agents: 0 },
        { humans: 0, agents: 0 },
      ])
      await scim.forgetDeactivations()
      expect(await scim.deactivations(0)).toEqual({ humans: 0, agents: 0 })
      expect(await codeThrown(() => scim.deactivated(idOf('hum', 9), { at: 1, since: 0, agents: 0 }))).toBe('CONFLICT')
    })

    test('lists agents in the order of registrations, and frees names of deleted ones', async () => {
      const { registrations, scimAgents } = await open()
      const ids = await Promise.all([1, 2, 3].map(async (at) => (await registrations.add(newRegistration(at))).id))
      const [first = '', second = '', third = ''] = ids
      await scimAgents.put({ registration: third, userName: 'Third', externalId: 'x' })
      await scimAgents.put({ registration: first, userName: 'First' })
      const put = await scimAgents.byName('THIRD')
      expect(put).toEqual({ registration: third, userName: 'Third', externalId: 'x', version: 1 })
      expect((await scimAgents.after(0, 9)).map(({ registration }) => registration)).toEqual([first, third])
      expect([await scimAgents.count(), await scimAgents.before(0), await scimAgents.before(1)]).toEqual([2, 0, 1])
      expect(await scimAgents.after(await scimAgents.before(2), 9)).toEqual([])
      expect(await codeThrown(() => scimAgents.put({ registration: second, userName: 'first' }))).toBe('CONFLICT')
      expect(await codeThrown(() => scimAgents.put({ registration: second, userName: 'b', externalId: 'x' }))).toBe(
        'CONFLICT',
      )
      expect(await codeThrown(() => scimAgents.put({ registration: first, userName: 'again' }))).toBe('CONFLICT')
      expect(await codeThrown(() => scimAgents.put({ registration: second, userName: '\u202e' }))).toBe(
        'INPUT_MALFORMED',
      )
      if (put !== undefined) await scimAgents.update({ ...put, deletedAt: 7 })
      expect([await scimAgents.byName('third'), await scimAgents.byExternalId('x'), await scimAgents.count()]).toEqual([
        undefined,
        undefined,
        1,
      ])
      expect(await scimAgents.get(third)).toMatchObject({ deletedAt: 7, version: 2 })
      await scimAgents.put({ registration: second, userName: 'third', externalId: 'x' })
      expect((await scimAgents.byExternalId('x'))?.registration).toBe(second)
    })

    test('keeps one guard, which is held or allowed and never both', async () => {
      const { scim } = await open()
      expect(await scim.guard()).toEqual({})
      await scim.setGuard({ heldAt: 5, heldFor: 'svc_1' })
      expect(await scim.guard()).toEqual({ heldAt: 5, heldFor: 'svc_1' })
      const allowed = { allowedAt: 6, allowedUntil: 9, allowedBy: 'adm_1' }
      await scim.setGuard(allowed)
      expect(await scim.guard()).toEqual(allowed)
      expect(await codeThrown(() => scim.setGuard({ ...allowed, heldAt: 5 }))).toBe('CONFLICT')
      expect(await scim.guard()).toEqual(allowed)
    })
  })
}
