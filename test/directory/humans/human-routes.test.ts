import type { ChangedHuman, DepartureReport, HumanView } from '../../../src/protocol/nouns/people/people.ts'
import type { ServiceAccountView } from '../../../src/protocol/nouns/people/service-accounts.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

async function post(path: string, body: object): Promise<{ readonly status: number; readonly json: unknown }> {
  return await directory.ask('POST', `/api/v1${path}`, { body })
}
const get = async (path: string) => (await directory.ask('GET', `/api/v1${path}`)).json
const codeOf = (json: unknown) => (json as { code?: string }).code
const refusal = async (path: string, body: object) => {
  const { status, json } = await post(path, body)
  return [status, codeOf(json)]
}
const added = async (body: object) => (await post('/humans', body)).json as ChangedHuman
const human = async (userName: string) => (await added({ userName })).human
const audit = async () => (await directory.store.events.list({ limit: 50 })).map(({ kind }) => kind)

describe('humans', () => {
  test('are added, shown, found and changed', async () => {
    const { human: ada, warnings } = await added({ userName: 'Ada', email: 'ada@example.org', displayName: 'Ada L.' })
    expect(warnings).toEqual([])
    expect(ada).toMatchObject({ userName: 'Ada', displayName: 'Ada L.', status: 'active', origin: 'hand', version: 1 })
    const bob = (await added({ userName: 'bob', manager: 'ADA@example.org' })).human
    expect(bob.manager).toBe(ada.id)
    expect(await get(`/humans/${bob.id}`)).toEqual({ human: bob, groups: [], accounts: [] })
    for (const filter of [
      'named=ada',
      `named=${ada.id}`,
      `named=${ada.id.slice(0, 8)}`,
      'search=AD',
      'search=ada&status=active',
    ])
      expect([filter, await get(`/humans?${filter}`)]).toEqual([filter, { items: [ada], total: 1 }])
    expect(await get(`/humans?manager=${ada.id}`)).toEqual({ items: [bob], total: 1 })
    expect(await get(`/humans?search=b&manager=${ada.id}`)).toEqual({ items: [bob], total: 1 })
    expect(await get('/humans?named=eve')).toEqual({ items: [], total: 0 })
    const page = (await get('/humans?limit=1')) as { items: HumanView[]; next: string }
    expect([page.items, await get(`/humans?limit=1&cursor=${page.next}`)]).toEqual([[ada], { items: [bob] }])
    const searched = (await get('/humans?limit=1&search=A')) as { items: HumanView[]; next?: string }
    expect(searched).toEqual({ items: [ada], total: 1 })
    await added({ userName: 'Adam' })
    const first = (await get('/humans?limit=1&search=ad')) as { items: HumanView[]; next: string }
    const second = await get(`/humans?limit=1&search=ad&cursor=${first.next}`)
    expect([first.items, second]).toMatchObject([[{ userName: 'Ada' }], { items: [{ userName: 'Adam' }] }])
    for (const bad of ['search=a&cursor=.', 'search=a&cursor=_w', 'search=%E2%80%AE', 'cursor=x'])
      expect([bad, codeOf(await get(`/humans?${bad}`))]).toEqual([bad, 'INPUT_MALFORMED'])
    const change = { displayName: 'Bob', email: 'bob@example.org', manager: null, expectVersion: 1 }
    const changed = (await post(`/humans/${bob.id}`, change)).json as ChangedHuman
    expect(changed.human).toMatchObject({ displayName: 'Bob', email: 'bob@example.org', version: 2 })
    expect(changed.human.manager).toBeUndefined()
    expect(((await post(`/humans/${bob.id}`, { email: null })).json as ChangedHuman).human.email).toBeUndefined()
    expect(await audit()).toEqual(['human-changed', 'human-changed', 'human-added', 'human-added', 'human-added'])
  })

  test('with bad names are refused, and nothing is stored', async () => {
    await human('ada')
    const refused = [
      ...[{ userName: 'ADA' }, { userName: 'ａｄａ' }, { userName: ' ada ' }].map((body) => [body, [409, 'CONFLICT']]),
      [{ userName: 'bob', manager: 'eve' }, [404, 'NOT_FOUND']],
      ...['', ' ', 'a\u0000b', 'a\tb', 'a\u202eb', 'a\u200db'].map((userName) => [
        { userName },
        [400, 'INPUT_MALFORMED'],
      ]),
      ...['\u202eeve'].map((displayName) => [{ userName: 'bob', displayName }, [400, 'INPUT_MALFORMED']]),
      ...['eve', 'e v@x', '@', 'e@', 'e\u202e@x', `${'x'.repeat(255)}@y`].map((email) => [
        { userName: 'bob', email },
        [400, 'INPUT_MALFORMED'],
      ]),
    ] as const
    for (const [body, expected] of refused)
      expect([body, await refusal('/humans', body as object)]).toEqual([body, expected])
    expect([(await directory.store.humans.page({ limit: 9 })).length, await audit()]).toEqual([1, ['human-added']])
  })

  test('take names of 200 characters and of any script', async () => {
    for (const userName of ['x'.repeat(200), 'דוד', '山田太郎', 'Ðóra Ñuñez', 'مريم'])
      expect((await post('/humans', { userName })).status).toBe(201)
  })

  test('whose names look like another one get a warning', async () => {
    const ada = await human('admin')
    const { human: twin, warnings } = await added({ userName: 'аdmin' })
    expect(warnings.join('\n')).toContain(`"аdmin" looks like "admin" (${ada.id})`)
    expect(warnings.join('\n')).toContain('mixes letters of Latin and Cyrillic')
    expect((await added({ userName: 'adrnin' })).warnings).toHaveLength(2)
    expect((await added({ userName: 'bob' })).warnings).toEqual([])
    const renamed = (await post(`/humans/${twin.id}`, { userName: 'adm1n' })).json as ChangedHuman
    expect(renamed.warnings).toEqual([])
    const shared = await added({ userName: 'eve', email: 'team@example.org' })
    expect(shared.warnings).toEqual([])
    expect((await added({ userName: 'mallory', email: 'TEAM@example.org' })).warnings.join()).toContain(shared.human.id)
  })

  test('of the identity provider can be changed by hand, with a warning', async () => {
    const { human: ada } = await directory.services.humans.add(
      { userName: 'ada', origin: 'scim' },
      { id: 's', name: 's' },
    )
    const { human: changed, warnings } = (await post(`/humans/${ada.id}`, { displayName: 'A' })).json as ChangedHuman
    expect([changed.displayName, changed.origin]).toEqual(['A', 'scim'])
    expect(warnings.join()).toContain('may overwrite')
  })

  test('have no cycle of managers', async () => {
    const ada = await human('ada')
    const bob = (await added({ userName: 'bob', manager: 'ada' })).human
    const eve = (await added({ userName: 'eve', manager: 'bob' })).human
    for (const manager of ['ada', 'bob', 'eve'])
      expect(await refusal(`/humans/${ada.id}`, { manager })).toEqual([409, 'CONFLICT'])
    await post(`/humans/${eve.id}/deactivation`, { reason: 'left' })
    expect(await refusal(`/humans/${bob.id}`, { manager: 'eve' })).toEqual([409, 'CONFLICT'])
    expect(await refusal(`/humans/${bob.id}`, { manager: 'nobody' })).toEqual([404, 'NOT_FOUND'])
    expect((await directory.store.humans.get(bob.id))?.version).toBe(1)
  })

  test('are not changed with a stale version, or in part', async () => {
    const ada = await human('ada')
    await human('bob')
    await post(`/humans/${ada.id}`, { displayName: 'one', expectVersion: 1 })
    expect(await refusal(`/humans/${ada.id}`, { displayName: 'two', expectVersion: 1 })).toEqual([412, 'VERSION_STALE'])
    expect(await refusal(`/humans/${ada.id}/deactivation`, { reason: 'x', expectVersion: 1 })).toEqual([
      ...[412, 'VERSION_STALE'],
    ])
    expect(await refusal(`/humans/${ada.id}`, { displayName: 'three', userName: 'bob' })).toEqual([409, 'CONFLICT'])
    expect(await directory.store.humans.get(ada.id)).toMatchObject({ displayName: 'one', status: 'active' })
  })

  test('who leave and come back keep nothing but their identity', async () => {
    const ada = await human('ada')
    const group = (await post('/groups', { name: 'crew' })).json as { id: string }
    await post(`/groups/${group.id}`, { add: ['ada'] })
    const left = (await post(`/humans/${ada.id}/deactivation`, { reason: 'left' })).json as DepartureReport
    expect(left).toMatchObject({ groups: 1, human: { status: 'deactivated' }, dryRun: false })
    expect(await refusal(`/humans/${ada.id}/deactivation`, { reason: 'again' })).toEqual([200, undefined])
    expect(await directory.store.groups.membersOf(group.id)).toEqual([])
    const back = (await post(`/humans/${ada.id}/reactivation`, { reason: 'came back' })).json as HumanView
    expect(back).toMatchObject({ id: ada.id, status: 'active' })
    expect(back.deactivatedAt).toBeUndefined()
    expect(await refusal(`/humans/${ada.id}/reactivation`, { reason: 'again' })).toEqual([409, 'CONFLICT'])
    expect(await directory.store.groups.membersOf(group.id)).toEqual([])
    expect((await audit()).filter((kind) => kind === 'human-deactivated')).toHaveLength(1)
  })
})

describe('groups', () => {
  test('get and lose members, all or nothing', async () => {
    for (const name of ['ada', 'bob']) await human(name)
    const group = (await post('/groups', { name: 'Crew' })).json as { id: string; version: number }
    const changed = (await post(`/groups/${group.id}`, { add: ['ada', 'bob'], name: 'Team', expectVersion: 1 })).json
    expect(changed).toMatchObject({ name: 'Team', version: 2 })
    const members = async () =>
      ((await get(`/groups/${group.id}/members`)) as { items: HumanView[] }).items
        .map(({ userName }) => userName)
        .sort()
    expect(await members()).toEqual(['ada', 'bob'])
    expect(await refusal(`/groups/${group.id}`, { remove: ['ada'], add: ['eve'] })).toEqual([404, 'NOT_FOUND'])
    expect(await refusal(`/groups/${group.id}`, { remove: ['ada'], expectVersion: 1 })).toEqual([412, 'VERSION_STALE'])
    expect(await refusal(`/groups/${group.id}`, { remove: ['ada'], add: ['ADA'] })).toEqual([400, 'INPUT_MALFORMED'])
    expect(await members()).toEqual(['ada', 'bob'])
    await post(`/groups/${group.id}`, { remove: ['ada'] })
    expect(await members()).toEqual(['bob'])
    expect(await get('/groups?search=te')).toMatchObject({ items: [{ id: group.id }] })
    expect(await get('/groups?named=TEAM')).toMatchObject({ items: [{ id: group.id }] })
  })

  test('with bad names or humans who left are refused', async () => {
    const ada = await human('ada')
    await post(`/humans/${ada.id}/deactivation`, { reason: 'left' })
    const group = (await post('/groups', { name: 'Crew' })).json as { id: string }
    expect(await refusal('/groups', { name: 'CREW' })).toEqual([409, 'CONFLICT'])
    for (const name of ['a\u0000', '\u202ecrew'])
      expect([name, await refusal('/groups', { name })]).toEqual([name, [400, 'INPUT_MALFORMED']])
    expect(await refusal(`/groups/${group.id}`, { add: ['ada'] })).toEqual([409, 'CONFLICT'])
    expect((await directory.ask('DELETE', `/api/v1/groups/${group.id}`)).status).toBe(200)
    expect(codeOf((await directory.ask('DELETE', `/api/v1/groups/${group.id}`)).json)).toBe('NOT_FOUND')
    expect(codeOf(await get(`/groups/${group.id}/members`))).toBe('NOT_FOUND')
    expect((await post('/groups', { name: 'Crew' })).status).toBe(201)
  })
})

describe('service accounts', () => {
  const end = () => directory.clock.now() + 86_400_000
  const account = (changes: object = {}) => ({
    name: 'ci',
    purpose: 'builds',
    owner: 'ada',
    expiresAt: end(),
    ...changes,
  })
  const made = async (changes: object = {}) =>
    (await post('/service-accounts', account(changes))).json as ServiceAccountView

  test('have an owner, a purpose and an end', async () => {
    const ada = await human('ada')
    const bob = await human('bob')
    const ci = await made()
    expect(ci).toMatchObject({ name: 'ci', purpose: 'builds', owner: ada.id, status: 'active', version: 1 })
    const given = (await post(`/service-accounts/${ci.id}`, { owner: 'bob', purpose: 'deploys' })).json
    expect(given).toMatchObject({ owner: bob.id, purpose: 'deploys', version: 2 })
    expect(await get(`/service-accounts?owner=${bob.id}`)).toEqual({ items: [given], total: 1 })
    expect(await get('/service-accounts?named=CI')).toEqual({ items: [given], total: 1 })
    const ended = (await post(`/service-accounts/${ci.id}/end`, { reason: 'not needed' })).json
    expect(ended).toMatchObject({ status: 'ended' })
    expect(await refusal(`/service-accounts/${ci.id}/end`, { reason: 'again' })).toEqual([409, 'CONFLICT'])
    expect(await refusal(`/service-accounts/${ci.id}`, { purpose: 'x' })).toEqual([409, 'CONFLICT'])
    expect((await audit()).slice(0, 3)).toEqual([
      ...['service-account-ended', 'service-account-transferred', 'service-account-added'],
    ])
  })

  test('are refused without a living owner, with a used name, or an end after 366 days', async () => {
    await human('ada')
    const eve = await human('eve')
    await post(`/humans/${eve.id}/deactivation`, { reason: 'left' })
    await made()
    const now = directory.clock.now()
    const refused: (readonly [object, readonly [number, string]])[] = [
      [{ name: 'CI' }, [409, 'CONFLICT']],
      [{ name: 'x', owner: 'eve' }, [409, 'OWNER_REQUIRED']],
      [{ name: 'x', owner: 'nobody' }, [404, 'NOT_FOUND']],
      [{ name: 'x', successor: 'eve' }, [409, 'CONFLICT']],
      [{ name: 'x', successor: 'ada' }, [409, 'CONFLICT']],
      [{ name: 'x', expiresAt: now }, [400, 'INPUT_MALFORMED']],
      [{ name: 'x', expiresAt: now + 367 * 86_400_000 }, [400, 'INPUT_MALFORMED']],
      [{ name: 'x', purpose: ' ' }, [400, 'INPUT_MALFORMED']],
      [{ name: 'a\u202eb' }, [400, 'INPUT_MALFORMED']],
    ]
    for (const [changes, expected] of refused)
      expect([changes, await refusal('/service-accounts', account(changes))]).toEqual([changes, expected])
    expect((await directory.store.serviceAccounts.list({ limit: 9 }, now)).items).toHaveLength(1)
  })

  test('end without an act, at read and on the record', async () => {
    await human('ada')
    const ci = await made()
    directory.clock.advance(86_400_000)
    expect(await get(`/service-accounts/${ci.id}`)).toMatchObject({ status: 'ended' })
    expect(await get('/service-accounts?status=active')).toEqual({ items: [], total: 0 })
    expect(await refusal(`/service-accounts/${ci.id}`, { purpose: 'x' })).toEqual([409, 'CONFLICT'])
    expect(await directory.services.serviceAccounts.endExpired()).toBe(false)
    expect((await audit())[0]).toBe('service-account-ended')
    const again = await made()
    directory.clock.advance(86_400_000)
    // The name is free though no sweep came by.
    expect((await made()).id).not.toBe(again.id)
  })

  test('go to the successor who accepted when the owner leaves, and end otherwise', async () => {
    const [ada, bob] = [await human('ada'), await human('bob')]
    const accepted = await made({ name: 'accepted', successor: 'bob' })
    const asked = await made({ name: 'asked', successor: 'bob' })
    const alone = await made({ name: 'alone' })
    expect(await refusal(`/service-accounts/${alone.id}/acceptance`, {})).toEqual([409, 'CONFLICT'])
    expect((await post(`/service-accounts/${accepted.id}/acceptance`, {})).json).toMatchObject({
      successorAcceptedAt: directory.clock.now(),
    })
    const before = (await directory.store.events.list({ limit: 50 })).length
    const dry = (await post(`/humans/${ada.id}/deactivation`, { reason: 'left', dryRun: true })).json as DepartureReport
    expect(dry).toMatchObject({ dryRun: true, human: { status: 'deactivated' } })
    expect(dry.serviceAccounts).toEqual({
      transferred: 1,
      ended: 2,
      items: [
        { id: accepted.id, name: 'accepted', to: bob.id },
        { id: asked.id, name: 'asked' },
        { id: alone.id, name: 'alone' },
      ],
    })
    expect((await directory.store.humans.get(ada.id))?.status).toBe('active')
    expect(await directory.store.events.list({ limit: 50 })).toHaveLength(before)
    const real = (await post(`/humans/${ada.id}/deactivation`, { reason: 'left' })).json as DepartureReport
    expect(real.serviceAccounts).toEqual(dry.serviceAccounts)
    expect(await get(`/service-accounts/${accepted.id}`)).toMatchObject({ owner: bob.id, status: 'active' })
    expect(await get(`/service-accounts/${asked.id}`)).toMatchObject({ owner: ada.id, status: 'ended' })
  })

  test('an acceptance ends when the successor leaves, also if they come back', async () => {
    for (const name of ['ada', 'bob']) await human(name)
    const { id } = await made({ successor: 'bob' })
    await post(`/service-accounts/${id}/acceptance`, {})
    const bob = (await directory.store.humans.byName('bob'))?.id
    await post(`/humans/${bob}/deactivation`, { reason: 'left' })
    await post(`/humans/${bob}/reactivation`, { reason: 'back' })
    expect((await directory.store.serviceAccounts.get(id))?.successorAcceptedAt).toBeUndefined()
    const ada = (await directory.store.humans.byName('ada'))?.id
    await post(`/humans/${ada}/deactivation`, { reason: 'left' })
    expect(await get(`/service-accounts/${id}`)).toMatchObject({ status: 'ended', owner: ada })
  })

  test('an acceptance is of one owner and one successor', async () => {
    for (const name of ['ada', 'bob', 'eve']) await human(name)
    const { id } = await made({ successor: 'bob' })
    await post(`/service-accounts/${id}/acceptance`, {})
    await post(`/service-accounts/${id}`, { purpose: 'other' })
    expect((await directory.store.serviceAccounts.get(id))?.successorAcceptedAt).toBeDefined()
    await post(`/service-accounts/${id}`, { successor: 'eve' })
    expect((await directory.store.serviceAccounts.get(id))?.successorAcceptedAt).toBeUndefined()
    await post(`/service-accounts/${id}/acceptance`, {})
    await post(`/service-accounts/${id}`, { owner: 'bob' })
    expect((await directory.store.serviceAccounts.get(id))?.successorAcceptedAt).toBeUndefined()
  })
})
