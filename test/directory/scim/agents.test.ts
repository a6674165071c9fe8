import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { type ScimClient, scimClient } from '../../support/directory/scim-client.ts'

const AGENT = 'urn:ietf:params:scim:schemas:core:2.0:Agent'
const AGENTIC_IDENTITY = 'urn:ietf:params:scim:schemas:core:2.0:AgenticIdentity'
const REGISTRATION = 'urn:surety:params:scim:schemas:extension:registration:1.0:Agent'
const BY = { id: 'adm_test', name: 'test' }

let directory: TestDirectory
let scim: ScimClient
let ada: string
let grace: string
beforeAll(async () => {
  directory = await startTestDirectory({ scim: { guardPercent: 100, agents: true } })
  const { token } = await directory.services.principals.add(
    { kind: 'service', name: 'idp', role: 'provision', ttlMs: 86_400_000 },
    'adm_test',
  )
  scim = scimClient({ url: directory.url, ca: directory.ca, token })
  ada = await scim.user('ada', { displayName: 'Ada Lovelace' })
  grace = await scim.user('grace')
})
afterAll(() => directory[Symbol.asyncDispose]())

let count = 0
const registration = (id: string) => directory.store.registrations.get(id)
async function newAgent(more: object = {}): Promise<string> {
  const agentUserName = `bot-${count++}`
  const { status, body, text } = await scim.send('POST', '/Agents', { schemas: [AGENT], agentUserName, ...more })
  if (status !== 201) throw new Error(text)
  return String(body.id)
}
const activate = [{ op: 'replace', path: 'active', value: true }]
const suspend = [{ op: 'Replace', path: 'active', value: 'False' }]

test('the newer draft: created disabled, enabled, changed, found and deleted', async () => {
  const id = await newAgent({
    agentUserName: 'helpdesk',
    externalId: 'x-1',
    displayName: 'Helpdesk bot',
    description: 'answers tickets',
    owners: [{ value: ada }],
    [REGISTRATION]: { products: ['claude-code'], state: 'retired' },
  })
  expect(await registration(id)).toMatchObject({
    name: 'Helpdesk bot',
    purpose: 'answers tickets',
    owner: ada,
    state: 'provisioning',
    criteria: { products: ['unknown/scim:helpdesk'] },
    creator: { person: { name: 'idp' } },
  })
  const { body } = await scim.patch(`/Agents/${id}`, activate)
  expect(body).toMatchObject({
    schemas: [AGENT, REGISTRATION],
    id,
    agentUserName: 'helpdesk',
    externalId: 'x-1',
    active: true,
    owners: [{ value: ada, display: 'Ada Lovelace', $ref: `${directory.url}/scim/v2/Users/${ada}` }],
    [REGISTRATION]: { state: 'active', spiffeId: `spiffe://example.org/agent/${id}` },
    meta: { resourceType: 'Agent', location: `${directory.url}/scim/v2/Agents/${id}` },
  })
  for (const filter of [`agentUserName eq "HELPDESK"`, 'externalId eq "x-1"', 'displayName co "desk"']) {
    expect((await scim.list(`/Agents?filter=${encodeURIComponent(filter)}`)).items).toMatchObject([{ id }])
  }
  await scim.patch(`/Agents/${id}`, [{ op: 'replace', path: 'owners', value: [{ value: grace }] }])
  await scim.patch(`/Agents/${id}`, suspend)
  expect(await registration(id)).toMatchObject({ owner: grace, state: 'suspended' })
  expect((await scim.patch(`/Agents/${id}`, activate)).body.active).toBe(true)
  expect((await scim.send('DELETE', `/Agents/${id}`)).status).toBe(204)
  expect((await registration(id))?.state).toBe('retiring')
  expect((await scim.get(`/Agents/${id}`)).status).toBe(404)
  expect(await newAgent({ agentUserName: 'helpdesk', externalId: 'x-1' })).not.toBe(id)
})

test('accepts names, endpoint and schema of older drafts, and returns the newer form', async () => {
  const okta = await scim.send('POST', '/Agents', {
    schemas: [AGENT],
    name: 'clippy',
    agentType: 'Assistant',
    subject: 's',
    active: true,
    owners: [{ value: 'ada' }],
    protocols: [{ type: 'A2A', specificationUrl: 'https://example.org/card' }],
    roles: [{ value: 'x' }],
  })
  expect(okta.body).toMatchObject({ agentUserName: 'clippy', active: true, owners: [{ value: ada }] })
  expect(okta.body).not.toHaveProperty('name')
  expect(okta.text).not.toContain('protocols')
  expect((await scim.list('/Agents?filter=name%20eq%20%22clippy%22')).total).toBe(1)
  const renamed = await scim.patch(`/Agents/${okta.body.id}`, [
    { op: 'replace', path: 'name', value: 'clippy 2' },
    { op: 'replace', path: 'protocols[type eq "A2A"].specificationUrl', value: 'https://example.org/other' },
  ])
  expect(renamed.body).toMatchObject({ agentUserName: 'clippy 2' })

  const entra = await scim.send('POST', '/AgenticIdentities', {
    schemas: [AGENTIC_IDENTITY],
    displayName: 'Research',
    externalId: 'e-1',
    active: false,
    agenticApplicationId: 'app',
    owners: [{ type: 'User', value: ada }],
    oAuthClientIdentifiers: [{ name: 'x', issuer: 'https://example.org' }],
  })
  expect(entra.status).toBe(201)
  expect(entra.body).toMatchObject({ schemas: [AGENT, REGISTRATION], agentUserName: 'Research', active: false })
  const path = `/AgenticIdentities/${entra.body.id}`
  const changed = await scim.patch(path, [{ op: 'Replace', path: `${AGENTIC_IDENTITY}:description`, value: 'reads' }])
  expect(changed.body).toMatchObject({ description: 'reads' })
  expect((await scim.send('PUT', path, { schemas: [AGENTIC_IDENTITY], displayName: 'Research 2' })).body).toMatchObject(
    {
      agentUserName: 'Research 2',
      owners: [{ value: ada }],
    },
  )
})

test.each<[string, number, object]>([
  ['no name', 400, { agentUserName: undefined }],
  ['a name in use', 409, { agentUserName: 'TAKEN' }],
  ['an external id in use', 409, { externalId: 'taken' }],
  ['active without an owner', 409, { active: true }],
  ['an owner that nobody is', 400, { owners: [{ value: 'nobody' }] }],
  ['a display name of 300 characters', 400, { displayName: 'x'.repeat(300) }],
  ['owners that are numbers', 400, { owners: [1] }],
  ['another schema', 400, { schemas: ['urn:other'] }],
])('refuses %s, and registers nothing', async (_name, status, more) => {
  if ((await directory.store.scimAgents.byName('taken')) === undefined)
    await newAgent({ agentUserName: 'taken', externalId: 'taken' })
  const before = await directory.store.registrations.counts()
  const answer = await scim.send('POST', '/Agents', { schemas: [AGENT], agentUserName: 'refused', ...more })
  expect([answer.status, answer.body.status]).toEqual([status, `${status}`])
  expect(await directory.store.registrations.counts()).toEqual(before)
})

test('what the directory stopped, SCIM does not start again', async () => {
  for (const to of ['quarantined', 'suspended'] as const) {
    const id = await newAgent({ owners: [{ value: ada }], active: true })
    await directory.services.registrations.move(id, to, { reason: 'looks odd', by: BY })
    expect((await scim.get(`/Agents/${id}`)).body.active).toBe(false)
    expect((await scim.patch(`/Agents/${id}`, activate)).body).toMatchObject({ status: '400', scimType: 'mutability' })
    expect((await scim.patch(`/Agents/${id}`, suspend)).status).toBe(200)
    expect(await registration(id)).toMatchObject({ state: to, stateReason: 'looks odd' })
  }
})

test('only operators set what an agent matches: a client sees it and cannot change it', async () => {
  const id = await newAgent({ owners: [{ value: ada }] })
  expect((await scim.get(`/Agents/${id}`)).body[REGISTRATION]).not.toHaveProperty('products')
  const criteria = { products: ['codex'], human: ada, workspaces: ['/srv/work'] }
  await directory.services.registrations.change(id, { criteria }, BY)
  await scim.send('PUT', `/Agents/${id}`, { schemas: [AGENT], agentUserName: 'kept' })
  expect((await registration(id))?.criteria).toEqual(criteria)
  const add = [{ op: 'add', path: `${REGISTRATION}:products`, value: ['claude-code'] }]
  expect((await scim.patch(`/Agents/${id}`, add)).body.scimType).toBe('mutability')
  expect((await registration(id))?.criteria).toEqual(criteria)
  expect((await scim.get(`/Agents/${id}`)).body[REGISTRATION]).toMatchObject({ products: ['codex'] })
})

test('registrations of administrators are neither shown nor ended', async () => {
  const { id } = await directory.services.registrations.create(
    { name: 'by hand', purpose: 'x', criteria: { products: ['codex'] } },
    { person: BY },
  )
  expect((await scim.get(`/Agents/${id}`)).status).toBe(404)
  expect((await scim.send('DELETE', `/Agents/${id}`)).status).toBe(404)
  const ids = (await scim.list('/Agents?count=500')).items.map((agent) => agent.id)
  expect(ids.length).toBe((await scim.list('/Agents')).total)
  expect(ids).not.toContain(id)
})

test('a stale version is refused, also when only the name of SCIM changed', async () => {
  const id = await newAgent()
  const tag = String((await scim.get(`/Agents/${id}`)).headers.etag)
  await scim.patch(`/Agents/${id}`, [{ op: 'add', path: 'externalId', value: `v-${id}` }])
  expect((await scim.patch(`/Agents/${id}`, activate, { 'if-match': tag })).status).toBe(412)
  expect((await scim.send('DELETE', `/Agents/${id}`, undefined, { 'if-match': tag })).status).toBe(412)
})

test('the schemas and pages have agents too', async () => {
  expect((await scim.get('/ServiceProviderConfig')).body).toMatchObject({ agentExtension: { agentsSupported: true } })
  const names = ((await scim.get(`/Schemas/${AGENT}`)).body.attributes as { name: string }[]).map(({ name }) => name)
  expect(names).toEqual(['agentUserName', 'displayName', 'description', 'active', 'owners'])
  const first = await scim.get('/Agents?cursor&count=2')
  expect(first.body).toMatchObject({ itemsPerPage: 2, nextCursor: expect.any(String) })
  expect((await scim.get('/Agents?startIndex=2&count=1')).body).toMatchObject({
    Resources: [{ id: (first.body.Resources as { id: string }[])[1]?.id }],
  })
})

describe('a human who leaves by SCIM', () => {
  const owned = async (owner: string, successor?: string) => {
    const made = await directory.services.registrations.create(
      {
        name: `of ${owner}`,
        purpose: 'x',
        criteria: { products: ['codex'], human: owner },
        owner,
        state: 'active',
        ...(successor === undefined ? {} : { successor }),
      },
      { person: BY },
    )
    return made.id
  }
  const accept = async (id: string) => {
    const administrator = { id: 'adm_test', kind: 'administrator', name: 'test', role: 'administrator' } as const
    await directory.services.registrations.acceptSuccession(id, administrator)
  }

  test.each<[string, (id: string, userName: string) => Promise<{ status: number }>]>([
    ['as Entra ID disables', (id) => scim.patch(`/Users/${id}`, suspend)],
    ['as Okta disables', (id) => scim.patch(`/Users/${id}`, [{ op: 'replace', value: { active: false } }])],
    [
      'as Okta disables by PUT',
      (id, userName) =>
        scim.send('PUT', `/Users/${id}`, {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
          userName,
          active: false,
        }),
    ],
    ['as both delete', (id) => scim.send('DELETE', `/Users/${id}`)],
  ])('%s: no active agent is left', async (_name, leave) => {
    const userName = `leaver-${count++}`
    const leaver = await scim.user(userName)
    const heir = await scim.user(`heir-${count++}`)
    const [retires, waits, goes] = [await owned(leaver), await owned(leaver, heir), await owned(leaver, heir)]
    await accept(goes)
    expect((await leave(leaver, userName)).status).toBeLessThan(300)
    expect(await registration(retires)).toMatchObject({ state: 'retiring', stop: expect.any(String) })
    expect(await registration(waits)).toMatchObject({ state: 'retiring' })
    expect(await registration(goes)).toMatchObject({ state: 'active', owner: heir })
  })
})

test('without the setting there are no agents', async () => {
  await using other = await startTestDirectory()
  const client = scimClient(other)
  expect((await client.get('/Agents')).status).toBe(404)
  expect((await client.list('/ResourceTypes')).total).toBe(2)
  expect((await client.get('/ServiceProviderConfig')).body).toMatchObject({ agentExtension: { supported: false } })
})
