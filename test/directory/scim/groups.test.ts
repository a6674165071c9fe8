import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { GROUP, type ScimClient, scimClient } from '../../support/directory/scim-client.ts'

let directory: TestDirectory
let scim: ScimClient
let ada: string
let grace: string
let gone: string
beforeAll(async () => {
  directory = await startTestDirectory()
  scim = scimClient(directory)
  ada = await scim.user('ada', { displayName: 'Ada Lovelace' })
  grace = await scim.user('grace')
  gone = await scim.user('gone', { active: false })
})
afterAll(() => directory[Symbol.asyncDispose]())

let count = 0
const newGroup = (...members: string[]) => scim.group(`group ${count++}`, members)
const membersOf = async (group: string) => (await directory.store.groups.membersOf(group)).toSorted()
const versionOf = async (group: string) => (await directory.store.groups.get(group))?.version

test('members are shown with their URLs', async () => {
  const group = await newGroup(ada)
  expect((await scim.get(`/Groups/${group}`)).body).toMatchObject({
    schemas: [GROUP],
    members: [{ value: ada, type: 'User', $ref: `${directory.url}/scim/v2/Users/${ada}` }],
  })
  const { body } = await scim.get(`/Groups/${group}?excludedAttributes=members`)
  expect(Object.keys(body).toSorted()).toEqual(['displayName', 'id', 'meta', 'schemas'])
})

test.each<[string, readonly object[], readonly ('ada' | 'grace')[]]>([
  ['add', [{ op: 'add', path: 'members', value: [{ value: 'grace' }] }], ['ada', 'grace']],
  ['add of one object', [{ op: 'Add', path: 'members', value: { value: 'grace' } }], ['ada', 'grace']],
  ['add of texts', [{ op: 'add', path: 'members', value: ['grace', 'ada'] }], ['ada', 'grace']],
  ['add without a path', [{ op: 'add', value: { MEMBERS: [{ value: 'grace' }] } }], ['ada', 'grace']],
  ['remove one', [{ op: 'remove', path: 'members[value eq "ada"]' }], []],
  ['remove by value', [{ op: 'Remove', path: 'members', value: [{ value: 'ada' }] }], []],
  ['remove all', [{ op: 'remove', path: 'members' }], []],
  ['remove by another filter', [{ op: 'remove', path: 'members[value sw "hum_" and type eq "User"]' }], []],
  ['remove who is no member', [{ op: 'remove', path: 'members[value eq "grace"]' }], ['ada']],
  ['replace', [{ op: 'replace', path: 'members', value: [{ value: 'grace' }] }], ['grace']],
  ['replace by nobody', [{ op: 'replace', path: 'members', value: [] }], []],
  [
    'several in order',
    [
      { op: 'remove', path: 'members' },
      { op: 'add', path: 'members', value: [{ value: 'grace' }, { value: 'ada' }] },
      { op: 'remove', path: 'members[value eq "ada"]' },
    ],
    ['grace'],
  ],
  ['a deactivated human', [{ op: 'add', path: 'members', value: [{ value: 'gone' }] }], ['ada']],
])('%s', async (_name, operations, expected) => {
  const ids = { ada, grace, gone }
  const group = await newGroup(ada)
  const named = JSON.stringify(operations).replaceAll(/(ada|grace|gone)/g, (name) => ids[name as keyof typeof ids])
  const { status } = await scim.patch(`/Groups/${group}`, JSON.parse(named))
  expect(status).toBe(204)
  expect(await membersOf(group)).toEqual(expected.map((name) => ids[name]).toSorted())
})

test.each<[string, number, string | undefined, readonly object[]]>([
  [
    'an unknown member',
    400,
    'invalidValue',
    [{ op: 'add', path: 'members', value: [{ value: 'hum_AAAAAAAAAAAAAAAAAAAAAA' }] }],
  ],
  ['a member without a value', 400, 'invalidValue', [{ op: 'add', path: 'members', value: [{ display: 'x' }] }]],
  ['a member that is a number', 400, 'invalidValue', [{ op: 'replace', path: 'members', value: [1] }]],
  ['a change of a member', 400, 'mutability', [{ op: 'replace', path: 'members[value eq "x"].value', value: 'y' }]],
  ['an addition with a filter', 400, 'noTarget', [{ op: 'add', path: 'members[value eq "x"]', value: { value: 'x' } }]],
  ['no name', 400, 'invalidValue', [{ op: 'remove', path: 'displayName' }]],
  ['an unknown attribute', 400, 'invalidPath', [{ op: 'add', path: 'owners', value: 'x' }]],
  ['a name of another group', 409, 'uniqueness', [{ op: 'replace', path: 'displayName', value: 'TAKEN' }]],
  ['a name with a control character', 400, 'invalidValue', [{ op: 'replace', path: 'displayName', value: 'a\u0000b' }]],
])('refuses %s, and the other operations with it', async (_name, status, scimType, operations) => {
  if ((await directory.store.groups.byName('taken')) === undefined) await scim.group('taken')
  const group = await newGroup(ada)
  const answer = await scim.patch(`/Groups/${group}`, [{ op: 'remove', path: 'members' }, ...operations])
  expect(answer.body).toMatchObject({ status: `${status}`, scimType })
  expect([await membersOf(group), await versionOf(group)]).toEqual([
    [ada],
    (await directory.store.groups.get(group))?.version,
  ])
})

test('PUT sets name and members, and what changes nothing raises no version', async () => {
  const group = await newGroup(ada)
  const version = await versionOf(group)
  const { body } = await scim.get(`/Groups/${group}`)
  expect((await scim.send('PUT', `/Groups/${group}`, body)).body).toMatchObject({ meta: { version: `W/"${version}"` } })
  await scim.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value: ada }] }])
  expect(await versionOf(group)).toBe(version)
  await scim.send('PUT', `/Groups/${group}`, { schemas: [GROUP], displayName: 'renamed', members: [{ value: grace }] })
  expect(await membersOf(group)).toEqual([grace])
  expect(await versionOf(group)).toBe((version ?? 0) + 1)
})

test('of two changes with one version, one is refused', async () => {
  const group = await newGroup()
  const add = async (value: string) =>
    scim.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value }] }], {
      'if-match': `W/"${await versionOf(group)}"`,
    })
  const both = await Promise.all([add(ada), add(grace)])
  expect(both.map(({ status }) => status).toSorted()).toEqual([204, 412])
  expect(await membersOf(group)).toHaveLength(1)
})

test('groups are found by name, by external id and by member', async () => {
  const group = await scim.group('Findable', [ada])
  await scim.patch(`/Groups/${group}`, [{ op: 'add', path: 'externalId', value: 'x-1' }])
  for (const filter of [
    'displayName eq "findable"',
    'externalId eq "x-1"',
    `id eq "${group}" and members eq "${ada}"`,
    `displayName sw "find" and members[value eq "${ada}"]`,
  ]) {
    const { items } = await scim.list(`/Groups?filter=${encodeURIComponent(filter)}`)
    expect(items).toMatchObject([{ id: group }])
  }
  const none = encodeURIComponent(`displayName eq "findable" and members eq "${grace}"`)
  expect((await scim.list(`/Groups?filter=${none}`)).total).toBe(0)
})

test('a name in use is 409, also at creation', async () => {
  await scim.group('Unique')
  const { body } = await scim.send('POST', '/Groups', { schemas: [GROUP], displayName: 'UNIQUE' })
  expect(body).toMatchObject({ status: '409', scimType: 'uniqueness' })
})

test('a group that cannot have its members is not created', async () => {
  const { status } = await scim.send('POST', '/Groups', {
    schemas: [GROUP],
    displayName: 'half',
    members: [{ value: ada }, { value: 'hum_AAAAAAAAAAAAAAAAAAAAAA' }],
  })
  expect(status).toBe(400)
  expect(await directory.store.groups.byName('half')).toBeUndefined()
})

test('PATCH is answered without the group, unless the client asks for attributes', async () => {
  const group = await newGroup(ada)
  const add = [{ op: 'add', path: 'members', value: [{ value: grace }] }]
  const plain = await scim.patch(`/Groups/${group}`, add)
  expect([plain.status, plain.text, plain.headers.etag]).toEqual([204, '', `W/"${await versionOf(group)}"`])
  const asked = await scim.patch(`/Groups/${group}?attributes=members.value`, add)
  expect(asked.body).toMatchObject({ members: expect.arrayContaining([{ value: ada }, { value: grace }]) })
})

test('a page of large groups ends early, and the next one continues', async () => {
  const groups = [await newGroup(), await newGroup(), await newGroup(), await newGroup()]
  directory.database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50001)
    INSERT INTO humans (id, user_name, user_key, user_skeleton, display_name, status, origin, created_at, changed_at)
      SELECT printf('hum_%021dA', n), 'many-' || n, 'many-' || n, 'many-' || n, 'x', 'active', 'scim', 1, 1 FROM numbers;
    INSERT INTO group_members SELECT g.id, h.id FROM people_groups g, humans h
      WHERE g.id IN (${groups.map((id) => `'${id}'`).join(', ')}) AND h.user_name LIKE 'many-%';`)
  const ids = ({ body }: { body: object }) => (body as { Resources: { id: string }[] }).Resources.map(({ id }) => id)
  const start = (await scim.list('/Groups')).total - 3
  const first = await scim.get(`/Groups?startIndex=${start}&count=9`)
  expect(first.body).toMatchObject({ itemsPerPage: 2, startIndex: start })
  const second = await scim.get(`/Groups?startIndex=${start + 2}&count=9`)
  expect([...ids(first), ...ids(second)]).toEqual(groups)
  const filter = groups.map((id) => `id eq "${id}"`).join(' or ')
  const asked = `/Groups?filter=${encodeURIComponent(filter)}&count=9&cursor=`
  const byCursor = await scim.get(asked)
  expect(ids(byCursor)).toEqual(groups.slice(0, 2))
  const rest = await scim.get(`${asked}${byCursor.body.nextCursor}`)
  expect(ids(rest)).toEqual(groups.slice(2))
  expect((await scim.get(`${asked}${rest.body.nextCursor ?? ''}`)).status).toBe(200)
  expect((await scim.get(`/Groups?startIndex=${start}&excludedAttributes=members`)).body).toMatchObject({
    itemsPerPage: 4,
  })
}, 120_000)
