import { request } from 'node:https'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { ENTERPRISE, GROUP, type ScimClient, scimClient, USER } from '../../support/directory/scim-client.ts'

let directory: TestDirectory
let scim: ScimClient
beforeAll(async () => {
  directory = await startTestDirectory()
  scim = scimClient(directory)
})
afterAll(() => directory[Symbol.asyncDispose]())

test('says what it can do', async () => {
  expect((await scim.get('/ServiceProviderConfig')).body).toMatchObject({
    patch: { supported: true },
    bulk: { supported: false },
    filter: { supported: true, maxResults: 500 },
    etag: { supported: true },
    sort: { supported: false },
    changePassword: { supported: false },
    pagination: { cursor: true, index: true, defaultPaginationMethod: 'index', maxPageSize: 500 },
  })
  const types = await scim.list('/ResourceTypes')
  expect(types.items.map(({ id, endpoint, schema }) => [id, endpoint, schema])).toEqual([
    ['User', '/Users', USER],
    ['Group', '/Groups', GROUP],
  ])
  expect((await scim.list('/Schemas')).items.map(({ id }) => id)).toEqual([USER, ENTERPRISE, GROUP])
  const user = (await scim.get(`/Schemas/${USER}`)).body.attributes as { name: string }[]
  expect(user.find(({ name }) => name === 'userName')).toMatchObject({
    type: 'string',
    multiValued: false,
    required: true,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'server',
  })
  expect(user.map(({ name }) => name)).not.toContain('password')
  expect((await scim.get('/Schemas/urn:other')).status).toBe(404)
  expect((await scim.get('/ResourceTypes/User')).body).toMatchObject({ meta: { location: expect.any(String) } })
  expect((await scim.get('/Schemas?filter=id%20pr')).body).toMatchObject({ status: '403' })
})

test('a request without a token gets an error of SCIM', async () => {
  for (const token of [null, 'surety_svc_wrong']) {
    const { status, body, headers } = await scimClient({ ...directory, token }).get('/Users')
    expect([status, body.status, headers['www-authenticate']]).toEqual([401, '401', 'Bearer'])
    expect(body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
  }
})

test('an unknown path and a media type that is none of its own are errors of SCIM', async () => {
  expect((await scim.get('/Cars')).body).toMatchObject({ status: '404' })
  expect((await scim.send('POST', '/Bulk', {})).body).toMatchObject({ status: '404' })
  expect((await scim.send('PUT', '/Users', {})).body).toMatchObject({ status: '404' })
  const body = { schemas: [USER], userName: 'typed' }
  expect((await scim.send('POST', '/Users', body, { 'content-type': 'text/plain' })).body).toMatchObject({
    status: '415',
  })
  const json = await scim.send('POST', '/Users', body, { 'content-type': 'application/json; charset=utf-8' })
  expect(json.status).toBe(201)
  expect(json.headers['content-type']).toContain('application/scim+json')
})

test.each<Record<string, string>>([
  {},
  { 'content-type': 'application/scim+json' },
  { 'content-type': 'application/scim+json; charset=utf-8', 'content-length': '0' },
  { 'content-length': '0' },
])('DELETE with the headers %j and no body is done', async (headers) => {
  const id = await scim.user(`deleted-${Object.keys(headers).length}-${Object.values(headers).join('').length}`)
  expect((await scim.send('DELETE', `/Users/${id}`, undefined, headers)).status).toBe(204)
})

/** The certificate is not of these hosts. */
function locationFor(host: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bearer ${directory.token}` }
    const init = { ca: directory.ca, agent: false, headers, checkServerIdentity: () => undefined }
    request(`${directory.url}/scim/v2${path}`, init, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve(JSON.parse(text).meta.location)
    })
      .on('error', reject)
      .end()
  })
}

test('URLs have the host that the client named, if it is one', async () => {
  const path = `/Users/${await scim.user('hosted')}`
  expect(await locationFor('directory.example.org:8443', path)).toBe(
    `https://directory.example.org:8443/scim/v2${path}`,
  )
  expect(await locationFor('evil.example/"><script>', path)).toBe(`/scim/v2${path}`)
})

/** Sends `megabytes` of zeros, or as many as are taken. */
function flood(
  headers: Readonly<Record<string, string>>,
  megabytes: number,
): Promise<{ status: number; text: string; sent: number }> {
  return new Promise((resolve, reject) => {
    const block = Buffer.alloc(64 * 1024, '0')
    let sent = 0
    let answered = false
    const asked = request(
      `${directory.url}/scim/v2/Users`,
      {
        method: 'POST',
        ca: directory.ca,
        agent: false,
        headers: { authorization: `Bearer ${directory.token}`, 'content-type': 'application/scim+json', ...headers },
      },
      async (response) => {
        answered = true
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        asked.destroy()
        resolve({ status: response.statusCode ?? 0, text, sent })
      },
    )
    asked.on('error', (error) => (answered ? undefined : reject(error)))
    const send = () => {
      while (!answered && sent < megabytes * 1024 * 1024) {
        sent += block.length
        if (!asked.write(block)) {
          asked.once('drain', send)
          return
        }
      }
      if (!answered) asked.end()
    }
    asked.once('socket', send)
  })
}

test('a request of 50 MB is refused without being read', async () => {
  const said = await flood({ 'content-length': `${50 * 1024 * 1024}` }, 50)
  expect(said.status).toBe(413)
  expect(JSON.parse(said.text)).toMatchObject({ status: '413', scimType: 'tooManyOperations' })
  const chunked = await flood({}, 50)
  expect(chunked.status).toBe(413)
  // What the sockets hold, and not the whole body.
  expect(Math.max(said.sent, chunked.sent)).toBeLessThan(30 * 1024 * 1024)
  expect((await scim.get('/Users')).status).toBe(200)
})
