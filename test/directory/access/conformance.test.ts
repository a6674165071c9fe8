import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

/**
 * The public scenario of the OpenID Foundation for Authorization API 1.0, level by level: openid/authzen, certification. Its fixture is
 * a policy of ours.
 */

const POLICY = `
@id("readers") permit (principal is Person, action == Action::"read", resource == Resource::"record/record-1")
when { ["alice", "bob"].contains(principal.name) };
@id("writers") permit (principal is Person, action == Action::"write", resource in ResourceType::"record")
when { principal.name == "alice" }
unless { context.said.hasTag("resource.status") && context.said.getTag("resource.status") == "archived" };
@id("admins") permit (principal is Person, action == Action::"write", resource == Resource::"record/record-2")
when { context.said.hasTag("subject.role") && context.said.getTag("subject.role") == "admin" };
@id("stewards") permit (principal is Person, action == Action::"write", resource == Resource::"record/record-2")
when { principal.name == "bob" && context.said.hasTag("resource.status") };
@id("soft") permit (principal is Person, action == Action::"delete", resource == Resource::"record/record-1")
when { principal.name == "alice" && context.said.hasTag("action.soft") && context.said.getTag("action.soft") == "true" };
`

let directory: TestDirectory
let token: string
beforeAll(async () => {
  directory = await startTestDirectory()
  for (const name of ['alice', 'bob']) await addPersonNamed(name)
  const { status, text } = await directory.ask('PUT', '/api/v1/access', { body: { access: POLICY } })
  if (status !== 200) throw new Error(text)
  const service = { kind: 'service', name: 'pep', role: 'read', ttlMs: 3_600_000 } as const
  token = (await directory.services.principals.add(service, 'adm_test')).token
})
afterAll(() => directory[Symbol.asyncDispose]())

async function addPersonNamed(userName: string) {
  await directory.ask('POST', '/api/v1/humans', { body: { userName } })
}

const post = (path: string, body: object | string, headers: Readonly<Record<string, string>> = {}) =>
  directory.ask('POST', `/access/v1/${path}`, { token, body, headers })

const ALICE = { type: 'user', id: 'alice' }
const BOB = { type: 'user', id: 'bob' }
const ADMIN = { ...BOB, properties: { role: 'admin' } }
const RECORD_1 = { type: 'record', id: 'record-1' }
const ARCHIVED = { type: 'record', id: 'record-2', properties: { status: 'archived' } }
const READ = { name: 'read' }
const WRITE = { name: 'write' }
const CONTEXT = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' }

describe('Basic', () => {
  test.each([
    ['rule 1', ALICE, READ, RECORD_1, true],
    ['rule 2', ALICE, WRITE, RECORD_1, true],
    ['rule 3', BOB, READ, RECORD_1, true],
    ['rule 4', BOB, WRITE, RECORD_1, false],
    ['rule 5', ALICE, WRITE, ARCHIVED, false],
    ['rule 6', ADMIN, WRITE, ARCHIVED, true],
    ['rule 7', ALICE, { name: 'delete', properties: { soft: true } }, RECORD_1, true],
    ['rule 8', ALICE, { name: 'delete', properties: { soft: false } }, RECORD_1, false],
  ])('%s, with context and without, and again', async (_, subject, action, resource, decision) => {
    for (const context of [undefined, CONTEXT, undefined]) {
      const { status, json, headers } = await post('evaluation', { subject, action, resource, context, unknown: 1 })
      expect({ status, decision: (json as { decision: unknown }).decision }).toEqual({ status: 200, decision })
      expect(headers['content-type']).toMatch(/^application\/json/)
    }
  })

  const whole = { subject: ALICE, action: READ, resource: RECORD_1 }
  test.each<[string, object | string]>([
    ['no subject', { action: READ, resource: RECORD_1 }],
    ['no action', { subject: ALICE, resource: RECORD_1 }],
    ['no resource', { subject: ALICE, action: READ }],
    ['a subject without a type', { ...whole, subject: { id: 'alice' } }],
    ['a subject without an id', { ...whole, subject: { type: 'user' } }],
    ['an action without a name', { ...whole, action: {} }],
    ['a resource without a type', { ...whole, resource: { id: 'record-1' } }],
    ['a resource without an id', { ...whole, resource: { type: 'record' } }],
    ['a subject that is a text', { ...whole, subject: 'alice' }],
    ['a name that is a number', { ...whole, action: { name: 123 } }],
    ['what is no JSON', '{"subject":'],
    ['an empty body', ''],
    ['a member twice', '{"subject":{"type":"user","id":"a"},"subject":{"type":"user","id":"b"}}'],
  ])('%s is a bad request', async (_, body) => {
    expect((await post('evaluation', body)).status).toBe(400)
  })

  test('another type of content is a bad request, and the message is a text', async () => {
    const { status, headers, text } = await post('evaluation', 'alice', { 'content-type': 'text/plain' })
    expect(status).toBe(400)
    expect(headers['content-type']).toMatch(/^text\/plain/)
    expect(text).toBe('INPUT_MALFORMED: the body must be application/json')
  })

  test.each(['evaluation', 'nothing'])('the id of a request comes back, also with a refusal: %s', async (path) => {
    const id = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716'
    expect((await post(path, whole, { 'x-request-id': id })).headers['x-request-id']).toBe(id)
    expect((await post(path, whole)).headers['x-request-id']).toBeUndefined()
  })

  test('without a token there is no answer', async () => {
    const { status, headers } = await directory.ask('POST', '/access/v1/evaluation', { token: null, body: whole })
    expect({ status, wants: headers['www-authenticate'] }).toEqual({ status: 401, wants: 'Bearer' })
  })
})

describe('Batch', () => {
  const decisions = ({ json }: { json: unknown }) =>
    (json as { evaluations: readonly { decision: boolean }[] }).evaluations.map(({ decision }) => decision)

  test('answers in order, with defaults that each evaluation may replace', async () => {
    const body = {
      subject: ALICE,
      action: WRITE,
      evaluations: [
        { resource: RECORD_1 },
        { resource: ARCHIVED },
        { subject: ADMIN, resource: ARCHIVED },
        { action: READ, resource: RECORD_1 },
      ],
    }
    expect(decisions(await post('evaluations', body))).toEqual([true, false, true, true])
  })

  test.each([
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('%s', async (evaluations_semantic, expected) => {
    const evaluations = [{ resource: RECORD_1 }, { resource: ARCHIVED }, { resource: RECORD_1 }]
    const body = { subject: ALICE, action: WRITE, evaluations, options: { evaluations_semantic, other: 1 } }
    expect(decisions(await post('evaluations', body))).toEqual(expected)
  })

  test.each([[{}], [{ evaluations: [] }]])('without evaluations it is one evaluation', async (members) => {
    const { status, json } = await post('evaluations', { subject: ALICE, action: READ, resource: RECORD_1, ...members })
    expect({ status, json }).toMatchObject({ status: 200, json: { decision: true } })
  })

  test.each<[string, object]>([
    ['an evaluation without a resource', { subject: ALICE, action: READ, evaluations: [{ resource: RECORD_1 }, {}] }],
    ['nothing at all', {}],
    ['evaluations that are an object', { evaluations: {} }],
    [
      'another semantic',
      { subject: ALICE, action: READ, evaluations: [{ resource: RECORD_1 }], options: { evaluations_semantic: 'any' } },
    ],
    ['more than a hundred', { subject: ALICE, action: READ, evaluations: Array(101).fill({ resource: RECORD_1 }) }],
  ])('%s is a bad request', async (_, body) => {
    expect((await post('evaluations', body)).status).toBe(400)
  })
})

describe('Search', () => {
  const found = async (path: string, body: object) => {
    const { status, json, text } = await post(`search/${path}`, body)
    if (status !== 200) throw new Error(text)
    return json as { results: readonly { type?: string; id?: string; name?: string }[]; page: { next_token: string } }
  }

  test('subjects; an id is ignored', async () => {
    const body = { subject: { type: 'user', id: 'ignored' }, action: READ, resource: RECORD_1 }
    expect((await found('subject', body)).results).toEqual([ALICE, BOB])
    const archived = { subject: { type: 'user' }, action: WRITE, resource: ARCHIVED }
    expect((await found('subject', archived)).results).toEqual([BOB])
  })

  test('resources', async () => {
    const body = { subject: ALICE, action: READ, resource: { type: 'record' } }
    expect((await found('resource', body)).results).toEqual([RECORD_1])
    const admin = { subject: ADMIN, action: WRITE, resource: { type: 'record' } }
    expect((await found('resource', admin)).results).toEqual([{ type: 'record', id: 'record-2' }])
  })

  test('actions', async () => {
    const names = async (subject: object, resource: object) =>
      (await found('action', { subject, resource })).results.map(({ name }) => name)
    expect(await names(ALICE, RECORD_1)).toEqual(['read', 'write'])
    expect(await names(ADMIN, ARCHIVED)).toEqual(['write'])
  })

  test('no person and no resource is an empty list', async () => {
    expect(await found('subject', { subject: { type: 'robot' }, action: READ, resource: RECORD_1 })).toEqual({
      page: { next_token: '', count: 0 },
      results: [],
    })
    expect((await found('resource', { subject: ALICE, action: READ, resource: { type: 'book' } })).results).toEqual([])
  })

  test('pages follow each other, and a token is of one search', async () => {
    const body = { subject: { type: 'user' }, action: READ, resource: RECORD_1 }
    const first = await found('subject', { ...body, page: { limit: 1 } })
    expect(first.results).toEqual([ALICE])
    const { next_token: next } = first.page
    expect(next).not.toBe('')
    const second = await found('subject', { ...body, page: { limit: 1, token: next } })
    expect(second).toMatchObject({ results: [BOB], page: { next_token: '' } })
    const other = { ...body, action: WRITE, page: { token: next } }
    expect((await post('search/subject', other)).status).toBe(400)
    expect((await post('search/subject', { ...body, page: { token: 'bm9uc2Vuc2U' } })).status).toBe(400)
  })

  test('a server that may only decide learns of no other person', async () => {
    const service = { kind: 'service', name: 'decides', role: 'decide', ttlMs: 3_600_000 } as const
    const { token: narrow } = await directory.services.principals.add(service, 'adm_test')
    const body = { subject: { type: 'user' }, action: READ, resource: RECORD_1 }
    expect((await directory.ask('POST', '/access/v1/search/subject', { token: narrow, body })).status).toBe(403)
  })
})

test('Discovery: the document names what was asked for', async () => {
  const { status, json, headers } = await directory.ask('GET', '/.well-known/authzen-configuration', { token: null })
  const point = directory.url
  expect({ status, json }).toEqual({
    status: 200,
    json: {
      policy_decision_point: point,
      access_evaluation_endpoint: `${point}/access/v1/evaluation`,
      access_evaluations_endpoint: `${point}/access/v1/evaluations`,
      search_subject_endpoint: `${point}/access/v1/search/subject`,
      search_resource_endpoint: `${point}/access/v1/search/resource`,
      search_action_endpoint: `${point}/access/v1/search/action`,
    },
  })
  expect(headers['content-type']).toMatch(/^application\/json/)
})
