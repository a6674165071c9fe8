import type { Page } from 'playwright-core'
import type { Principal } from '../../../src/protocol/noun/permissions.ts'
import type { SignInState } from '../../../src/protocol/nouns/people/sign-in.ts'
import {
  type Browser,
  createPasskey,
  fetchIn,
  inChromium,
  type PageAnswer,
  showPasskey,
  startBrowser,
} from '../../support/browser/chromium.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../../support/directory/test-console.ts'

/** Passkeys as a real browser makes and shows them, at the real listener. */

const whole = inChromium('passkeys')

const ROOT: Principal = { id: 'adm_root', kind: 'administrator', name: 'root', role: 'administrator' }

let directory: TestDirectory
let console: TestConsole
let browser: Browser
let page: Page

beforeEach(async () => {
  directory = await startTestDirectory()
  console = await startTestConsole(directory)
  browser = await startBrowser()
  page = browser.page
  await page.goto(console.url)
})
afterEach(async () => {
  await browser[Symbol.asyncDispose]()
  await console[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** The secret of a new link. */
async function invite(name: string, role: 'viewer' | 'operator' | 'administrator' = 'administrator') {
  const { link } = await directory.services.signIn.invitations.inviteAdministrator({ name, role }, ROOT)
  expect(link).toMatch(new RegExp(`^${console.url}/welcome#surety_inv_[A-Za-z0-9_-]{43}$`))
  return link.split('#')[1] ?? ''
}

const post = (path: string, body?: unknown, csrf?: string) =>
  fetchIn(page, 'POST', `/sign-in${path}`, { body, ...(csrf === undefined ? {} : { csrf }) })
const state = async () => (await fetchIn(page, 'GET', '/sign-in/state')).json as unknown as SignInState
const code = ({ status, json }: PageAnswer) => ({ status, code: json.code })
const NOT_PERMITTED = { status: 403, code: 'NOT_PERMITTED' }

async function enrol(invitation: string, name?: string): Promise<PageAnswer> {
  const options = await post('/invitation/options', { invitation })
  if (options.status !== 200) return options
  const response = await createPasskey(page, options.json.publicKey)
  return post('/invitation', { invitation, response, ...(name === undefined ? {} : { name }) })
}

async function shown(path: string, csrf?: string): Promise<unknown> {
  const { status, json } = await post(`${path}/options`, undefined, csrf)
  expect({ path, status }).toEqual({ path, status: 200 })
  return showPasskey(page, json.publicKey)
}

async function signIn(): Promise<PageAnswer> {
  return post('/passkey', { response: await shown('/passkey') })
}

const acts = async () =>
  (await directory.store.events.list({ limit: 50 })).map(({ kind, facts }) => [kind, facts] as const).toReversed()

whole('a link enrols a passkey, which signs in, steps up, and signs out', async () => {
  expect(await state()).toEqual({ url: console.url, organisation: 'example.org', methods: { passkey: true } })
  const enrolled = await enrol(await invite('ada'), 'laptop')
  expect(enrolled).toMatchObject({
    status: 200,
    json: { signedIn: { principal: { kind: 'administrator', name: 'ada', role: 'administrator' }, passkeys: 1 } },
  })
  const first = (await state()).signedIn
  expect(first).toMatchObject({ principal: { name: 'ada' }, session: { method: 'invitation' } })

  // Signed out, the cookie is nothing.
  expect((await post('/end', {}, first?.csrf)).status).toBe(200)
  expect((await state()).signedIn).toBeUndefined()
  expect(code(await fetchIn(page, 'GET', '/api/v1/me'))).toEqual({ status: 401, code: 'UNAUTHENTICATED' })

  expect((await signIn()).status).toBe(200)
  const { signedIn } = await state()
  expect(signedIn?.session).toMatchObject({ method: 'passkey' })
  expect((await fetchIn(page, 'GET', '/api/v1/me')).json).toMatchObject({ name: 'ada' })
  const cookies = await page.context().cookies()
  expect(cookies).toMatchObject([
    { name: 'surety', httpOnly: true, sameSite: 'Strict', path: '/', domain: 'localhost' },
  ])

  // Later, what matters asks for the passkey.
  const csrf = signedIn?.csrf ?? ''
  await directory.clock.advance(5 * 60_000)
  const service = (name: string) => fetchIn(page, 'POST', '/api/v1/services', { body: { name, scope: 'decide' }, csrf })
  expect(code(await service('gateway'))).toEqual({ status: 403, code: 'STEP_UP_REQUIRED' })
  const stepped = await post('/step-up', { response: await shown('/step-up', csrf) }, csrf)
  expect(stepped).toMatchObject({ status: 200, json: { signedIn: { session: { id: signedIn?.session.id } } } })
  expect((await service('gateway')).status).toBe(201)

  const recorded = await acts()
  expect(recorded.map(([kind]) => kind).filter((kind) => kind !== 'principal-added')).toEqual([
    'invited',
    'passkey-added',
    'signed-in',
    'session-ended',
    'signed-in',
    'stepped-up',
  ])
  expect(JSON.stringify(recorded)).not.toContain('surety_inv_')
})

whole('a passkey has a known algorithm, and is bound to the host of the console', async () => {
  const { json } = await post('/invitation/options', { invitation: await invite('ada') })
  expect(json).toMatchObject({
    holder: 'ada',
    publicKey: {
      rp: { id: 'localhost' },
      pubKeyCredParams: [{ alg: -7 }, { alg: -8 }, { alg: -257 }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    },
  })
  await enrol(await invite('ada'))
  const [passkey] = (await directory.services.signIn.passkeys.list({})).items
  expect(passkey).toMatchObject({ holder: 'ada', name: 'passkey 1', host: 'localhost', synced: false })
})

describe('a link', () => {
  whole('is for one passkey', async () => {
    const invitation = await invite('ada')
    expect((await enrol(invitation)).status).toBe(200)
    await browser.authenticator.replace()
    expect(code(await enrol(invitation))).toEqual(NOT_PERMITTED)
    expect(code(await post('/invitation/options', { invitation }))).toEqual(NOT_PERMITTED)
  })

  whole('that two use at once enrols one', async () => {
    const invitation = await invite('ada')
    const responses: unknown[] = []
    for (let i = 0; i < 2; i++) {
      const { json } = await post('/invitation/options', { invitation })
      responses.push(await createPasskey(page, json.publicKey))
      await browser.authenticator.replace()
    }
    const answers = await Promise.all(responses.map((response) => post('/invitation', { invitation, response })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403])
    expect((await directory.services.signIn.passkeys.list({})).items).toHaveLength(1)
  })

  whole('is over after a day, when a newer one is made, and when its person is revoked', async () => {
    const first = await invite('ada')
    const second = await invite('ada')
    expect(code(await enrol(first))).toEqual(NOT_PERMITTED)
    await directory.clock.advance(24 * 3_600_000)
    expect(code(await enrol(second))).toEqual(NOT_PERMITTED)
    const third = await invite('ada')
    const { json } = await post('/invitation/options', { invitation: third })
    const response = await createPasskey(page, json.publicKey)
    await directory.services.principals.revoke('administrator', 'ada', 'adm_root')
    expect(code(await post('/invitation', { invitation: third, response }))).toEqual(NOT_PERMITTED)
    expect(code(await post('/invitation/options', { invitation: `surety_inv_${'A'.repeat(43)}` }))).toEqual(
      NOT_PERMITTED,
    )
    expect((await post('/invitation/options', { invitation: 'surety_inv_A' })).status).toBe(400)
  })

  whole('takes no passkey that was made for another person, or for another link before', async () => {
    const [ada, bob] = [await invite('ada'), await invite('bob', 'viewer')]
    const { json } = await post('/invitation/options', { invitation: bob })
    const response = await createPasskey(page, json.publicKey)
    expect(code(await post('/invitation', { invitation: ada, response }))).toEqual(NOT_PERMITTED)
    expect((await post('/invitation', { invitation: bob, response })).status).toBe(200)
    // The same answer once more, with a new link of the same person.
    const again = await post('/invitation', { invitation: await invite('bob', 'viewer'), response })
    expect(code(again)).toEqual(NOT_PERMITTED)
  })

  whole('of another person makes an administrator new for a day', async () => {
    await directory.clock.advance(30 * 3_600_000)
    await enrol(await invite('ada'))
    await directory.clock.advance(1)
    const principal = (await directory.store.principals.list()).find(({ name }) => name === 'ada')
    expect(principal?.tokenGivenAt).toBe(directory.clock.now() - 1)
  })
})

describe('a sign-in is refused', () => {
  beforeEach(async () => {
    if (whole !== test) return
    const enrolled = await enrol(await invite('ada'))
    const { signedIn } = enrolled.json as unknown as SignInState
    await post('/end', {}, signedIn?.csrf)
  })

  whole('where the answer was used before', async () => {
    const response = await shown('/passkey')
    expect((await post('/passkey', { response })).status).toBe(200)
    expect(code(await post('/passkey', { response }))).toEqual(NOT_PERMITTED)
    expect(await acts()).toContainEqual(['sign-in-refused', expect.objectContaining({ why: 'not accepted' })])
  })

  whole('once its challenge is over', async () => {
    const response = await shown('/passkey')
    await directory.clock.advance(5 * 60_000)
    expect(code(await post('/passkey', { response }))).toEqual(NOT_PERMITTED)
  })

  whole('where the person was not verified', async () => {
    await browser.authenticator.verifiesUser(false)
    expect(await shown('/passkey')).toBe('NotAllowedError')
    // A browser that does it all the same is refused here.
    const { json } = await post('/passkey/options')
    const lenient = { ...Object(json.publicKey), userVerification: 'discouraged' }
    const response = await showPasskey(page, lenient)
    expect(code(await post('/passkey', { response }))).toEqual(NOT_PERMITTED)
  })

  whole.each([
    ['the challenge of a step-up', 'challenge'],
    ['a challenge of nobody', 'nobody'],
    ['another signature', 'signature'],
    ['the name of another passkey', 'id'],
    ['other data of the authenticator', 'authenticatorData'],
  ])('with %s', async (_name, spoilt) => {
    const { json } = await post('/passkey/options')
    const options = { ...Object(json.publicKey) }
    if (spoilt === 'nobody') options.challenge = 'A'.repeat(75)
    if (spoilt === 'challenge') {
      await signIn()
      const csrf = (await state()).signedIn?.csrf
      options.challenge = Object((await post('/step-up/options', {}, csrf)).json.publicKey).challenge
    }
    const response = Object(await showPasskey(page, options))
    if (spoilt === 'signature') response.response.signature = `${response.response.signature.slice(0, -6)}AAAAAA`
    if (spoilt === 'authenticatorData')
      response.response.authenticatorData = `${'A'.repeat(8)}${response.response.authenticatorData.slice(8)}`
    if (spoilt === 'id') response.id = response.rawId = 'AAAAAAAAAAAAAAAAAAAAAA'
    expect(code(await post('/passkey', { response }))).toEqual(NOT_PERMITTED)
  })

  whole('of a person who was revoked, and of a passkey that was removed', async () => {
    const response = await shown('/passkey')
    const [passkey] = (await directory.services.signIn.passkeys.list({})).items
    await directory.services.signIn.passkeys.remove(passkey?.id ?? '', ROOT)
    expect(code(await post('/passkey', { response }))).toEqual(NOT_PERMITTED)

    await browser.authenticator.replace()
    await enrol(await invite('ada'))
    const again = await shown('/passkey')
    await directory.services.principals.revoke('administrator', 'ada', 'adm_root')
    expect(code(await post('/passkey', { response: again }))).toEqual(NOT_PERMITTED)
    expect((await state()).signedIn).toBeUndefined()
  })

  whole('of a person whose time is over', async () => {
    const store = directory.store.principals
    const ada = (await store.list()).find(({ name }) => name === 'ada')
    if (ada === undefined) throw new Error('ada is not there')
    await signIn()
    await store.setTokens({ ...ada, expiresAt: directory.clock.now() + 60_000 })
    expect((await state()).signedIn?.principal.name).toBe('ada')
    await directory.clock.advance(60_000)
    expect((await state()).signedIn).toBeUndefined()
    expect(code(await signIn())).toEqual(NOT_PERMITTED)
    expect(await acts()).toContainEqual(['sign-in-refused', expect.objectContaining({ why: 'revoked or left' })])
  })

  whole('at another address of the same machine', async () => {
    await page.goto(console.url.replace('localhost', '127.0.0.1'))
    expect(code(await post('/passkey/options'))).toEqual(NOT_PERMITTED)
    const { json } = await post('/invitation/options', { invitation: await invite('bob', 'viewer') })
    expect(json.detail).toBe(`this page is not at the address of the console: open ${console.url}`)
  })

  whole('after many that failed, for a while', async () => {
    const statuses = new Set<number>()
    for (let i = 0; i < 22; i++) {
      statuses.add((await post('/invitation/options', { invitation: `surety_inv_${'A'.repeat(43)}` })).status)
    }
    expect(statuses).toEqual(new Set([403, 429]))
    // It delays refusals only.
    expect((await signIn()).status).toBe(200)
  })
})

describe('a fresh sign-in', () => {
  whole('is not to be had with the passkey of another person, or for another session', async () => {
    await enrol(await invite('ada'))
    const ada = (await state()).signedIn
    await post('/end', {}, ada?.csrf)
    await browser.authenticator.replace()
    await enrol(await invite('bob', 'viewer'))
    const bob = (await state()).signedIn
    const csrf = bob?.csrf ?? ''
    const response = await shown('/step-up', csrf)
    // Of a session before.
    await post('/end', {}, csrf)
    expect((await signIn()).status).toBe(200)
    const now = (await state()).signedIn?.csrf ?? ''
    expect(code(await post('/step-up', { response }, now))).toEqual(NOT_PERMITTED)
    // A sign-in is none.
    expect(code(await post('/step-up', { response: await shown('/passkey') }, now))).toEqual(NOT_PERMITTED)
  })

  whole('is needed for another passkey, which then signs in too; the last one stays', async () => {
    await enrol(await invite('ada'), 'laptop')
    const csrf = (await state()).signedIn?.csrf ?? ''
    await directory.clock.advance(5 * 60_000)
    const stale = { status: 403, code: 'STEP_UP_REQUIRED' }
    expect(code(await post('/passkeys/options', {}, csrf))).toEqual(stale)
    const [first] = (await fetchIn(page, 'GET', '/sign-in/passkeys')).json.items as { id: string }[]
    const remove = (id = '') => fetchIn(page, 'DELETE', `/sign-in/passkeys/${id}`, { csrf })
    expect(code(await remove(first?.id))).toEqual(stale)
    await post('/step-up', { response: await shown('/step-up', csrf) }, csrf)
    expect(code(await remove(first?.id))).toEqual({ status: 409, code: 'CONFLICT' })

    await browser.authenticator.replace()
    const { json } = await post('/passkeys/options', {}, csrf)
    const response = await createPasskey(page, json.publicKey)
    expect((await post('/passkeys', { response, name: 'phone' }, csrf)).status).toBe(201)
    expect(code(await post('/passkeys', { response, name: 'phone' }, csrf))).toEqual(NOT_PERMITTED)
    expect((await remove(first?.id)).status).toBe(200)
    expect((await signIn()).status).toBe(200)
  })
})

whole('an authenticator that has a passkey of the person makes no second one', async () => {
  await enrol(await invite('ada'))
  const { json } = await post('/invitation/options', { invitation: await invite('ada') })
  expect(await createPasskey(page, json.publicKey)).toBe('InvalidStateError')
})
