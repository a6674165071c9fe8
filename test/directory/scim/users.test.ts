import { codeThrown } from '../../support/code-thrown.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { ENTERPRISE, type ScimClient, SEARCH, scimClient, USER } from '../../support/directory/scim-client.ts'

let directory: TestDirectory
let scim: ScimClient
directoryForAll(async (started) => {
  directory = started
  const { token } = await directory.services.principals.add(
    { kind: 'service', name: 'idp', role: 'provision', ttlMs: 86_400_000 },
    'adm_test',
  )
  scim = scimClient({ url: directory.url, ca: directory.ca, token })
})

const human = (id: string) => directory.store.humans.get(id)
const events = async (kind: string) =>
  (await directory.store.events.list({ limit: 500 })).filter((event) => event.kind === kind)

describe('create', () => {
  test('keeps in columns what the register needs and the rest beside it', async () => {
    const id = await scim.user('Ada@Example.org', {
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [
        { value: 'x@home.example', type: 'home' },
        { value: 'ada@work.example', type: 'Work' },
      ],
      TITLE: 'Countess',
      [ENTERPRISE]: { department: 'Engines' },
      shoeSize: 39,
      'urn:example:Other': { a: 1 },
    })
    expect(await human(id)).toMatchObject({
      userName: 'Ada@Example.org',
      displayName: 'Ada Lovelace',
      email: 'ada@work.example',
      origin: 'scim',
      status: 'active',
      scim: { title: 'Countess', name: { givenName: 'Ada' }, [ENTERPRISE]: { department: 'Engines' } },
    })
    expect(JSON.stringify((await human(id))?.scim)).not.toMatch(/shoeSize|Other|userName/)
    const { body, headers } = await scim.get(`/Users/${id}`)
    expect(body).toMatchObject({
      schemas: [USER, ENTERPRISE],
      id,
      displayName: 'Ada Lovelace',
      title: 'Countess',
      meta: { resourceType: 'User', version: 'W/"1"', location: `${directory.url}/scim/v2/Users/${id}` },
    })
    expect(headers.etag).toBe('W/"1"')
  })

  test('an inactive user is deactivated from the start', async () => {
    const id = await scim.user('gone', { active: false })
    expect((await human(id))?.status).toBe('deactivated')
    expect((await scim.get(`/Users/${id}`)).body.active).toBe(false)
  })

  test('ten thousand times is one user and as many refusals, with nothing written', async () => {
    const id = await scim.user('ada', { externalId: 'x1' })
    const before = (await directory.store.events.list({ limit: 500 })).length
    const [users] = directory.services.scimResources
    const codes = new Set<string>()
    for (let round = 0; round < 10_000; round++) {
      const body = { schemas: [USER], userName: round % 2 === 0 ? 'ADA' : 'other', externalId: 'x1' }
      codes.add(await codeThrown(() => users?.create(body, { by: { id: 'adm', name: 'a' } })))
    }
    expect([...codes]).toEqual(['CONFLICT'])
    expect((await scim.list('/Users')).items).toMatchObject([{ id }])
    expect(await directory.store.events.list({ limit: 500 })).toHaveLength(before)
  })

  test.each<[string, unknown, string | undefined]>([
    ['no body', undefined, undefined],
    ['no schemas', { userName: 'x' }, 'invalidSyntax'],
    ['another schema', { schemas: ['urn:other'], userName: 'x' }, 'invalidSyntax'],
    ['a list', [], 'invalidSyntax'],
    ['no user name', { schemas: [USER] }, 'invalidValue'],
    ['an empty user name', { schemas: [USER], userName: '' }, 'invalidValue'],
    ['a user name of spaces', { schemas: [USER], userName: '  ' }, 'invalidValue'],
    ['a user name with a direction mark', { schemas: [USER], userName: 'ada\u202egro' }, 'invalidValue'],
    [
      'a display name with a control character',
      { schemas: [USER], userName: 'x', displayName: 'a\u0007' },
      'invalidValue',
    ],
    ['a user name of 300 characters', { schemas: [USER], userName: 'a'.repeat(300) }, 'invalidValue'],
    [
      'an external id of 300 characters',
      { schemas: [USER], userName: 'x', externalId: 'a'.repeat(300) },
      'invalidValue',
    ],
    ['a user name that is no text', { schemas: [USER], userName: { a: 1 } }, 'invalidValue'],
    ['active maybe', { schemas: [USER], userName: 'x', active: 'maybe' }, 'invalidValue'],
    ['a name twice', { schemas: [USER], userName: 'x', username: 'y' }, 'invalidSyntax'],
    ['not JSON', '{', 'invalidSyntax'],
    ['a member twice', '{"schemas":[],"schemas":[]}', 'invalidSyntax'],
    ['a __proto__', '{"__proto__":{"a":1}}', 'invalidSyntax'],
    ['nested too deeply', `${'['.repeat(40)}${']'.repeat(40)}`, 'invalidSyntax'],
  ])('refuses %s', async (_name, body, scimType) => {
    const answer = await scim.send('POST', '/Users', body)
    expect(answer.body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      detail: expect.any(String),
    })
    expect(answer.status).toBe(400)
    expect(answer.body.scimType).toBe(scimType ?? 'invalidSyntax')
    expect(answer.headers['content-type']).toContain('application/scim+json')
    expect((await scim.list('/Users')).total).toBe(0)
  })
})

describe('change', () => {
  test('PUT replaces what is kept, and leaves status and id', async () => {
    const id = await scim.user('ada', { title: 'Countess', externalId: 'x1' })
    const { body } = await scim.send('PUT', `/Users/${id}`, { schemas: [USER], id: 'other', userName: 'ada2' })
    expect(body).toMatchObject({ id, userName: 'ada2', active: true })
    expect(body).not.toHaveProperty('title')
    expect(body).not.toHaveProperty('externalId')
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }])
    await scim.send('PUT', `/Users/${id}`, { schemas: [USER], userName: 'ada2', title: 'x' })
    expect(await human(id)).toMatchObject({ status: 'deactivated' })
  })

  test('what changes nothing raises no version and records nothing', async () => {
    const id = await scim.user('ada', { title: 'Countess', emails: [{ value: 'a@b' }] })
    const { body } = await scim.get(`/Users/${id}`)
    await scim.send('PUT', `/Users/${id}`, body)
    await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { title: 'Countess', active: true } }])
    expect((await human(id))?.version).toBe(1)
    expect(await events('human-changed')).toEqual([])
  })

  test('a display name that follows from the name follows it, one that was given stays', async () => {
    const id = await scim.user('ada', { name: { givenName: 'Ada', familyName: 'Byron' } })
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'name.familyName', value: 'Lovelace' }])
    expect((await human(id))?.displayName).toBe('Ada Lovelace')
    await scim.patch(`/Users/${id}`, [{ op: 'add', path: 'displayName', value: 'The Countess' }])
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'name.familyName', value: 'King' }])
    expect((await human(id))?.displayName).toBe('The Countess')
  })

  test('the manager becomes a human if it is one', async () => {
    const boss = await scim.user('boss')
    const id = await scim.user('ada', { [ENTERPRISE]: { manager: { value: 'boss' } } })
    expect((await human(id))?.manager).toBe(boss)
    const path = `${ENTERPRISE}:manager`
    for (const value of ['4711', id]) {
      await scim.patch(`/Users/${id}`, [{ op: 'replace', path, value }])
      expect((await human(id))?.manager).toBeUndefined()
      expect((await scim.get(`/Users/${id}`)).body[ENTERPRISE]).toEqual({ manager: { value } })
    }
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path, value: boss }])
    // Each is the manager of the other: the second is kept as text.
    await scim.patch(`/Users/${boss}`, [{ op: 'replace', path, value: id }])
    expect([(await human(id))?.manager, (await human(boss))?.manager]).toEqual([boss, undefined])
  })

  test('a stale version is refused, and of two concurrent changes one', async () => {
    const id = await scim.user('ada')
    const title = (value: string) => [{ op: 'replace', path: 'title', value }]
    const both = await Promise.all(
      ['one', 'two'].map((value) => scim.patch(`/Users/${id}`, title(value), { 'if-match': 'W/"1"' })),
    )
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412])
    expect((await human(id))?.version).toBe(2)
    const stale = [
      await scim.patch(`/Users/${id}`, title('x'), { 'if-match': '"1"' }),
      await scim.send('PUT', `/Users/${id}`, { schemas: [USER], userName: 'x' }, { 'if-match': 'W/"1", W/"7"' }),
      await scim.send('DELETE', `/Users/${id}`, undefined, { 'if-match': 'W/"1"' }),
    ]
    expect(stale.map(({ status }) => status)).toEqual([412, 412, 412])
    expect(stale[0]?.body).toMatchObject({ status: '412' })
    for (const [at, tag] of ['*', 'W/"3"', '"1", "4"'].entries()) {
      expect((await scim.patch(`/Users/${id}`, title(`${at}`), { 'if-match': tag })).status).toBe(200)
    }
  })

  test('a read with the version that is stored is 304', async () => {
    const id = await scim.user('ada')
    const same = await scim.get(`/Users/${id}`, { 'if-none-match': 'W/"1"' })
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', 'W/"1"'])
    expect((await scim.get(`/Users/${id}`, { 'if-none-match': 'W/"2"' })).status).toBe(200)
  })

  test('a name or external id of another user is 409, and nothing changes', async () => {
    await scim.user('grace', { externalId: 'g' })
    const id = await scim.user('ada')
    const change = (path: string, value: string) => scim.patch(`/Users/${id}`, [{ op: 'replace', path, value }])
    expect((await change('userName', 'GRACE')).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    expect((await change('externalId', 'g')).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    expect(await human(id)).toMatchObject({ version: 1, userName: 'ada' })
  })
})

describe('end', () => {
  test('deactivation is recorded with the service that asked, once', async () => {
    const id = await scim.user('ada')
    const off = [{ op: 'Replace', path: 'active', value: 'False' }]
    await scim.patch(`/Users/${id}`, off)
    await scim.patch(`/Users/${id}`, off)
    expect(await events('human-deactivated')).toMatchObject([{ actorName: 'idp' }])
    expect((await human(id))?.status).toBe('deactivated')
  })

  test('a deleted user is hidden everywhere, and its names are free', async () => {
    const id = await scim.user('ada', { externalId: 'x1', emails: [{ value: 'a@b' }] })
    const group = await scim.group('staff', [id])
    expect((await scim.send('DELETE', `/Users/${id}`)).text).toBe('')
    expect(await human(id)).toMatchObject({ status: 'deactivated', deletedAt: expect.any(Number) })
    const asks = await Promise.all([
      scim.get(`/Users/${id}`),
      scim.send('PUT', `/Users/${id}`, { schemas: [USER], userName: 'ada' }),
      scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }]),
      scim.send('DELETE', `/Users/${id}`),
    ])
    expect(asks.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    expect((await scim.list('/Users')).total).toBe(0)
    for (const filter of [`id eq "${id}"`, 'externalId eq "x1"', 'emails eq "a@b"', 'userName sw "a"']) {
      expect((await scim.list(`/Users?filter=${encodeURIComponent(filter)}`)).total).toBe(0)
    }
    expect((await scim.get(`/Groups/${group}`)).body).not.toHaveProperty('members')
    expect(await scim.user('ada', { externalId: 'x1' })).not.toBe(id)
  })
})

describe('search', () => {
  beforeEach(async () => {
    for (let at = 0; at < 7; at++) await scim.user(`user-${at}`, { title: at % 2 === 0 ? 'even' : 'odd' })
  })
  const names = async (path: string) => (await scim.list(path)).items.map(({ userName }) => userName)

  test('by index', async () => {
    expect(await names('/Users?startIndex=3&count=2')).toEqual(['user-2', 'user-3'])
    expect((await scim.get('/Users?startIndex=-5&count=2')).body).toMatchObject({
      startIndex: 1,
      itemsPerPage: 2,
      totalResults: 7,
    })
    expect((await scim.get('/Users?count=0')).body).toMatchObject({ totalResults: 7, itemsPerPage: 0, Resources: [] })
    expect((await scim.get('/Users?count=-1')).body).toMatchObject({ totalResults: 7, itemsPerPage: 0 })
    expect((await scim.get('/Users?startIndex=99')).body).toMatchObject({ totalResults: 7, Resources: [] })
    const odd = encodeURIComponent('title eq "odd"')
    expect(await names(`/Users?filter=${odd}&startIndex=2&count=1`)).toEqual(['user-3'])
    expect((await scim.list(`/Users?filter=${odd}&count=1`)).total).toBe(3)
    expect(await names('/Users?aadOptscim062020&COUNT=1')).toEqual(['user-0'])
  })

  test('by cursor, while users come and go', async () => {
    const seen: unknown[] = []
    let cursor = ''
    for (let page = 0; page < 9; page++) {
      const { body } = await scim.get(`/Users?filter=${encodeURIComponent('title eq "even"')}&cursor=${cursor}&count=2`)
      expect(body).toMatchObject({ totalResults: page === 0 ? 4 : 3 })
      expect(body).not.toHaveProperty('startIndex')
      const items = body.Resources as { id: string; userName: string }[]
      seen.push(...items.map(({ userName }) => userName))
      if (page === 0) await scim.send('DELETE', `/Users/${items[0]?.id}`)
      cursor = String(body.nextCursor ?? '')
      if (cursor === '') break
    }
    expect(seen).toEqual(['user-0', 'user-2', 'user-4', 'user-6'])
  })

  test('by a query in the body, of one type and of all', async () => {
    await scim.group('user-group')
    const search = (path: string, more: object) => scim.send('POST', path, { schemas: [SEARCH], ...more })
    const one = await search('/Users/.search', { filter: 'userName eq "user-1"', attributes: ['userName'] })
    expect(one.body).toMatchObject({ totalResults: 1, Resources: [{ userName: 'user-1' }] })
    expect(Object.keys((one.body.Resources as object[])[0] ?? {}).toSorted()).toEqual(['id', 'schemas', 'userName'])
    const all = await search('/.search', {
      filter: 'displayName sw "user-" or userName sw "user-"',
      startIndex: 7,
      count: 5,
    })
    expect((all.body.Resources as { meta: { resourceType: string } }[]).map(({ meta }) => meta.resourceType)).toEqual([
      'User',
      'Group',
    ])
    const types: string[] = []
    let cursor: unknown = ''
    while (cursor !== undefined) {
      const { body } = await search('/.search', { cursor, count: 3 })
      types.push(...(body.Resources as { meta: { resourceType: string } }[]).map(({ meta }) => meta.resourceType))
      cursor = body.nextCursor
    }
    expect(types).toEqual([...Array.from({ length: 7 }, () => 'User'), 'Group'])
    expect((await search('/Users/.search', { schemas: ['urn:other'] })).body.scimType).toBe('invalidSyntax')
  })

  test.each([
    ['filter=userName', 'invalidFilter'],
    ['filter=active%20gt%20true', 'invalidFilter'],
    ['filter=a%20pr&filter=b%20pr', 'invalidSyntax'],
    ['cursor=7', 'invalidCursor'],
    ['cursor=0.1.AAAAAAAAAAAA', 'invalidCursor'],
    ['cursor=&count=0', 'invalidCount'],
    ['cursor=&count=501', 'invalidCount'],
    ['count=many', 'invalidCount'],
    ['startIndex=1e3', 'invalidCount'],
    ['attributes=userName&excludedAttributes=name', 'invalidSyntax'],
  ])('refuses %s', async (query, scimType) => {
    const { status, body } = await scim.get(`/Users?${query}`)
    expect([status, body.scimType]).toEqual([400, scimType])
  })

  test('a cursor of another query is refused', async () => {
    const { body } = await scim.get('/Users?cursor&count=2')
    expect(body.nextCursor).toEqual(expect.any(String))
    expect((await scim.get(`/Groups?cursor=${body.nextCursor}`)).body.scimType).toBe('invalidCursor')
    expect((await scim.get(`/Users?cursor=${body.nextCursor}&filter=title%20pr`)).body.scimType).toBe('invalidCursor')
  })

  test('attributes and excludedAttributes', async () => {
    const id = await scim.user('ada', {
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [{ value: 'a@b', type: 'work' }],
      [ENTERPRISE]: { department: 'Engines', costCenter: '1' },
    })
    const get = async (query: string) => (await scim.get(`/Users/${id}?${query}`)).body
    expect(await get('attributes=USERNAME,name.givenName,emails.value')).toEqual({
      schemas: [USER, ENTERPRISE],
      id,
      userName: 'ada',
      name: { givenName: 'Ada' },
      emails: [{ value: 'a@b' }],
    })
    expect(await get(`attributes=${ENTERPRISE}:department`)).toMatchObject({ [ENTERPRISE]: { department: 'Engines' } })
    expect((await get(`attributes=${ENTERPRISE}:department`))[ENTERPRISE]).not.toHaveProperty('costCenter')
    expect(await get(`attributes=${ENTERPRISE}`)).toMatchObject({ [ENTERPRISE]: { costCenter: '1' } })
    const less = await get(`excludedAttributes=id,name,emails.type,meta,${ENTERPRISE}:costCenter`)
    expect(less).toMatchObject({ id, emails: [{ value: 'a@b' }], [ENTERPRISE]: { department: 'Engines' } })
    expect(less).not.toHaveProperty('name')
    expect(less).not.toHaveProperty('meta')
    expect(await get('attributes=shoeSize')).toEqual({ schemas: [USER, ENTERPRISE], id })
  })
})
