import type { ListRequest } from '../../../src/directory/http/listed.ts'
import { LIFECYCLE } from '../../../src/directory/registrations/registration-rules.ts'
import type { NewRegistration, Registration } from '../../../src/directory/registrations/registration-store.ts'
import type { DirectoryStore } from '../../../src/directory/store/directory-store.ts'
import { REGISTRATION_STATES, type RegistrationState } from '../../../src/protocol/nouns/agents/registrations.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { newHuman } from './human-store.contract.ts'
import { DEVICE, idOf, type OpenStores } from './seeds.ts'

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

const withHumans = (store: DirectoryStore) => {
  for (const number of [1, 2]) store.humans.put(newHuman(number))
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

export function describeRegistrationStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the RegistrationStore contract`, () => {
    test('returns a registration with everything that was stored', () => {
      const registrations = withHumans(open())
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
      const added = registrations.add(whole)
      expect(added).toEqual({ ...whole, number: 1, version: 1, changedAt: 3 })
      expect(registrations.get(whole.id)).toEqual(added)
      const bare = registrations.add(newRegistration(2))
      expect(registrations.get(bare.id)).toEqual(bare)
      expect(registrations.get(idOf('agt', 3))).toBeUndefined()
    })

    test('refuses an id in use, a name that cannot be folded and a human that is none', async () => {
      const registrations = withHumans(open())
      registrations.add(newRegistration(1))
      expect(await codeThrown(() => registrations.add(newRegistration(1)))).toBe('CONFLICT')
      expect(await codeThrown(() => registrations.add(newRegistration(2, { name: 'a\u202eb' })))).toBe(
        'INPUT_MALFORMED',
      )
      expect(await codeThrown(() => registrations.add(newRegistration(2, { owner: idOf('hum', 9) })))).toBe('CONFLICT')
      expect(registrations.counts().provisioning).toBe(1)
    })

    test('refuses an active one without a living owner, from both sides', async () => {
      const store = open()
      const registrations = withHumans(store)
      const active = { state: 'active' } as const
      expect(await codeThrown(() => registrations.add(newRegistration(1, active)))).toBe('CONFLICT')
      const owned = registrations.add(newRegistration(1, { ...active, owner: OWNER }))
      expect(await codeThrown(() => registrations.update({ ...owned, owner: undefined }, { at: 4 }))).toBe('CONFLICT')
      const human = store.humans.get(OWNER)
      if (human === undefined) throw new Error('no such human')
      const left = { ...human, status: 'deactivated', deactivatedAt: 5, changedAt: 5 } as const
      expect(await codeThrown(() => store.humans.update(left))).toBe('CONFLICT')
      registrations.update({ ...owned, owner: OTHER }, { at: 4 })
      store.humans.update(left)
      expect(await codeThrown(() => registrations.add(newRegistration(2, { ...active, owner: OWNER })))).toBe(
        'CONFLICT',
      )
      const again = registrations.get(owned.id)
      if (again === undefined) throw new Error('no such registration')
      expect(await codeThrown(() => registrations.update({ ...again, owner: OWNER }, { at: 6 }))).toBe('CONFLICT')
    })

    test('has the transitions of the lifecycle and no others', async () => {
      const registrations = withHumans(open())
      let number = 0
      for (const from of REGISTRATION_STATES) {
        for (const to of REGISTRATION_STATES) {
          const { id } = registrations.add(newRegistration(++number, { owner: OWNER }))
          for (const state of PATHS[from]) registrations.move(id, { state, reason: 'r', at: 5 })
          const code = await codeThrown(() => registrations.move(id, { state: to, reason: 'r', at: 6 })).catch(
            () => undefined,
          )
          const expected = from === to || LIFECYCLE[from].includes(to) ? undefined : 'CONFLICT'
          expect([from, to, code]).toEqual([from, to, expected])
          expect(registrations.get(id)?.state).toBe(expected === undefined ? to : from)
        }
      }
    })

    test('keeps state, reason and stop of a move, and the cut-off of what was granted', () => {
      const registrations = withHumans(open())
      const { id } = registrations.add(newRegistration(1, { owner: OWNER }))
      registrations.move(id, { state: 'active', reason: 'go', at: 7 })
      expect(registrations.get(id)).toMatchObject({
        state: 'active',
        stateAt: 7,
        stateReason: 'go',
        authorizationCutoff: 7,
      })
      registrations.move(id, { state: 'suspended', reason: 'odd', at: 9, stop: idOf('stop', 1) })
      expect(registrations.get(id)).toMatchObject({ stop: idOf('stop', 1), authorizationCutoff: 7, version: 3 })
      registrations.move(id, { state: 'active', reason: 'fine', at: 11 })
      const { stop, authorizationCutoff } = registrations.get(id) ?? {}
      expect([stop, authorizationCutoff]).toEqual([undefined, 11])
    })

    test('updates the version that was read, and no other', async () => {
      const registrations = withHumans(open())
      const first = registrations.add(newRegistration(1))
      registrations.update({ ...first, name: 'Renamed', criteria: { device: DEVICE } }, { at: 8 })
      expect(registrations.get(first.id)).toMatchObject({ name: 'Renamed', version: 2, changedAt: 8, createdAt: 3 })
      expect(await codeThrown(() => registrations.update(first, { at: 9 }))).toBe('VERSION_STALE')
      const second = registrations.get(first.id)
      if (second === undefined) throw new Error('no such registration')
      const stale = { at: 9, expectVersion: 1 }
      expect(await codeThrown(() => registrations.update(second, stale))).toBe('VERSION_STALE')
      expect(registrations.list({ limit: 9, device: DEVICE }).items.map(({ id }) => id)).toEqual([first.id])
    })

    test('finds what may match a sighting, the most specific first, then the oldest', () => {
      const registrations = withHumans(open())
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
      for (const [at, one] of criteria.entries()) registrations.add(newRegistration(at + 1, { criteria: one }))
      registrations.move(idOf('agt', 9), { state: 'retiring', reason: 'r', at: 5 })
      const found = (human?: string) =>
        registrations.candidates({ item: 'claude-code', device: DEVICE, human }).map(({ number }) => number)
      expect(found(OWNER)).toEqual([5, 3, 2, 4, 9, 1])
      expect(found()).toEqual([3, 2, 9, 1])
      registrations.move(idOf('agt', 9), { state: 'retired', reason: 'r', at: 6 })
      expect(found()).toEqual([3, 2, 1])
    })

    test('lists what a human owns until it has retired, in pages, and who follows', () => {
      const registrations = withHumans(open())
      for (const number of [1, 2, 3]) registrations.add(newRegistration(number, { owner: OWNER }))
      registrations.add(newRegistration(4, { owner: OTHER, successor: OWNER }))
      registrations.add(newRegistration(5, { owner: OWNER, successor: OTHER }))
      registrations.move(idOf('agt', 1), { state: 'retiring', reason: 'r', at: 5 })
      registrations.move(idOf('agt', 2), { state: 'retiring', reason: 'r', at: 5 })
      registrations.move(idOf('agt', 2), { state: 'retired', reason: 'r', at: 5 })
      const owned = (after?: number) => registrations.ownedBy(OWNER, { after, limit: 2 }).map(({ number }) => number)
      expect([owned(), owned(3), owned(5)]).toEqual([[1, 3], [5], []])
      expect([registrations.successorsOf(OWNER), registrations.successorsOf(OTHER)]).toEqual([[OTHER], [OWNER]])
      registrations.move(idOf('agt', 5), { state: 'retiring', reason: 'r', at: 5 })
      registrations.move(idOf('agt', 5), { state: 'retired', reason: 'r', at: 5 })
      expect(registrations.successorsOf(OWNER)).toEqual([])
    })

    test('counts what ends when its owner leaves, and what was made lately', () => {
      const store = open()
      const registrations = withHumans(store)
      const add = (number: number, changes: Partial<NewRegistration>) =>
        registrations.add(newRegistration(number, { owner: OWNER, createdAt: number, ...changes }))
      add(1, {})
      add(2, { successor: OTHER })
      add(3, { successor: OTHER, successorAcceptedAt: 5 })
      add(4, { owner: OTHER })
      add(5, {})
      registrations.move(idOf('agt', 5), { state: 'retiring', reason: 'r', at: 5 })
      expect([registrations.ending(OWNER).length, registrations.ending(idOf('hum', 9))]).toEqual([2, []])
      expect([0, 2, 4].map((after) => registrations.newCount(after))).toEqual([4, 2, 0])
      const other = store.humans.get(OTHER)
      if (other === undefined) throw new Error('no such human')
      store.humans.update({ ...other, status: 'deactivated', deactivatedAt: 6, changedAt: 6 })
      expect(registrations.ending(OWNER)).toHaveLength(3)
      expect([store.humans.newCount(2), store.humans.newCount(3)]).toEqual([1, 0])
    })

    test('pages newest first by any filters, and counts by state', () => {
      const registrations = withHumans(open())
      registrations.add(newRegistration(1, { owner: OWNER, name: 'Straße' }))
      registrations.add(newRegistration(2, { owner: OTHER, criteria: { products: ['codex'], device: DEVICE } }))
      registrations.add(newRegistration(3, { owner: OWNER, criteria: { human: OTHER }, name: 'STRASSE' }))
      registrations.move(idOf('agt', 3), { state: 'active', reason: 'r', at: 5 })
      const numbers = (request: ListRequest) => registrations.list(request).items.map(({ number }) => number)
      expect([numbers({}), numbers({ cursor: '3' }), numbers({ limit: 1 })]).toEqual([[3, 2, 1], [2, 1], [3]])
      expect([numbers({ state: 'active' }), numbers({ owner: OWNER })]).toEqual([[3], [3, 1]])
      expect([numbers({ owner: OWNER, state: 'provisioning' }), numbers({ product: 'codex' })]).toEqual([[1], [2]])
      expect([numbers({ device: DEVICE }), numbers({ human: OTHER }), numbers({ human: OWNER })]).toEqual([
        [2],
        [3],
        [],
      ])
      expect(numbers({ product: 'claude-code', state: 'provisioning', owner: OWNER })).toEqual([1])
      expect([numbers({ named: 'strasse' }), numbers({ named: 'strasse', cursor: '3' })]).toEqual([[3, 1], [1]])
      const [beginning, short] = [idOf('agt', 1).slice(0, 8), idOf('agt', 1).slice(0, 7)]
      expect([numbers({ named: idOf('agt', 2) }), numbers({ named: short })]).toEqual([[2], []])
      expect(numbers({ named: beginning })).toEqual([3, 2, 1])
      expect(numbers({ named: beginning, state: 'active', owner: OWNER })).toEqual([3])
      expect([numbers({ sort: 'name' }), numbers({ search: 'strasse', sort: 'name' })]).toEqual([
        [2, 1, 3],
        [1, 3],
      ])
      expect([numbers({ owned: 'no' }), numbers({ owned: 'yes', state: 'active' })]).toEqual([[], [3]])
      expect(registrations.counts()).toEqual({
        provisioning: 2,
        active: 1,
        suspended: 0,
        quarantined: 0,
        retiring: 0,
        retired: 0,
      })
    })

    test('keeps the newest use', () => {
      const registrations = withHumans(open())
      const { id } = registrations.add(newRegistration(1))
      registrations.used(id, 20)
      registrations.used(id, 10)
      expect(registrations.get(id)).toMatchObject({ usedAt: 20, version: 1 })
    })
  })
}
