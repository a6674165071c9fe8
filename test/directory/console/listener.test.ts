import { randomBytes } from 'node:crypto'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { startHttpServer } from '../../../src/directory/http/server.ts'
import type { HttpSurface } from '../../../src/directory/http/surface.ts'
import { csrfTokenOf } from '../../../src/directory/sign-in/session-authentication.ts'
import type { AdministratorRole } from '../../../src/protocol/noun/permissions.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { askConsole, startTestConsole, type TestConsole } from '../../support/directory/test-console.ts'

/** Sessions of the test: what the real ones are is tested beside `sessions.ts`. */
const SECRETS = new Map<string, AdministratorRole>()
function signedIn(role: AdministratorRole) {
  const secret = new Uint8Array(randomBytes(32))
  SECRETS.set(toBase64Url(secret), role)
  return { cookie: `surety=${toBase64Url(secret)}`, csrf: csrfTokenOf(secret) }
}

/** Those whose person has not shown the passkey for a while. */
const STALE = new Set<string>()

const sessionOf = async (secret: Uint8Array) => {
  const role = SECRETS.get(toBase64Url(secret))
  if (role === undefined) return undefined
  return {
    principal: { id: 'adm_test', kind: 'administrator' as const, name: 'ada', role },
    session: { id: 'ses_test', isFresh: !STALE.has(toBase64Url(secret)) },
  }
}

let directory: TestDirectory
let console: TestConsole
beforeAll(async () => {
  directory = await startTestDirectory()
  console = await startTestConsole(directory, { sessionOf })
})
afterAll(async () => {
  await console[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const ada = signedIn('administrator')
const own = () => ({
  cookie: ada.cookie,
  'x-surety-csrf': ada.csrf,
  origin: console.url,
  'sec-fetch-site': 'same-origin',
})
const code = ({ status, json }: { readonly status: number; readonly json: unknown }) => ({
  status,
  ...(typeof json === 'object' && json !== null && 'code' in json ? { code: json.code } : {}),
})

describe('files', () => {
  test.each(['/', '/index.html', '/devices', '/devices/dev_1', '/mcp-servers/a.b', '/sign-in', '/api', '/?filter=a.b'])(
    'answers %s with the page, under a strict policy',
    async (path) => {
      const { status, headers, text } = await console.ask('GET', path)
      expect({ status, text }).toEqual({ status: 200, text: '<title>Surety</title>' })
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'")
      expect(policy).not.toMatch(/unsafe|data:|https?:|\*/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['strict-transport-security']).toBeUndefined()
    },
  )

  test.each([
    ['/app.css', 404],
    ['/assets/app', 404],
    ['/favicon.ico', 404],
    ['/../package.json', 404],
    ['/%2e%2e/package.json', 404],
    ['/..%2fpackage.json', 404],
    ['/app.js/', 404],
  ])('%s is no file: %d', async (path, status) => {
    const answer = await console.ask('GET', path)
    expect(answer.status).toBe(status)
    expect(answer.text).not.toContain('"name"')
  })

  test.each(['POST', 'PUT', 'DELETE'])('a file is not answered to %s', async (method) => {
    expect(code(await console.ask(method, '/app.js'))).toEqual({ status: 401, code: 'UNAUTHENTICATED' })
    expect(code(await console.ask(method, '/app.js', { headers: own() }))).toEqual({ status: 404, code: 'NOT_FOUND' })
  })

  test('is sent compressed to who takes it, and not again to who has it', async () => {
    const taken = async (headers: Readonly<Record<string, string>>) => {
      const answer = await console.ask('GET', '/app.js', { headers })
      return [answer.status, answer.headers['content-encoding'], answer.text]
    }
    expect(await taken({})).toEqual([200, undefined, 'start()'])
    expect(await taken({ 'accept-encoding': 'gzip, deflate' })).toEqual([200, 'gzip', 'gzip'])
    expect(await taken({ 'accept-encoding': 'gzip, br;q=0.5' })).toEqual([200, 'br', 'brotli'])
    expect(await taken({ 'accept-encoding': 'gzip;q=0, br;q=0' })).toEqual([200, undefined, 'start()'])
    expect(await taken({ 'if-none-match': '"7"' })).toEqual([304, undefined, ''])
    expect(await taken({ 'if-none-match': '"8"' })).toEqual([200, undefined, 'start()'])
  })

  test('says how to build them where there are none', async () => {
    await using bare = await startTestConsole(directory, { sessionOf, files: undefined })
    const { status, json } = await bare.ask('GET', '/')
    expect({ status, json }).toMatchObject({ status: 404, json: { detail: expect.stringContaining('npm run build') } })
  })
})

describe('open to everybody', () => {
  test('the API page and the description that the API serves', async () => {
    const page = await console.ask('GET', '/docs')
    expect([page.status, page.text.includes('<h1>Surety directory: API</h1>')]).toEqual([200, true])
    const [here, there] = [
      await console.ask('GET', '/api/v1/openapi.json'),
      await directory.ask('GET', '/api/v1/openapi.json', { token: null }),
    ]
    expect(here.json).toEqual(there.json)
  })
})

describe('a session', () => {
  test('reads and changes what the role may', async () => {
    expect((await console.ask('GET', '/api/v1/me', { headers: { cookie: ada.cookie } })).json).toMatchObject({
      id: 'adm_test',
      role: 'administrator',
    })
    const body = { name: 'gateway', scope: 'decide' }
    expect((await console.ask('POST', '/api/v1/services', { headers: own(), body })).status).toBe(201)
  })

  test.each([
    ['no cookie', () => ({ cookie: '' })],
    ['a bearer token', () => ({ cookie: '', authorization: `Bearer ${directory.token}` })],
    ['another secret', () => ({ cookie: signedIn('administrator').cookie.replace(/=..../, '=AAAA') })],
    [
      'a secret with bits to spare',
      () => ({ cookie: ada.cookie.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)) }),
    ],
    ['half a secret', () => ({ cookie: ada.cookie.slice(0, 30) })],
    ['two cookies of the name', () => ({ cookie: `${ada.cookie}; ${signedIn('administrator').cookie}` })],
    ['the cookie under the name for HTTPS', () => ({ cookie: ada.cookie.replace('surety', '__Host-surety') })],
    ['a name that only ends so', () => ({ cookie: `x${ada.cookie}` })],
  ])('is not there with %s', async (_name, spoil) => {
    for (const [method, path] of [
      ['GET', '/api/v1/me'],
      ['POST', '/api/v1/services'],
      ['GET', '/api/v1/nothing'],
    ] as const) {
      const answer = await console.ask(method, path, { headers: { ...own(), ...spoil() } })
      expect(code(answer)).toEqual({ status: 401, code: 'UNAUTHENTICATED' })
      expect(answer.text).not.toContain('Bearer')
    }
  })

  test.each([
    ['no CSRF token', { 'x-surety-csrf': '' }, /x-surety-csrf/],
    ['the CSRF token of another session', { 'x-surety-csrf': signedIn('administrator').csrf }, /x-surety-csrf/],
    ['the cookie as CSRF token', { 'x-surety-csrf': ada.cookie.slice(7) }, /x-surety-csrf/],
    ['another site', { 'sec-fetch-site': 'cross-site' }, /another site/],
    ['another port of the site', { 'sec-fetch-site': 'same-site' }, /another site/],
    ['no page at all', { 'sec-fetch-site': 'none' }, /another site/],
    ['the origin of another site', { origin: 'https://evil.example' }, /open http:\/\/localhost:/],
    ['an origin without a name', { origin: 'null' }, /address of the console/],
    ['the console under its address', { origin: 'http://127.0.0.1:7445' }, /address of the console/],
  ])('changes nothing with %s', async (_name, spoil, message) => {
    const body = { name: 'mallory', scope: 'decide' }
    const answer = await console.ask('POST', '/api/v1/services', { headers: { ...own(), ...spoil }, body })
    expect(code(answer)).toEqual({ status: 403, code: 'NOT_PERMITTED' })
    expect(answer.text).toMatch(message)
    expect((await directory.ask('GET', '/api/v1/services')).text).not.toContain('mallory')
  })

  test.each(['cross-site', 'same-site'])('is not readable from a page of %s', async (fetchSite) => {
    const headers = { cookie: ada.cookie, 'sec-fetch-site': fetchSite }
    expect(code(await console.ask('GET', '/api/v1/devices', { headers }))).toEqual({
      status: 403,
      code: 'NOT_PERMITTED',
    })
  })

  test('has no more than its role', async () => {
    const viewer = signedIn('viewer')
    const headers = { ...own(), cookie: viewer.cookie, 'x-surety-csrf': viewer.csrf }
    const answer = await console.ask('POST', '/api/v1/services', { headers, body: { name: 'x', scope: 'decide' } })
    expect(code(answer)).toEqual({ status: 403, code: 'NOT_PERMITTED' })
    expect((await console.ask('GET', '/api/v1/devices', { headers })).status).toBe(200)
  })

  test('of a while ago reads and tries, and shows the passkey before it changes much', async () => {
    const stale = signedIn('administrator')
    STALE.add(stale.cookie.slice('surety='.length))
    const headers = { ...own(), cookie: stale.cookie, 'x-surety-csrf': stale.csrf }
    const ask = async (method: string, path: string, body?: object) =>
      code(await console.ask(method, path, { headers, ...(body === undefined ? {} : { body }) }))
    const refused = { status: 403, code: 'STEP_UP_REQUIRED' }
    expect(await ask('GET', '/api/v1/webhooks')).toEqual({ status: 200 })
    const stop = { kind: 'freeze', selector: { product: 'agent:claude-code' }, reason: 'test' }
    expect(await ask('POST', '/api/v1/stops', { ...stop, dryRun: true })).toEqual({ status: 200 })
    expect(await ask('POST', '/api/v1/stops', { ...stop, dryRun: false })).toEqual(refused)
    expect(await ask('POST', '/api/v1/stops', stop)).toEqual(refused)
    expect(await ask('POST', '/api/v1/services', { name: 'late', scope: 'decide' })).toEqual(refused)
    expect(await ask('POST', '/api/v1/humans', { userName: 'late' })).toEqual(refused)
    expect(await ask('PUT', '/api/v1/policy', { yaml: 'checks: {}' })).not.toEqual({ status: 200 })
    const late = [{ kind: 'administrator', name: 'late', spec: { role: 'administrator' } }]
    expect(await ask('POST', '/api/v1/configuration', { documents: late, plan: false })).toEqual(refused)
    expect(await ask('POST', '/api/v1/configuration', { documents: [], plan: true })).toEqual({ status: 200 })
    const rules = 'schema: surety/rules@1\nrules: []\n'
    expect(await ask('POST', '/api/v1/rules/test', { rules })).toEqual({ status: 200 })
    expect(await ask('PUT', '/api/v1/rules', { rules })).toEqual(refused)
    expect(await ask('POST', '/api/v1/zombies/sweep')).toEqual({ status: 200 })
    expect((await directory.ask('GET', '/api/v1/services')).text).not.toContain('late')
  })

  test('is nothing at the listener of the API', async () => {
    expect((await directory.ask('GET', '/api/v1/me', { token: null, headers: own() })).status).toBe(401)
  })

  test.each(['/scim/v2/Users', '/metrics', '/healthz'])('does not reach %s, which the API has', async (path) => {
    const { text } = await console.ask('GET', path, { headers: own() })
    expect(text).toBe('<title>Surety</title>')
  })
})

test.each([
  ['a proxy on this machine is believed', true, '203.0.113.7', '203.0.113.7'],
  ['only the last of several is, which the proxy added', true, '127.0.0.1, 198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['nobody else is', false, '203.0.113.7', '127.0.0.1'],
])('where a request comes from: %s', async (_name, behindProxy, forwarded, address) => {
  const seen: string[] = []
  const authenticate: HttpSurface['authenticate'] = async (request) => {
    seen.push(request.address)
    return { error: new SuretyError('UNAUTHENTICATED', 'not here'), headers: {} }
  }
  await using server = await startHttpServer(
    { surfaces: [{ ...directory.surface, authenticate }], log: silentLog },
    { host: '127.0.0.1', port: 0, behindProxy },
  )
  const { status } = await askConsole(server.port, 'GET', '/api/v1/me', { headers: { 'x-forwarded-for': forwarded } })
  expect({ status, seen }).toEqual({ status: 401, seen: [address] })
})
