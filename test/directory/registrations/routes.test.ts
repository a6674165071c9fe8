import { LIFECYCLE } from '../../../src/directory/registrations/registration-rules.ts'
import type { Departed } from '../../../src/directory/registrations/registrations.ts'
import {
  REGISTRATION_STATES,
  REQUESTED_STATES,
  type RegistrationState,
  type RegistrationView,
} from '../../../src/protocol/nouns/agents/registrations.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'
import { answer, codeIn, nothing, seedDevices, work } from '../stops/stop-fixture.ts'
import { CODEX, deactivate, type RegistrationApi, registrationApi, seedHuman } from './registration-fixture.ts'

let directory: TestDirectory
let api: RegistrationApi
let ada: string
let bob: string
directoryForAll(async (started) => {
  directory = started
  api = registrationApi(directory)
  ada = await seedHuman(directory, 'ada', 'ada@example.org')
  bob = await seedHuman(directory, 'bob')
})

const HOUR_MS = 3_600_000
const reason = 'r'

test('a registration comes back as it was made, with its creator and SPIFFE id', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const later = directory.clock.now() + HOUR_MS
  const request = {
    name: 'Reviewer',
    purpose: 'reviews merge requests',
    owner: 'ADA@example.org',
    successor: 'bob',
    contact: bob,
    criteria: { products: ['codex', 'codex', 'amp'], device, human: 'ada', workspaces: ['/srv/code'] },
    versions: ['>=1.2 <2', '3.0.1'],
    autonomyCeiling: 'asks',
    single: true,
    reviewAt: later,
    expiresAt: later + 1,
    scope: { applications: ['git'], dataSets: ['issues'], tools: ['bash'], workspaces: ['/srv'] },
  }
  const created = (await askDocumented(directory, 'POST', 'createRegistration', '/registrations', request))
    .json as RegistrationView
  expect(created).toEqual({
    ...request,
    owner: ada,
    successor: bob,
    ownerName: 'ada N.',
    ownerUserName: 'ada',
    successorName: 'bob N.',
    criteria: { products: ['amp', 'codex'], device, human: ada, workspaces: ['/srv/code'] },
    id: created.id,
    state: 'provisioning',
    stateAt: directory.clock.now(),
    version: 1,
    creator: { person: { id: expect.any(String), name: 'administrator' }, at: directory.clock.now() },
    createdAt: directory.clock.now(),
    changedAt: directory.clock.now(),
    spiffeId: `spiffe://example.org/agent/${created.id}`,
  })
  const path = `/registrations/${created.id}`
  expect((await askDocumented(directory, 'GET', 'getRegistration', path)).json).toEqual(created)
  const listed = await askDocumented(directory, 'GET', 'listRegistrations', '/registrations?human=ada&named=reviewer')
  expect(listed.json).toEqual({ items: [created], total: 1 })
  expect((await askDocumented(directory, 'GET', 'countRegistrations', '/registrations/counts')).json).toMatchObject({
    provisioning: 1,
  })
})

test.each<[string, object, string]>([
  ['no criteria', { criteria: {} }, 'INPUT_MALFORMED'],
  ['a relative folder', { criteria: { workspaces: ['code'] } }, 'INPUT_MALFORMED'],
  ['a folder with ..', { criteria: { workspaces: ['/srv/../etc'] } }, 'INPUT_MALFORMED'],
  [
    'large criteria',
    { criteria: { workspaces: Array.from({ length: 16 }, (_, at) => `/${at}${'x'.repeat(900)}`) } },
    'INPUT_TOO_LARGE',
  ],
  ['a device that is none', { criteria: { device: newTestId('dev') } }, 'DEVICE_UNKNOWN'],
  ['a human that is none', { criteria: { human: 'carol' } }, 'NOT_FOUND'],
  ['a name that cannot be seen', { name: '\u200b' }, 'INPUT_MALFORMED'],
  ['a name that turns the text', { name: 'Codex\u202e' }, 'INPUT_MALFORMED'],
  ['a name with a line feed', { name: 'Codex\nX' }, 'INPUT_MALFORMED'],
  ['a version that is none', { versions: ['latest'] }, 'INPUT_MALFORMED'],
  ['an end that has passed', { expiresAt: 1 }, 'INPUT_MALFORMED'],
  ['a review that has passed', { reviewAt: 1 }, 'INPUT_MALFORMED'],
  ['an owner who is none', { owner: 'carol' }, 'NOT_FOUND'],
  ['an active one without an owner', { state: 'active' }, 'OWNER_REQUIRED'],
  ['the owner as successor', { owner: 'ada', successor: 'ada@example.org' }, 'CONFLICT'],
])('refuses %s', async (_, changes, code) => {
  const refused = await api.ask('POST', '/registrations', { ...CODEX, ...changes })
  expect(codeIn(refused)).toBe(code)
  expect((await api.ask('GET', '/registrations')).json).toEqual({ items: [], total: 0 })
  expect(await api.acts()).toEqual([])
})

test('names of 200 characters, of other scripts and of right-to-left letters are kept', async () => {
  for (const name of ['x'.repeat(200), 'Ρομπότ', 'סוכן', '代理', 'аgent']) {
    expect((await api.created({ name })).name).toBe(name)
    const found = await api.ask('GET', `/registrations?named=${encodeURIComponent(name.toUpperCase())}`)
    expect(found.json).toMatchObject({ items: [{ name }] })
  }
})

test('refuses a deactivated owner, successor or contact', async () => {
  await deactivate(directory, bob)
  const code = async (changes: object) => codeIn(await api.ask('POST', '/registrations', { ...CODEX, ...changes }))
  expect(await code({ owner: 'bob' })).toBe('OWNER_REQUIRED')
  expect([await code({ owner: 'ada', successor: 'bob' }), await code({ contact: 'bob' })]).toEqual([
    ...['CONFLICT', 'CONFLICT'],
  ])
})

const PATHS: Readonly<Record<RegistrationState, readonly string[]>> = {
  provisioning: [],
  active: ['active'],
  suspended: ['active', 'suspended'],
  quarantined: ['quarantined'],
  retiring: ['retiring'],
  retired: ['retiring'],
}

test('has every transition of the lifecycle; the others are refused and recorded', async () => {
  // One that has to answer: otherwise what retires has ended at once.
  const [device = ''] = await seedDevices(directory, 1)
  const code: Record<string, string | undefined> = {}
  const expected: Record<string, string | undefined> = {}
  for (const from of REGISTRATION_STATES) {
    for (const to of REQUESTED_STATES) {
      const { id } = await api.created({ owner: 'ada', criteria: { products: ['codex'], device } })
      for (const state of PATHS[from]) await api.move(id, state)
      if (from === 'retired') {
        for (const order of await work(directory)) await answer(directory, order, { stop: nothing })
        await directory.services.registrations.finishRetirements()
      }
      expect((await api.get(id)).state).toBe(from)
      const moved = await api.move(id, to)
      code[`${from} ${to}`] = codeIn(moved)
      const isAllowed = LIFECYCLE[from].includes(to)
      expected[`${from} ${to}`] = isAllowed ? undefined : 'TRANSITION_REFUSED'
      expect((await api.get(id)).state).toBe(isAllowed ? to : from)
      if (!isAllowed) expect((await api.acts())[0]).toBe('refused')
    }
  }
  expect(code).toEqual(expected)
}, 60_000)

test('becomes active only with a living owner, and records a refusal', async () => {
  const { id } = await api.created()
  expect(codeIn(await api.move(id, 'active'))).toBe('OWNER_REQUIRED')
  expect(await directory.store.events.list({ limit: 1 })).toMatchObject([
    { kind: 'registration-refused', facts: { agent: id, from: 'provisioning', to: 'active', code: 'OWNER_REQUIRED' } },
  ])
  await api.ask('POST', `/registrations/${id}/owner`, { owner: 'ada', reason })
  expect((await api.move(id, 'active')).json).toMatchObject({ state: 'active', owner: ada })
})

test('a reactivation voids what was granted before', async () => {
  const { id } = await api.created({ owner: 'ada', state: 'active' })
  const first = (await api.get(id)).authorizationCutoff
  directory.clock.jump(HOUR_MS)
  await api.move(id, 'suspended')
  expect((await api.get(id)).authorizationCutoff).toBe(first)
  directory.clock.jump(HOUR_MS)
  await api.move(id, 'active')
  expect((await api.get(id)).authorizationCutoff).toBe(directory.clock.now())
})

test('changes what it says, takes values away, and keeps the rest', async () => {
  const { id, criteria } = await api.created({ owner: 'ada', successor: 'bob', autonomyCeiling: 'asks', single: true })
  const path = `/registrations/${id}/changes`
  const change = { name: 'Renamed', autonomyCeiling: null, contact: 'bob', expectVersion: 1 }
  const changed = await askDocumented(directory, 'POST', 'changeRegistration', path, change)
  expect(changed.json).toMatchObject({
    name: 'Renamed',
    contact: bob,
    successor: bob,
    single: true,
    criteria,
    version: 2,
  })
  expect(changed.json).not.toHaveProperty('autonomyCeiling')
  expect(codeIn(await api.ask('POST', path, { name: 'x', expectVersion: 1 }))).toBe('VERSION_STALE')
  expect(codeIn(await api.ask('POST', path, { successor: 'ada' }))).toBe('CONFLICT')
  expect(codeIn(await api.ask('POST', path, { criteria: {} }))).toBe('INPUT_MALFORMED')
  expect((await api.ask('POST', path, { successor: null, contact: null })).json).not.toHaveProperty('successor')
  await api.move(id, 'retiring')
  expect(codeIn(await api.ask('POST', path, { name: 'x' }))).toBe('CONFLICT')
})

test('a successor, or an administrator for them, accepts, and no other person', async () => {
  const { services, clock } = directory
  const tokenOf = async (name: string, role: 'operator' | 'administrator') =>
    (await services.principals.add({ kind: 'administrator', name, role, ttlMs: HOUR_MS }, 'adm_test')).token
  const { id } = await api.created({ owner: 'ada', successor: 'bob' })
  const accept = (token?: string) => api.ask('POST', `/registrations/${id}/acceptance`, { what: 'succession' }, token)
  expect(codeIn(await accept(await tokenOf('carol', 'operator')))).toBe('NOT_PERMITTED')
  expect((await accept(await tokenOf('Bob', 'operator'))).json).toMatchObject({ successorAcceptedAt: clock.now() })
  const facts = async () => (await directory.store.events.list({ limit: 1 }))[0]?.facts
  expect(await facts()).toMatchObject({ successor: bob, onBehalf: false })
  await accept()
  expect(await facts()).toMatchObject({ successor: bob, onBehalf: true })
  const carol = await seedHuman(directory, 'carol')
  const change = (body: object) => api.ask('POST', `/registrations/${id}/changes`, body)
  expect((await change({ successor: 'bob' })).json).toHaveProperty('successorAcceptedAt')
  const other = (await change({ successor: carol })).json
  expect(other).toMatchObject({ successor: carol })
  expect(other).not.toHaveProperty('successorAcceptedAt')
  await deactivate(directory, carol)
  expect(codeIn(await accept())).toBe('CONFLICT')
  await change({ successor: null })
  expect(codeIn(await accept())).toBe('CONFLICT')
})

test('accepting a registration that waits makes it active', async () => {
  const { id } = await api.created({ owner: 'ada' })
  const path = `/registrations/${id}/acceptance`
  const accepted = await askDocumented(directory, 'POST', 'acceptRegistration', path, { what: 'registration' })
  expect(accepted.json).toMatchObject({ state: 'active' })
  expect(codeIn(await api.ask('POST', path, { what: 'registration' }))).toBe('TRANSITION_REFUSED')
})

test('refuses cycles of successors, however long', async () => {
  const carol = await seedHuman(directory, 'carol')
  await api.created({ owner: 'ada', successor: 'bob' })
  await api.created({ owner: 'bob', successor: 'carol' })
  const create = (owner: string, successor: string) =>
    api.ask('POST', '/registrations', { ...CODEX, owner, successor }).then(codeIn)
  expect([await create('bob', 'ada'), await create('carol', 'ada'), await create('ada', 'carol')]).toEqual([
    ...['CONFLICT', 'CONFLICT', undefined],
  ])
  const { id } = await api.created({ owner: 'carol' })
  expect(codeIn(await api.ask('POST', `/registrations/${id}/changes`, { successor: 'ada' }))).toBe('CONFLICT')
  const given = await api.created({ successor: 'ada' })
  const transfer = { owner: carol, reason }
  expect(codeIn(await api.ask('POST', `/registrations/${given.id}/owner`, transfer))).toBe('CONFLICT')
})

test('another owner answers for it; the successor who becomes one is none any more', async () => {
  const { id } = await api.created({ owner: 'ada', successor: 'bob', state: 'active' })
  const path = `/registrations/${id}/owner`
  const given = await askDocumented(directory, 'POST', 'transferRegistration', path, { owner: 'bob', reason })
  expect(given.json).toMatchObject({ owner: bob, state: 'active' })
  expect(given.json).not.toHaveProperty('successor')
  await deactivate(directory, ada)
  expect(codeIn(await api.ask('POST', path, { owner: 'ada', reason }))).toBe('OWNER_REQUIRED')
  expect(codeIn(await api.ask('POST', path, { owner: 'nobody', reason }))).toBe('NOT_FOUND')
  await api.move(id, 'retiring')
  expect(codeIn(await api.ask('POST', path, { owner: 'bob', reason }))).toBe('CONFLICT')
})

const idsOf = ({ transferred, retired }: Departed) => ({
  transferred: transferred.map(({ id }) => id),
  retired: retired.map(({ id }) => id),
})

test('what a human leaves goes to successors who accepted, and retires otherwise', async () => {
  const [accepted, asked, alone, suspended, ended] = [
    await api.created({ owner: 'ada', successor: 'bob', state: 'active' }),
    await api.created({ owner: 'ada', successor: 'bob', state: 'active' }),
    await api.created({ owner: 'ada' }),
    await api.created({ owner: 'ada', successor: 'bob', state: 'active' }),
    await api.created({ owner: 'ada', state: 'active' }),
  ]
  for (const { id } of [accepted, suspended])
    await api.ask('POST', `/registrations/${id}/acceptance`, { what: 'succession' })
  await api.move(suspended.id, 'suspended')
  await api.move(ended.id, 'retiring')
  const departed = await directory.services.registrations.depart(ada, {
    reason: 'left',
    by: { id: 'scim', name: 'SCIM' },
  })
  expect(idsOf(departed)).toEqual({ transferred: [accepted.id, suspended.id], retired: [asked.id, alone.id] })
  expect(departed.transferred[0]).toEqual({ id: accepted.id, name: 'Codex', to: bob })
  await deactivate(directory, ada)
  expect(await api.get(accepted.id)).toMatchObject({ owner: bob, state: 'active' })
  expect(await api.get(suspended.id)).toMatchObject({ owner: bob, state: 'suspended' })
  expect(await api.get(asked.id)).toMatchObject({ owner: ada, state: 'retiring', stateReason: 'left' })
  // The successor left meanwhile.
  const late = await api.created({ owner: 'bob', state: 'active' })
  const carol = await seedHuman(directory, 'carol')
  await api.ask('POST', `/registrations/${late.id}/changes`, { successor: 'carol' })
  await api.ask('POST', `/registrations/${late.id}/acceptance`, { what: 'succession' })
  await deactivate(directory, carol)
  const second = await directory.services.registrations.depart(bob, {
    reason: 'left',
    by: { id: 'scim', name: 'SCIM' },
  })
  expect(idsOf(second)).toEqual({ transferred: [], retired: [accepted.id, suspended.id, late.id] })
})

test('pages', async () => {
  for (let at = 0; at < 5; at++) await api.created({ name: `A${at}` })
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { items, next } = Object((await api.ask('GET', `/registrations?limit=2${cursor}`)).json)
    seen.push(...items.map(({ name }: RegistrationView) => name))
    if (next === undefined) break
    cursor = `&cursor=${next}`
  }
  expect(seen).toEqual(['A4', 'A3', 'A2', 'A1', 'A0'])
  expect((await api.ask('GET', '/registrations?owner=nobody')).json).toEqual({ items: [], total: 0 })
})

test('of two changes of one version at once one is refused, and of two transitions', async () => {
  const { id } = await api.created({ owner: 'ada', state: 'active' })
  const change = (purpose: string) => api.ask('POST', `/registrations/${id}/changes`, { purpose, expectVersion: 1 })
  const changed = await Promise.all([change('one'), change('two')])
  expect(changed.map((one) => codeIn(one)).toSorted()).toEqual(['VERSION_STALE', undefined])
  // Not over the network, so that each begins before the other has ended.
  const by = { id: 'adm_test', name: 'administrator' }
  const move = () => directory.services.registrations.move(id, 'suspended', { reason, by })
  const moved = await Promise.allSettled([move(), move()])
  expect(moved.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  const { items } = await directory.store.stops.list({ limit: 9 }, directory.clock.now())
  expect(items).toHaveLength(1)
})
