import { createHash } from 'node:crypto'
import { identityProvider } from '../../../src/directory/sign-in/identity-provider.ts'
import { groupRoles } from '../../../src/directory/sign-in/oidc.ts'
import { signInRoutes } from '../../../src/directory/sign-in/routes.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { type Answer, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../../support/directory/test-console.ts'
import { CLIENT, realProvider, saidProvider } from '../../support/identity-provider/identity-provider.ts'

const BY = { id: 'adm_root', name: 'root' }
const ROLES = ['surety-admins=administrator', 'surety-ops=operator', 'all=viewer']
const HOUR_S = 3_600

let directory: TestDirectory
let said: Awaited<ReturnType<typeof saidProvider>>
let console: TestConsole
let adaId = ''

/** A console with this identity provider. */
async function consoleAt(issuer: string): Promise<TestConsole> {
  const { signIn, organisation } = directory.services
  const provider = identityProvider({ issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret })
  const { clock } = directory
  const log = { warn: () => undefined }
  const routes = signInRoutes({ ...signIn, organisation, clock, log, oidc: signIn.oidcAt(provider, { roles: ROLES }) })
  return startTestConsole(directory, { signIn: routes })
}

beforeEach(async () => {
  directory = await startTestDirectory()
  said = await saidProvider()
  console = await consoleAt(said.issuer)
  adaId = (await directory.services.humans.add({ userName: 'ada', email: 'ada@example.org' }, BY)).human.id
})
afterEach(async () => {
  await console[Symbol.asyncDispose]()
  await said[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const cookieOf = ({ headers }: Answer) => String(headers['set-cookie']).split(';', 1)[0] ?? ''
/** Where the browser of a refused person is led, and nothing that signs them in. */
const ledTo = ({ status, headers }: Answer) => ({ status, to: headers.location, cookie: headers['set-cookie'] })
const refusedAs = (why: string) => ({ status: 303, to: `/?refused=${why}`, cookie: undefined })
const refusals = async () =>
  (await directory.store.events.list({ kind: 'sign-in-refused', limit: 99 })).map(({ facts }) => facts)
const refused = { status: 403, code: 'NOT_PERMITTED' }
const code = ({ status, json }: Answer) => ({ status, code: Object(json).code })

/** The browser has gone to the identity provider. */
async function begun(query = '') {
  const answer = await console.ask('GET', `/sign-in/oidc${query}`)
  expect(answer.status).toBe(303)
  const asked = new URL(String(answer.headers.location)).searchParams
  const nowS = Math.floor(directory.clock.now() / 1000)
  said.said.claims = {
    iss: said.issuer,
    aud: CLIENT.id,
    sub: 'account-1',
    nonce: asked.get('nonce') ?? '',
    iat: nowS,
    exp: nowS + HOUR_S,
    auth_time: nowS,
    preferred_username: 'ada',
  }
  return { asked, cookie: cookieOf(answer), set: String(answer.headers['set-cookie']) }
}

type Attempt = Awaited<ReturnType<typeof begun>>

/** It comes back. */
function back({ asked, cookie }: Attempt, changed: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const query = new URLSearchParams({ code: 'c', state: asked.get('state') ?? '', iss: said.issuer, ...changed })
  return console.ask('GET', `/sign-in/oidc/callback?${query}`, { headers: { cookie } })
}

async function me(cookie: string) {
  return Object((await console.ask('GET', '/sign-in/state', { headers: { cookie } })).json).signedIn
}

test('asks with PKCE, state, nonce and max_age, and keeps them in no cookie', async () => {
  const { asked, cookie, set } = await begun()
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: 'code',
    client_id: CLIENT.id,
    redirect_uri: `${console.url}/sign-in/oidc/callback`,
    code_challenge_method: 'S256',
    max_age: '43200',
    scope: 'openid profile email',
  })
  expect(set).toMatch(/^surety-attempt=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
  await back({ asked, cookie, set })
  const [verifier = ''] = said.said.verifiers
  expect(createHash('sha256').update(verifier).digest('base64url')).toBe(asked.get('code_challenge'))
  for (const secret of [verifier, asked.get('state') ?? '', asked.get('nonce') ?? ''])
    expect(cookie).not.toContain(secret)
})

test('a person of the register signs in as themselves, and the page is opened', async () => {
  const answer = await back(await begun())
  expect({ status: answer.status, to: answer.headers.location }).toEqual({ status: 303, to: '/' })
  expect(await me(cookieOf(answer))).toMatchObject({
    principal: { id: adaId, kind: 'person', name: 'ada', role: 'member' },
    session: { method: 'oidc' },
    passkeys: 0,
  })
})

test('groups give the strongest of their roles, each time', async () => {
  const signedIn = async (groups: readonly string[]) => {
    const attempt = await begun()
    said.said.claims = { ...said.said.claims, groups: [...groups] }
    return (await me(cookieOf(await back(attempt)))).principal
  }
  const first = await signedIn(['all', 'surety-ops', 'others'])
  expect(first).toMatchObject({ kind: 'administrator', name: 'ada', role: 'operator' })
  expect(await signedIn(['all'])).toMatchObject({ id: first.id, role: 'viewer' })
  expect(await signedIn(['others'])).toMatchObject({ id: adaId, role: 'member' })
  expect((await directory.store.events.list({ kind: 'principal-role-changed', limit: 9 })).length).toBe(1)
})

test('an e-mail address names a person, unless it was not verified', async () => {
  const attempt = await begun()
  said.said.claims = { ...said.said.claims, preferred_username: 'a.lovelace', email: 'ada@example.org' }
  expect((await me(cookieOf(await back(attempt)))).principal.id).toBe(adaId)
  const again = await begun()
  said.said.claims = {
    ...said.said.claims,
    preferred_username: 'a.lovelace',
    email: 'ada@example.org',
    email_verified: false,
  }
  expect(ledTo(await back(again))).toEqual(refusedAs('not-registered'))
})

describe('refuses', () => {
  test.each([
    ['another audience', { aud: 'another' }, 'not-accepted'],
    ['another issuer', { iss: 'https://evil.example' }, 'not-accepted'],
    ['another nonce', { nonce: 'another' }, 'not-accepted'],
    ['no nonce', { nonce: undefined }, 'not-accepted'],
    ['an id token that is over', { exp: 1 }, 'not-accepted'],
    ['no time of the sign-in', { auth_time: undefined }, 'not-accepted'],
    ['a sign-in of yesterday', { auth_time: 1_000 }, 'not-accepted'],
    ['a person who is not known', { preferred_username: 'eve' }, 'not-registered'],
    ['a person without a name', { preferred_username: undefined }, 'not-registered'],
  ])('%s', async (_name, changed, why) => {
    const attempt = await begun()
    const claims = { ...said.said.claims, ...changed }
    said.said.claims = JSON.parse(JSON.stringify(claims))
    expect(ledTo(await back(attempt))).toEqual(refusedAs(why))
    expect((await directory.services.signIn.sessions.list({})).items).toEqual([])
    expect(await refusals()).toEqual([expect.objectContaining({ method: 'oidc', why, address: '127.0.0.1' })])
  })

  test.each([
    ['another state', { state: 'another' }],
    ['another issuer in the address', { iss: 'https://evil.example' }],
    ['an error of the identity provider', { error: 'access_denied' }],
  ])('%s', async (_name, changed) => {
    expect(ledTo(await back(await begun(), changed))).toEqual(refusedAs('not-accepted'))
  })

  test('an id token that another key has signed', async () => {
    const attempt = await begun()
    said.said.signedByAnother = true
    expect(ledTo(await back(attempt))).toEqual(refusedAs('not-accepted'))
  })

  test('a callback that was used before', async () => {
    const attempt = await begun()
    expect((await back(attempt)).status).toBe(303)
    expect(ledTo(await back(attempt))).toEqual(refusedAs('over'))
  })

  test('an attempt that failed before, and one of another browser', async () => {
    const attempt = await begun()
    expect(ledTo(await back(attempt, { state: 'another' }))).toEqual(refusedAs('not-accepted'))
    expect(ledTo(await back(attempt))).toEqual(refusedAs('over'))
    const [mine, other] = [await begun(), await begun()]
    expect(ledTo(await back({ ...other, cookie: mine.cookie }))).toEqual(refusedAs('not-accepted'))
    expect(ledTo(await back({ ...other, cookie: '' }))).toEqual(refusedAs('over'))
  })

  test('an attempt that is over', async () => {
    const attempt = await begun()
    await directory.clock.advance(5 * 60_000)
    expect(ledTo(await back(attempt))).toEqual(refusedAs('over'))
  })

  test('a person who has left', async () => {
    const attempt = await begun()
    await directory.services.departures.deactivate(adaId, BY, { reason: 'left' })
    expect(ledTo(await back(attempt))).toEqual(refusedAs('not-registered'))
  })

  test('a role that cannot be given', async () => {
    await directory.services.humans.add({ userName: 'zoe (guest)' }, BY)
    const attempt = await begun()
    said.said.claims = { ...said.said.claims, preferred_username: 'zoe (guest)', groups: ['all'] }
    expect(ledTo(await back(attempt))).toEqual(refusedAs('role'))
    expect(await refusals()).toMatchObject([{ name: 'zoe (guest)', why: 'role' }])
  })

  test('and names a person in the event only if the identity provider vouches for it', async () => {
    const attempt = await begun()
    const claims = { ...said.said.claims, preferred_username: `eve${'e'.repeat(99)}` }
    said.said.claims = { ...claims, aud: 'another' }
    await back(attempt)
    const again = await begun()
    said.said.claims = { ...claims, nonce: again.asked.get('nonce') ?? '' }
    await back(again)
    const [known, forged] = await refusals()
    expect(known).toMatchObject({ name: `eve${'e'.repeat(61)}` })
    expect(forged).not.toHaveProperty('name')
  })

  test('strangers without an attempt, who write no event', async () => {
    const attempt = await begun()
    for (const cookie of ['', 'surety-attempt=', 'surety-attempt=AAAA.AAAA', `${attempt.cookie}A`]) {
      expect(ledTo(await back({ ...attempt, cookie }))).toEqual(refusedAs('over'))
    }
    expect(await refusals()).toEqual([])
  })

  test('more than a few in a minute from one network, who write no more events', async () => {
    const answers: unknown[] = []
    for (let nth = 0; nth < 25; nth++) answers.push((await back(await begun(), { state: 'another' })).headers.location)
    expect(answers.at(0)).toBe('/?refused=not-accepted')
    expect(answers.at(-1)).toBe('/?refused=too-many')
    expect((await refusals()).length).toBe(answers.filter((one) => one === '/?refused=not-accepted').length)
  })
})

describe('comes back', () => {
  test.each(['/devices?verdict=failing', '/people/%C3%A9', '/'])('to the page %s', async (to) => {
    const answer = await back(await begun(`?to=${encodeURIComponent(to)}`))
    expect(ledTo(answer)).toMatchObject({ status: 303, to })
    expect(await me(cookieOf(answer))).toMatchObject({ principal: { name: 'ada' } })
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'devices',
    '/a\r\nset-cookie: a=b',
    '/é',
    `/${'a'.repeat(600)}`,
  ])('never to %j', async (to) => {
    const answer = await console.ask('GET', `/sign-in/oidc?to=${encodeURIComponent(to)}`)
    expect(code(answer)).toEqual({ status: 400, code: 'INPUT_MALFORMED' })
    // Nor if a cookie has it.
    const attempt = await begun()
    const cookie = `${attempt.cookie}.${Buffer.from(to).toString('base64url')}`
    expect(ledTo(await back({ ...attempt, cookie }))).toMatchObject({ status: 303, to: '/' })
  })
})

describe('a fresh sign-in', () => {
  test('has to be one there of the last five minutes', async () => {
    const attempt = await begun('?fresh=yes')
    expect(attempt.asked.get('prompt')).toBe('login')
    expect(attempt.asked.get('max_age')).toBe('300')
    said.said.claims = { ...said.said.claims, auth_time: Number(said.said.claims.iat) - 600 }
    expect(ledTo(await back(attempt))).toEqual(refusedAs('not-accepted'))
    expect((await back(await begun('?fresh=yes'))).status).toBe(303)
  })

  test('is needed after a sign-in there of an hour ago', async () => {
    const attempt = await begun()
    const { claims } = said.said
    said.said.claims = { ...claims, groups: ['surety-admins'], auth_time: Number(claims.iat) - HOUR_S }
    const cookie = cookieOf(await back(attempt))
    const { csrf } = await me(cookie)
    const headers = { cookie, 'x-surety-csrf': csrf }
    const body = { name: 'gateway', scope: 'decide' }
    expect(code(await console.ask('POST', '/api/v1/services', { headers, body }))).toEqual({
      status: 403,
      code: 'STEP_UP_REQUIRED',
    })
  })

  test('enrols no passkey, which would outlast the groups', async () => {
    const attempt = await begun()
    said.said.claims = { ...said.said.claims, groups: ['surety-admins'] }
    const cookie = cookieOf(await back(attempt))
    const { csrf } = await me(cookie)
    expect(
      code(await console.ask('POST', '/sign-in/passkeys/options', { headers: { cookie, 'x-surety-csrf': csrf } })),
    ).toEqual(refused)
  })
})

test('answers that the identity provider does not answer', async () => {
  await using nowhere = await consoleAt('http://localhost:9')
  expect(ledTo(await nowhere.ask('GET', '/sign-in/oidc'))).toEqual(refusedAs('unavailable'))
})

test.each(['surety-ops', '=operator', 'ops=root', 'ops=member', ''])('%j gives no role', (text) => {
  expect(codeOfCall(() => groupRoles([text]))).toBe('CONFIG_INVALID')
})

test('signs in at a real provider, with all of its redirects', async () => {
  // Its redirect is that of a console which does not know its issuer before it listens.
  const port = console.port
  await using provider = await realProvider(`http://localhost:${port}/sign-in/oidc/callback`, {
    preferred_username: 'ada',
    groups: ['surety-ops'],
  })
  await console[Symbol.asyncDispose]()
  const { signIn, organisation } = directory.services
  const at = identityProvider({ issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret })
  const oidc = signIn.oidcAt(at, { roles: ROLES })
  const routes = signInRoutes({ ...signIn, organisation, clock: directory.clock, log: { warn: () => undefined }, oidc })
  console = await startTestConsole(directory, { signIn: routes }, { port })
  const jar = new Map<string, string>()
  let url = `${console.url}/sign-in/oidc`
  for (let hop = 0; hop < 12; hop++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const one of answer.headers.getSetCookie()) {
      const [pair = ''] = one.split(';', 1)
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    await answer.arrayBuffer()
    const location = answer.headers.get('location')
    if (location === '/' || location === null) break
    url = new URL(location, url).href
  }
  expect(await me(`surety=${jar.get('surety')}`)).toMatchObject({
    principal: { kind: 'administrator', name: 'ada', role: 'operator' },
  })
})
