import type { ListRequest } from '../../../../src/directory/http/listed.ts'
import { LIFECYCLE } from '../../../../src/directory/registrations/registration-rules.ts'
import type { NewRegistration, Registration } from '../../../../src/directory/registrations/registration-store.ts'
import type { DirectoryStore } from '../../../../src/directory/store/directory-store.ts'
import { REGISTRATION_STATES, type RegistrationState } from '../../../../src/protocol/nouns/agents/registrations.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { newHuman } from '../people/human-store.contract.ts'
import { DEVICE, idOf } from '../seeds.ts'

const OWNER = idOf('hum', 1)
const OTHER = idOf('hum', 2)

export const newRegistration = (number: number, changes: Partial<NewRegistration> = {}): NewRegistration => ({
  id: idOf('agt', number),
  name: `Agent ${number}`,
  state: 'provisioning',
  stateAt: 3,
  createdAt: 3,
  single: false,
  criteria: { products: ['claude-code'] },
  purpose: 'reviews',
  creator: { person: { id: 'adm', name: 'a' }, at: 3 },
  scope: { applications: [], dataSets: [], tools: [] },
  ...changes,
})

const withHumans = async (store: DirectoryStore) => {
  for (const number of [1, 2]) await store.humans.put(newHuman(number))
  return store.registrations
}

/** Brings a registration there by transitions that exist. */
const PATHS: Readonly<Record<RegistrationState, readonly RegistrationState[]>> = {
  provisioning: [],
  active: ['active'],
  suspended: ['active', 'suspended'],
  quarantined: ['quarantined'],
  retiring: ['retiring'],
  retired: ['retiring', 'retired'],
}

export function describeRegistrationStore({ name, open }: Engine): void {
  describe(`${name} keeps the RegistrationStore contract`, () => {
    test('returns a registration with everything that was stored', async () => {
      const registrations = await withHumans(await open())
      const whole = newRegistration(1, {
        owner: OWNER,
        successor: OTHER,
        successorAcceptedAt: 2,
        contact: OTHER,
        autonomyCeiling: 'asks',
        versions: ['>=2 <3'],
        reviewAt: 50,
        expiresAt: 60,
        single: true,
        authorizationCutoff: 3,
        criteria: { products: ['a', 'unknown/b'], human: OWNER, workspaces: ['/srv/x'] },
        scope: { applications: ['git'], dataSets: ['d'], tools: ['t'], workspaces: ['/srv'] },
        creator: { person: { id: 'adm', name: 'a' }, device: DEVICE, session: 's', at: 3 },
      })
      const added = await registrations.add(whole)
      expect(added).toEqual({ ...whole, number: 1, version: 1, changedAt: 3 })
      expect(await registrations.get(whole.id)).toEqual(added)
      const bare = await registrations.add(newRegistration(2))
      expect(await registrations.get(bare.id)).toEqual(bare)
      expect(await registrations.get(idOf('agt', 3))).toBeUndefined()
    })

    test('refuses an id in use, a name that cannot be folded and a human that is none', async () => {
      const registrations = await withHumans(await open())
      await registrations.add(newRegistration(1))
      expect(await codeThrown(() => registrations.add(newRegistration(1)))).toBe('CONFLICT')
      expect(await codeThrown(() => registrations.add(newRegistration(2, { name: 'a\u202eb' })))).toBe(
        'INPUT_MALFORMED',
      )
      expect(await codeThrown(() => registrations.add(newRegistration(2, { owner: idOf('hum', 9) })))).toBe('CONFLICT')
      expect((await registrations.counts()).provisioning).toBe(1)
    })

    test('refuses an active one without a living owner, from both sides', async () => {
      const store = await open()
      const registrations = await withHumans(store)
      const active = { state: 'active' } as const
      expect(await codeThrown(() => registrations.add(newRegistration(1, active)))).toBe('CONFLICT')
      const owned = await registrations.add(newRegistration(1, { ...active, owner: OWNER }))
      expect(await codeThrown(() => registrations.update({ ...owned, owner: undefined }, { at: 4 }))).toBe('CONFLICT')
      const human = await store.humans.get(OWNER)
      if (human === undefined) throw new Error('no such human')
      const left = { ...human, status: 'deactivated', deactivatedAt: 5, changedAt: 5 } as const
      expect(await codeThrown(() => store.humans.update(left))).toBe('CONFLICT')
      await registrations.update({ ...owned, owner: OTHER }, { at: 4 })
      await store.humans.update(left)
      expect(await codeThrown(() => registrations.add(newRegistration(2, { ...active, owner: OWNER })))).toBe(
        'CONFLICT',
      )
      const again = await registrations.get(owned.id)
      if (again === undefined) throw new Error('no such registration')
      expect(await codeThrown(() => registrations.update({ ...again, owner: OWNER }, { at: 6 }))).toBe('CONFLICT')
    })

    test('has the transitions of the lifecycle and no others', async () => {
      const registrations = await withHumans(await open())
      let number = 0
      for (const from of REGISTRATION_STATES) {
        for (const to of REGISTRATION_STATES) {
          const { id } = await registrations.add(newRegistration(++number, { owner: OWNER }))
          for (const state of PATHS[from]) await registrations.move(id, { state, reason: 'r', at: 5 })
          const code = await codeThrown(() => registrations.move(id, { state: to, reason: 'r', at: 6 })).catch(
            () => undefined,
          )
          const expected = from === to || LIFECYCLE[from].includes(to) ? undefined : 'CONFLICT'
          expect([from, to, code]).toEqual([from, to, expected])
          expect((await registrations.get(id))?.state).toBe(expected === undefined ? to : from)
        }
      }
    })

    test('keeps state, reason and stop of a move, and the cut-off of what was granted', async () => {
      const registrations = await withHumans(await open())
      const { id } = await registrations.add(newRegistration(1, { owner: OWNER }))
      await registrations.move(id, { state: 'active', reason: 'go', at: 7 })
      expect(await registrations.get(id)).toMatchObject({
        state: 'active',
        stateAt: 7,
        stateReason: 'go',
        authorizationCutoff: 7,
      })
      await registrations.move(id, { state: 'suspended', reason: 'odd', at: 9, stop: idOf('stop', 1) })
      expect(await registrations.get(id)).toMatchObject({ stop: idOf('stop', 1), authorizationCutoff: 7, version: 3 })
      await registrations.move(id, { state: 'active', reason: 'fine', at: 11 })
      const { stop, authorizationCutoff } = (await registrations.get(id)) ?? {}
      expect([stop, authorizationCutoff]).toEqual([undefined, 11])
    })

    test('updates the version that was read, and no other', async () => {
      const registrations = await withHumans(await open())
      const first = await registrations.add(newRegistration(1))
      await registrations.update({ ...first, name: 'Renamed', criteria: { device: DEVICE } }, { at: 8 })
      expect(await registrations.get(first.id)).toMatchObject({
        name: 'Renamed',
        version: 2,
        changedAt: 8,
        createdAt: 3,
      })
      expect(await codeThrown(() => registrations.update(first, { at: 9 }))).toBe('VERSION_STALE')
      const second = await registrations.get(first.id)
      if (second === undefined) throw new Error('no such registration')
      const stale = { at: 9, expectVersion: 1 }
      expect(await codeThrown(() => registrations.update(second, stale))).toBe('VERSION_STALE')
      expect((await registrations.list({ limit: 9, device: DEVICE })).items.map(({ id }) => id)).toEqual([first.id])
    })

    test('finds what may match a sighting, the most specific first, then the oldest', async () => {
      const registrations = await withHumans(await open())
      const criteria: readonly Registration['criteria'][] = [
        { workspaces: ['/srv'] },
        { products: ['claude-code'] },
        { products: ['claude-code'], device: DEVICE },
        { products: ['codex', 'claude-code'], human: OWNER },
        { products: ['claude-code'], device: DEVICE, human: OWNER },
        { products: ['codex'] },
        { products: ['claude-code'], device: idOf('dev', 2) },
        { products: ['claude-code'], human: OTHER },
        { products: ['claude-code'] },
      ]
      for (const [at, one] of criteria.entries()) await registrations.add(newRegistration(at + 1, { criteria: one }))
      await registrations.move(idOf('agt', 9), { state: 'retiring', reason: 'r', at: 5 })
      const found = async (human?: string) =>
        (await registrations.candidates({ item: 'claude-code', device: DEVICE, human })).map(({ number }) => number)
      expect(await found(OWNER)).toEqual([5, 3, 2, 4, 9, 1])
      expect(await found()).toEqual([3, 2, 9, 1])
      await registrations.move(idOf('agt', 9), { state: 'retired', reason: 'r', at: 6 })
      expect(await found()).toEqual([3, 2, 1])
    })

    test('lists what a human owns until it has retired, in pages, and who follows', async () => {
      const registrations = await withHumans(await open())
      for (const number of [1, 2, 3]) await registrations.add(newRegistration(number, { owner: OWNER }))
      await registrations.add(newRegistration(4, { owner: OTHER, successor: OWNER }))
      await registrations.add(newRegistration(5, { owner: OWNER, successor: OTHER }))
      await registrations.move(idOf('agt', 1), { state: 'retiring', reason: 'r', at: 5 })
      await registrations.move(idOf('agt', 2), { state: 'retiring', reason: 'r', at: 5 })
      await registrations.move(idOf('agt', 2), { state: 'retired', reason: 'r', at: 5 })
      const owned = async (after?: number) =>
        (await registrations.ownedBy(OWNER, { after, limit: 2 })).map(({ number }) => number)
      expect([await owned(), await owned(3), await owned(5)]).toEqual([[1, 3], [5], []])
      expect([await registrations.successorsOf(OWNER), await registrations.successorsOf(OTHER)]).toEqual([
        [OTHER],
        [OWNER],
      ])
      await registrations.move(idOf('agt', 5), { state: 'retiring', reason: 'r', at: 5 })
      await registrations.move(idOf('agt', 5), { state: 'retired', reason: 'r', at: 5 })
      expect(await registrations.successorsOf(OWNER)).toEqual([])
    })

    test('counts what ends when its owner leaves, and what was made lately', async () => {
      const store = await open()
      const registrations = await withHumans(store)
      const add = (number: number, changes: Partial<NewRegistration>) =>
        registrations.add(newRegistration(number, { owner: OWNER, createdAt: number, ...changes }))
      await add(1, {})
      await add(2, { successor: OTHER })
      await add(3, { successor: OTHER, successorAcceptedAt: 5 })
      await add(4, { owner: OTHER })
      await add(5, {})
      await registrations.move(idOf('agt', 5), { state: 'retiring', reason: 'r', at: 5 })
      expect([(await registrations.ending(OWNER)).length, await registrations.ending(idOf('hum', 9))]).toEqual([2, []])
      expect(await Promise.all([0, 2, 4].map((after) => registrations.newCount(after)))).toEqual([4, 2, 0])
      const other = await store.humans.get(OTHER)
      if (other === undefined) throw new Error('no such human')
      await store.humans.update({ ...other, status: 'deactivated', deactivatedAt: 6, changedAt: 6 })
      expect(await registrations.ending(OWNER)).toHaveLength(3)
      expect([await store.humans.newCount(2), await store.humans.newCount(3)]).toEqual([1, 0])
    })

    test('pages newest first by any filters, and counts by state', async () => {
      const registrations = await withHumans(await open())
      await registrations.add(newRegistration(1, { owner: OWNER, name: 'Straße' }))
      await registrations.add(newRegistration(2, { owner: OTHER, criteria: { products: ['codex'], device: DEVICE } }))
      await registrations.add(newRegistration(3, { owner: OWNER, criteria: { human: OTHER }, name: 'STRASSE' }))
      await registrations.move(idOf('agt', 3), { state: 'active', reason: 'r', at: 5 })
      const numbers = async (request: ListRequest) =>
        (await registrations.list(request)).items.map(({ number }) => number)
      expect([await numbers({}), await numbers({ cursor: '3' }), await numbers({ limit: 1 })]).toEqual([
        [3, 2, 1],
        [2, 1],
        [3],
      ])
      expect([await numbers({ state: 'active' }), await numbers({ owner: OWNER })]).toEqual([[3], [3, 1]])
      expect([await numbers({ owner: OWNER, state: 'provisioning' }), await numbers({ product: 'codex' })]).toEqual([
        [1],
        [2],
      ])
      expect([
        await numbers({ device: DEVICE }),
        await numbers({ human: OTHER }),
        await numbers({ human: OWNER }),
      ]).toEqual([[2], [3], []])
      expect(await numbers({ product: 'claude-code', state: 'provisioning', owner: OWNER })).toEqual([1])
      expect([await numbers({ named: 'strasse' }), await numbers({ named: 'strasse', cursor: '3' })]).toEqual([
        [3, 1],
        [1],
      ])
      const [beginning, short] = [idOf('agt', 1).slice(0, 8), idOf('agt', 1).slice(0, 7)]
      expect([await numbers({ named: idOf('agt', 2) }), await numbers({ named: short })]).toEqual([[2], []])
      expect(await numbers({ named: beginning })).toEqual([3, 2, 1])
      expect(await numbers({ named: beginning, state: 'active', owner: OWNER })).toEqual([3])
      expect([await numbers({ sort: 'name' }), await numbers({ search: 'strasse', sort: 'name' })]).toEqual([
        [2, 1, 3],
        [1, 3],
      ])
      expect([await numbers({ owned: 'no' }), await numbers({ owned: 'yes', state: 'active' })]).toEqual([[], [3]])
      expect(await registrations.counts()).toEqual({
        provisioning: 2,
        active: 1,
        suspended: 0,
        quarantined: 0,
        retiring: 0,
        retired: 0,
      })
    })

    test('keeps the newest use', async () => {
      const registrations = await withHumans(await open())
      const { id } = await registrations.add(newRegistration(1))
      await registrations.used(id, 20)
      await registrations.used(id, 10)
      expect(await registrations.get(id)).toMatchObject({ usedAt: 20, version: 1 })
    })
  })
}
