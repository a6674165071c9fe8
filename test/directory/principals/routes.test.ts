import { request } from 'node:https'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'

const DAY_MS = 86_400_000
let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

interface Created {
  readonly token: string
  readonly administrator: { readonly id: string; readonly expiresAt: number }
}

const ask = (method: string, path: string, body?: object, token = directory.token) =>
  directory.ask(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }) })
const add = async (name: string, role = 'administrator', others: object = {}) =>
  (await ask('POST', '/administrators', { name, role, ...others })).json as Created
const statusOf = async (token: string) => (await ask('GET', '/devices', undefined, token)).status
const codeOf = ({ json }: { readonly json: unknown }) => (json as { code?: string }).code

test('a new administrator has a name, a role, an end and a token that works', async () => {
  const { token, administrator } = await add('ada@example.org', 'operator', { ttlMs: DAY_MS })
  expect(token).toMatch(/^surety_adm_/)
  expect(administrator).toEqual({
    id: expect.stringMatching(/^adm_/),
    name: 'ada@example.org',
    role: 'operator',
    status: 'valid',
    createdAt: directory.clock.now(),
    expiresAt: directory.clock.now() + DAY_MS,
  })
  expect(await statusOf(token)).toBe(200)
})

test('the token is in no later answer, event, log line or row of the database', async () => {
  const { token } = await add('ada')
  await ask('POST', '/tokens', { owner: 'alice' }, token)
  const lists = await Promise.all(['/administrators', '/services', '/events'].map((path) => ask('GET', path)))
  const secret = token.slice('surety_adm_'.length)
  const rows = JSON.stringify(directory.database.prepare('SELECT * FROM principals').all())
  for (const text of [...lists.map((one) => one.text), JSON.stringify(directory.lines), rows]) {
    expect(text).not.toContain(secret)
  }
})

test('events have the name of who acted, after the token was revoked too', async () => {
  const { token } = await add('ada', 'operator')
  await ask('POST', '/tokens', { owner: 'alice' }, token)
  await ask('DELETE', '/administrators/ada')
  const { items } = (await ask('GET', '/events')).json as {
    items: { kind: string; actorName?: string; facts: object }[]
  }
  expect(
    items.map(({ kind, actorName, facts }) => ({ kind, actorName, name: 'name' in facts ? facts.name : undefined })),
  ).toEqual([
    { kind: 'principal-revoked', actorName: 'administrator', name: 'ada' },
    { kind: 'token-created', actorName: 'ada', name: undefined },
    { kind: 'principal-added', actorName: 'administrator', name: 'ada' },
  ])
})

test('from its end on a token is refused, and its name can be given again', async () => {
  const { token } = await add('ada', 'viewer', { ttlMs: DAY_MS })
  await directory.clock.advance(DAY_MS - 1)
  expect(await statusOf(token)).toBe(200)
  await directory.clock.advance(1)
  expect(await statusOf(token)).toBe(401)
  const { items } = (await ask('GET', '/administrators')).json as { items: { name: string; status: string }[] }
  expect(items).toContainEqual(expect.objectContaining({ name: 'ada', status: 'expired' }))
  const second = await add('ada', 'viewer')
  expect([await statusOf(token), await statusOf(second.token)]).toEqual([401, 200])
})

test.each([
  ['an administrator', '/administrators', { name: 'ada', role: 'viewer' }, ['see-self', 'ask-verdict', 'view']],
  ['a service', '/services', { name: 'ada', scope: 'provision' }, ['see-self', 'provision']],
])('%s learns its role and what it may do', async (_name, path, body, may) => {
  const { token } = (await ask('POST', path, body)).json as { token: string }
  const { json, status } = await ask('GET', '/me', undefined, token)
  expect({ status, json }).toEqual({
    status: 200,
    json: expect.objectContaining({ name: 'ada', may: expect.arrayContaining(may) }),
  })
  expect(json).not.toEqual(expect.objectContaining({ may: expect.arrayContaining(['change-principals']) }))
  expect((await ask('GET', '/me', undefined, `${token.slice(0, -4)}AAAA`)).status).toBe(401)
})

test('a role that was changed counts from the next request on', async () => {
  const { token } = await add('ada', 'auditor')
  expect((await ask('GET', '/events', undefined, token)).status).toBe(200)
  expect((await ask('POST', '/administrators/ada/role', { role: 'viewer' })).status).toBe(200)
  expect(codeOf(await ask('GET', '/events', undefined, token))).toBe('NOT_PERMITTED')
})

interface Rotated {
  readonly administrator: { readonly id: string; readonly expiresAt?: number; readonly oldTokenUntil?: number }
  readonly token: string
}
const rotate = async (name: string, body: object = {}, token?: string) =>
  (await ask('POST', `/administrators/${name}/rotate`, body, token)).json as Rotated

test('a rotated token is valid at once, the old one for a day, as one administrator', async () => {
  const { token, administrator } = await add('ada', 'operator')
  await directory.clock.advance(DAY_MS)
  const rotated = await rotate('ADA')
  const now = directory.clock.now()
  expect(rotated.administrator).toEqual({
    ...administrator,
    expiresAt: now + 90 * DAY_MS,
    oldTokenUntil: now + DAY_MS,
  })
  for (const one of [token, rotated.token]) await ask('POST', '/tokens', { owner: 'alice' }, one)
  const { items } = (await ask('GET', '/events')).json as { items: { kind: string; actor: string; facts: object }[] }
  const first = (await directory.store.principals.list()).find(({ name }) => name === 'administrator')?.id
  expect(items.map(({ kind, actor }) => [kind, actor])).toEqual([
    ['token-created', administrator.id],
    ['token-created', administrator.id],
    ['principal-token-rotated', first],
    ['principal-added', first],
  ])
  await directory.clock.advance(DAY_MS - 1)
  expect([await statusOf(token), await statusOf(rotated.token)]).toEqual([200, 200])
  await directory.clock.advance(1)
  expect([await statusOf(token), await statusOf(rotated.token)]).toEqual([401, 200])
  const listed = (await ask('GET', '/administrators')).json as { items: Rotated['administrator'][] }
  expect(listed.items.map(({ oldTokenUntil }) => oldTokenUntil)).toEqual([undefined, undefined])
})

test('an old token does not outlive its own end, and a shorter new one ends both', async () => {
  const { token } = await add('ada', 'viewer', { ttlMs: 60_000 })
  const first = await rotate('ada')
  expect(first.administrator.oldTokenUntil).toBe(directory.clock.now() + 60_000)
  await directory.clock.advance(60_000)
  expect([await statusOf(token), await statusOf(first.token)]).toEqual([401, 200])
  const second = await rotate('ada', { ttlMs: 60_000 })
  await directory.clock.advance(60_000)
  expect([await statusOf(first.token), await statusOf(second.token)]).toEqual([401, 401])
})

test('four rotations a day keep all tokens, a fifth is refused, a revocation ends all', async () => {
  const { token } = await add('ada', 'viewer')
  const tokens = [token]
  const from = new Date(directory.clock.now() + DAY_MS).toISOString()
  for (let i = 0; i < 4; i++) {
    tokens.push((await rotate('ada')).token)
    await directory.clock.advance(60_000)
  }
  const refused = await ask('POST', '/administrators/ada/rotate', {})
  expect([codeOf(refused), JSON.stringify(refused.json)]).toEqual(['QUOTA_EXCEEDED', expect.stringContaining(from)])
  expect(await Promise.all(tokens.map(statusOf))).toEqual([200, 200, 200, 200, 200])
  await directory.clock.advance(DAY_MS - 4 * 60_000)
  tokens.push((await rotate('ada')).token)
  expect(await Promise.all(tokens.map(statusOf))).toEqual([401, 200, 200, 200, 200, 200])
  await ask('DELETE', '/administrators/ada')
  expect(new Set(await Promise.all(tokens.map(statusOf)))).toEqual(new Set([401]))
})

test('stores that another person rotated a token, also after its own rotation', async () => {
  const { token } = await add('ada')
  const givenAt = async () => (await directory.store.principals.list()).find(({ name }) => name === 'ada')?.tokenGivenAt
  const own = await rotate('ada', {}, token)
  expect(await givenAt()).toBeUndefined()
  await rotate('ada')
  const at = directory.clock.now()
  expect(await givenAt()).toBe(at)
  await directory.clock.advance(60_000)
  await rotate('ada', {}, own.token)
  expect(await givenAt()).toBe(at)
})

test('the first administrator keeps a token without an end unless it asks for one', async () => {
  const { administrator, token } = await rotate('administrator')
  expect(administrator).toEqual(expect.not.objectContaining({ expiresAt: expect.anything() }))
  expect((await rotate('administrator', { ttlMs: DAY_MS }, token)).administrator.expiresAt).toBe(
    directory.clock.now() + DAY_MS,
  )
})

test.each([
  ['an unknown name', '/administrators/bob/rotate', {}, 'NOT_FOUND'],
  ['a service as an administrator', '/administrators/vpn/rotate', {}, 'NOT_FOUND'],
  ['an administrator as a service', '/services/ada/rotate', {}, 'NOT_FOUND'],
])('a rotation with %s is refused, and changes nothing', async (_name, path, body, code) => {
  await add('ada')
  await ask('POST', '/services', { name: 'vpn', scope: 'decide' })
  const before = await directory.store.principals.list()
  expect(codeOf(await ask('POST', path, body))).toBe(code)
  expect(await directory.store.principals.list()).toEqual(before)
})

test('a rotated token of a service works, for its scope only', async () => {
  await ask('POST', '/services', { name: 'vpn', scope: 'decide' })
  const { token, service } = (await ask('POST', '/services/vpn/rotate', {})).json as { token: string; service: object }
  expect(token).toMatch(/^surety_svc_/)
  expect(service).toEqual(expect.objectContaining({ name: 'vpn', scope: 'decide' }))
  expect(codeOf(await ask('GET', '/devices', undefined, token))).toBe('NOT_PERMITTED')
  expect(codeOf(await ask('POST', '/services/vpn/rotate', {}, token))).toBe('NOT_PERMITTED')
})

test.each([
  ['removing', 'DELETE', '/administrators/administrator', undefined],
  ['demoting', 'POST', '/administrators/administrator/role', { role: 'auditor' }],
  ['removing in other letters', 'DELETE', '/administrators/ADMINISTRATOR', undefined],
])('%s the last administrator is refused, and changes nothing', async (_name, method, path, body) => {
  await add('ada', 'operator')
  await add('bob', 'administrator', { ttlMs: DAY_MS })
  await directory.clock.advance(DAY_MS)
  const before = await directory.store.principals.list()
  const events = (await directory.store.events.list({ limit: 100 })).length
  expect(codeOf(await ask(method, path, body))).toBe('CONFLICT')
  expect(await directory.store.principals.list()).toEqual(before)
  expect(await directory.store.events.list({ limit: 100 })).toHaveLength(events)
  expect(await statusOf(directory.token)).toBe(200)
})

test('of two administrators that remove each other one stays', async () => {
  const { token } = await add('ada')
  const answers = await Promise.all([
    ask('DELETE', '/administrators/ada'),
    ask('DELETE', '/administrators/administrator', undefined, token),
  ])
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await directory.store.principals.list()).toHaveLength(1)
})

test('a token that is revoked while its request still arrives does nothing', async () => {
  const { token } = await add('ada')
  const body = JSON.stringify({ name: 'backdoor', role: 'administrator' })
  const answered = Promise.withResolvers<number>()
  const slow = request(
    `${directory.url}/api/v1/administrators`,
    {
      method: 'POST',
      ca: directory.ca,
      agent: false,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': body.length,
        expect: '100-continue',
      },
    },
    (response) => {
      response.resume()
      answered.resolve(response.statusCode ?? 0)
    },
  )
  slow.on('error', answered.reject)
  // The server has authenticated the request once it asks for the rest.
  const wanted = new Promise<void>((resolve) => slow.once('continue', resolve))
  slow.flushHeaders()
  await wanted
  slow.write(body.slice(0, 5))
  expect((await ask('DELETE', '/administrators/ada')).status).toBe(200)
  slow.end(body.slice(5))
  expect(await answered.promise).toBe(401)
  expect((await directory.store.principals.list()).map(({ name }) => name)).toEqual(['administrator'])
})

test.each([
  ['a name like an id', { name: 'adm_AAAAAAAAAAAAAAAAAAAAAA', role: 'viewer' }],
  ['a name with a line feed', { name: 'ada\nbob', role: 'viewer' }],
  ['a name with markup', { name: '<b>ada', role: 'viewer' }],
  ['a name that turns around', { name: 'ada\u202e', role: 'viewer' }],
])('%s is refused', async (_name, body) => {
  expect(codeOf(await ask('POST', '/administrators', body))).toBe('INPUT_MALFORMED')
  expect(await directory.store.principals.list()).toHaveLength(1)
})

test.each([
  ['a name in use', 'POST', '/administrators', { name: 'ADA', role: 'viewer' }, 'CONFLICT'],
  ['an unknown name', 'DELETE', '/administrators/bob', undefined, 'NOT_FOUND'],
  ['a role for an unknown name', 'POST', '/administrators/bob/role', { role: 'viewer' }, 'NOT_FOUND'],
  ['a service as an administrator', 'DELETE', '/administrators/vpn', undefined, 'NOT_FOUND'],
  ['a role for a service', 'POST', '/administrators/vpn/role', { role: 'administrator' }, 'NOT_FOUND'],
  ['an administrator as a service', 'DELETE', '/services/ada', undefined, 'NOT_FOUND'],
])('%s is refused', async (_name, method, path, body, code) => {
  await add('ada')
  await ask('POST', '/services', { name: 'vpn', scope: 'decide' })
  expect(codeOf(await ask(method, path, body))).toBe(code)
})

test('there are at most 200 that are not revoked', async () => {
  for (let i = 1; i < 200; i++) {
    const request = { kind: 'service', name: `s${i}`, role: 'read', ttlMs: DAY_MS } as const
    await directory.services.principals.add(request, 'adm_test')
  }
  expect(codeOf(await ask('POST', '/services', { name: 'more', scope: 'read' }))).toBe('QUOTA_EXCEEDED')
  await ask('DELETE', '/services/s1')
  expect((await ask('POST', '/services', { name: 'more', scope: 'read' })).status).toBe(201)
})

test('rotated twice at once, no token is lost', async () => {
  const { token } = await add('ada')
  const both = await Promise.all([rotate('ada'), rotate('ada')])
  expect(await Promise.all([token, ...both.map((one) => one.token)].map(statusOf))).toEqual([200, 200, 200])
})
