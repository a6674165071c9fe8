import { API_BASE } from '../../../src/protocol/noun/answers.ts'
import {
  type Answer,
  newTestId,
  startTestDirectory,
  type TestDirectory,
} from '../../support/directory/directory-api.ts'
import { AGENT_KEY, seedDevice } from '../../support/directory/seeded-directory.ts'
import { refusal } from './documented-answers.ts'

let directory: TestDirectory
let seeded: Awaited<ReturnType<typeof seedDevice>>

beforeAll(async () => {
  directory = await startTestDirectory()
  seeded = await seedDevice(directory)
})
afterAll(() => directory[Symbol.asyncDispose]())

/** Every route but the open ones, from the table that is served: a new route is here without being named. */
function guardedRoutes() {
  return directory.routes
    .filter(({ open }) => open !== true)
    .map(({ method, path }) => ({
      method,
      path:
        API_BASE +
        path
          .replace('{id}', path.startsWith('/tokens') ? seeded.token : seeded.device)
          .replace('{epoch}', '1')
          .replace('{sequence}', '1')
          .replace('{sighting}', '0'.repeat(32))
          .replace('{key}', AGENT_KEY),
    }))
}

const UNAUTHENTICATED = {
  ...refusal('UNAUTHENTICATED', 'send a valid token: Authorization: Bearer surety_adm_… or surety_svc_…'),
}
const refused = ({ status, json }: Answer) => ({ status, json })

test('refuses every route but health and the description without a valid token', async () => {
  const routes = guardedRoutes()
  expect(routes.length).toBeGreaterThanOrEqual(18)
  const wrong = `surety_adm_${'A'.repeat(43)}`
  for (const { method, path } of routes) {
    for (const token of [null, wrong]) {
      // Another day: what is limited are guesses.
      await directory.clock.advance(60_000)
      expect({ method, path, ...refused(await directory.ask(method, path, { token })) }).toEqual({
        method,
        path,
        status: 401,
        json: UNAUTHENTICATED,
      })
    }
  }
  // None of it was done.
  expect((await directory.store.tokens.get(seeded.token))?.revokedAt).toBeUndefined()
  expect(directory.delivered).toEqual([])
})

test.each([
  ['a path that does not exist', 'GET', '/api/v1/nothing'],
  ['the root', 'GET', '/'],
  ['a path that cannot be decoded', 'GET', '/api/v1/devices/%ff'],
  ['one below what is open', 'GET', '/api/v1/health/%ff'],
  ['another method', 'PUT', '/api/v1/devices'],
  ['a preflight', 'OPTIONS', '/api/v1/devices'],
  ['a climb', 'GET', '/api/v1/health/../devices'],
])('%s says nothing without a token', async (_name, method, path) => {
  await directory.clock.advance(60_000)
  expect(refused(await directory.ask(method, path, { token: null }))).toEqual({ status: 401, json: UNAUTHENTICATED })
})

test.each([
  ['no scheme', (token: string) => token],
  ['basic', (token: string) => `Basic ${token}`],
  ['a space too many', (token: string) => `Bearer  ${token}`],
  ['something after it', (token: string) => `Bearer ${token}, Bearer x`],
  ['a part of it', (token: string) => `Bearer ${token.slice(0, -1)}`],
  ['another prefix', (token: string) => `Bearer ${token.replace('adm', 'usr')}`],
])('a right token is refused with %s', async (_name, header) => {
  await directory.clock.advance(60_000)
  const answer = await directory.ask('GET', '/api/v1/summary', {
    token: null,
    headers: { authorization: header(directory.token) },
  })
  expect(refused(answer)).toEqual({ status: 401, json: UNAUTHENTICATED })
  expect(answer.headers['www-authenticate']).toBe('Bearer')
})

test('health and the description are open, and say nothing of devices', async () => {
  expect(refused(await directory.ask('GET', '/api/v1/health', { token: null }))).toEqual({
    status: 200,
    json: { status: 'ok' },
  })
  const description = await directory.ask('GET', '/api/v1/openapi.json', { token: null })
  expect(description.status).toBe(200)
  expect(description.text).not.toContain(seeded.device)
})

test('a path that does not exist is 404 with a token', async () => {
  expect(refused(await directory.ask('GET', '/api/v1/nothing'))).toEqual({
    status: 404,
    json: {
      ...refusal('NOT_FOUND', 'there is no such route; GET /api/v1/openapi.json lists them'),
    },
  })
})

test('guessing is slowed by address, logged until then, and locks no administrator out', async () => {
  await directory.clock.advance(24 * 3_600_000)
  directory.lines.length = 0
  const statuses: number[] = []
  for (let i = 0; i < 25; i++) {
    statuses.push((await directory.ask('GET', '/api/v1/summary', { token: `surety_adm_${'B'.repeat(43)}` })).status)
  }
  expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
  expect(directory.lines).toHaveLength(20)
  const slowed = await directory.ask('GET', '/api/v1/summary', { token: null })
  expect({ ...refused(slowed), retryAfter: slowed.headers['retry-after'] }).toEqual({
    status: 429,
    json: {
      ...refusal('QUOTA_EXCEEDED', 'too many requests without a valid token from this address'),
    },
    retryAfter: '3',
  })
  expect((await directory.ask('GET', '/api/v1/summary')).status).toBe(200)
})

test('every answer forbids caching, framing and sniffing, and allows no other origin', async () => {
  const answers = [
    await directory.ask('GET', '/api/v1/health', { token: null }),
    await directory.ask('GET', '/api/v1/devices', { headers: { origin: 'https://evil.example' } }),
    await directory.ask('GET', '/api/v1/nothing'),
    await directory.ask('POST', '/api/v1/tokens', { body: '{' }),
  ]
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-type': expect.stringMatching(/^application\/(problem\+)?json; charset=utf-8$/),
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

test('what an administrator did is logged with who and what, and no token ever is', async () => {
  directory.lines.length = 0
  const id = newTestId('tok')
  await directory.ask('POST', '/api/v1/tokens', { body: { owner: 'bob' } })
  await directory.ask('DELETE', `/api/v1/tokens/${id}`)
  expect(directory.lines).toEqual([
    {
      level: 'info',
      message: 'administrator acted',
      fields: {
        operation: 'createToken',
        administrator: expect.stringMatching(/^adm_/),
        name: 'administrator',
      },
    },
  ])
  expect(JSON.stringify(directory.lines)).not.toContain(directory.token.slice(11))
})
