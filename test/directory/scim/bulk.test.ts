import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { BULK, GROUP, PATCH_OP, type ScimClient, scimClient, USER } from '../../support/directory/scim-client.ts'

let directory: TestDirectory
let scim: ScimClient
beforeAll(async () => {
  directory = await startTestDirectory()
  scim = scimClient(directory)
})
afterAll(() => directory[Symbol.asyncDispose]())

type Answered = {
  status: string
  bulkId?: string
  location?: string
  version?: string
  response?: { scimType?: string }
}
const bulk = async (Operations: readonly object[], more: object = {}) => {
  const { status, body } = await scim.send('POST', '/Bulk', { schemas: [BULK], Operations, ...more })
  return { status, answers: (body.Operations ?? []) as Answered[], body }
}
const create = (userName: string, bulkId = userName) => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { schemas: [USER], userName },
})

test('each method, with references to what the same request creates, also later', async () => {
  const { answers } = await bulk([
    {
      method: 'POST',
      path: '/Groups',
      bulkId: 'team',
      data: { schemas: [GROUP], displayName: 'Team', members: [{ value: 'bulkId:b-ada' }] },
    },
    create('b-ada'),
    create('b-grace'),
    {
      method: 'patch',
      path: '/Groups/bulkId:team',
      data: { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:b-grace' }] }] },
    },
    { method: 'PUT', path: '/Users/bulkId:b-ada', data: { schemas: [USER], userName: 'b-ada', title: 'x' } },
    create('b-gone'),
    { method: 'DELETE', path: '/Users/bulkId:b-gone' },
  ])
  expect(answers.map(({ status }) => status)).toEqual(['201', '201', '201', '200', '200', '201', '204'])
  expect(answers[1]).toMatchObject({
    bulkId: 'b-ada',
    location: expect.stringContaining('/scim/v2/Users/hum_'),
    version: 'W/"1"',
  })
  const group = directory.store.groups.byName('Team')
  const named = ['b-ada', 'b-grace'].map((name) => directory.store.humans.byName(name)?.id)
  expect(directory.store.groups.membersOf(group?.id ?? '').toSorted()).toEqual(named.toSorted())
})

test('faults of one operation are in its answer, and failOnErrors ends the rest', async () => {
  const faulty = [
    create('c-1'),
    create('C-1', 'other'),
    { method: 'DELETE', path: '/Users/hum_nobody' },
    { method: 'POST', path: '/Cars', bulkId: 'car', data: {} },
    { method: 'GET', path: '/Users/x' },
    { method: 'PATCH', path: '/Users/bulkId:nothing', data: {} },
    { method: 'DELETE', path: '/Users' },
    create('c-2'),
  ]
  const readable = faulty.filter(({ method }) => method !== 'GET')
  const { answers } = await bulk(readable)
  expect(answers.map(({ status }) => status)).toEqual(['201', '409', '404', '404', '400', '404', '201'])
  expect(answers[1]?.response?.scimType).toBe('uniqueness')
  const ended = await bulk([...readable.slice(1), create('c-3')], { failOnErrors: 2 })
  expect(ended.answers.map(({ status }) => status)).toEqual(['409', '404'])
  expect(directory.store.humans.byName('c-3')).toBeUndefined()
  expect((await bulk(faulty)).body).toMatchObject({ status: '400', scimType: 'invalidSyntax' })
})

test('a version that is stale is refused', async () => {
  const id = await scim.user('versioned')
  const patch = (version: string) => ({
    method: 'PATCH',
    path: `/Users/${id}`,
    version,
    data: { schemas: [PATCH_OP], Operations: [{ op: 'add', path: 'title', value: version }] },
  })
  expect((await bulk([patch('W/"1"'), patch('W/"1"')])).answers.map(({ status }) => status)).toEqual(['200', '412'])
})

test('what names each other in a circle is refused, and nothing of it is created', async () => {
  const group = (bulkId: string, other: string) => ({
    method: 'POST',
    path: '/Groups',
    bulkId,
    data: { schemas: [GROUP], displayName: bulkId, members: [{ value: `bulkId:${other}` }] },
  })
  const { answers } = await bulk([group('round-1', 'round-2'), group('round-2', 'round-1'), create('round-user')])
  expect(answers.map(({ status }) => status)).toEqual(['400', '400', '201'])
  expect(directory.store.groups.byName('round-1')).toBeUndefined()
})

test('a thousand operations are done, one more is refused before the first', async () => {
  const many = Array.from({ length: 1_001 }, (_, at) => ({ method: 'DELETE', path: `/Users/hum_${at}` }))
  expect((await bulk(many.slice(1))).answers).toHaveLength(1_000)
  const { status, body } = await bulk([create('never'), ...many])
  expect([status, body.scimType]).toEqual([413, 'tooManyOperations'])
  expect(directory.store.humans.byName('never')).toBeUndefined()
})

test.each<[string, object]>([
  ['no list', { Operations: undefined }],
  ['an operation that is none', { Operations: [1] }],
  ['no path', { Operations: [{ method: 'DELETE' }] }],
  ['POST without a bulk id', { Operations: [{ method: 'POST', path: '/Users', data: {} }] }],
  ['failOnErrors of 0', { Operations: [], failOnErrors: 0 }],
  ['another schema', { schemas: ['urn:other'], Operations: [] }],
])('refuses %s', async (_name, body) => {
  const { status } = await scim.send('POST', '/Bulk', { schemas: [BULK], ...body })
  expect(status).toBe(400)
})
