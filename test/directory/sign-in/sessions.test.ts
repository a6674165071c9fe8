import { fromBase64Url } from '../../../src/base/bytes.ts'
import type { Principal } from '../../../src/protocol/noun/permissions.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../../support/directory/test-console.ts'

const ROOT: Principal = { id: 'adm_root', kind: 'administrator', name: 'root', role: 'administrator' }
const BROWSER = { address: '127.0.0.1', userAgent: 'Mozilla/5.0 (X11)' }
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let directory: TestDirectory
let console: TestConsole
beforeEach(async () => {
  directory = await startTestDirectory()
  console = await startTestConsole(directory)
})
afterEach(async () => {
  await console[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const sessions = () => directory.services.signIn.sessions

async function administrator(name: string, role: 'viewer' | 'administrator' = 'administrator') {
  return directory.services.principals.addWithoutToken({ name, role }, ROOT.id)
}

async function person(userName: string) {
  return (await directory.services.humans.add({ userName }, ROOT)).human
}

/** A session that has begun, as its browser uses it. */
async function begun(subject: string) {
  const { id, secret } = await sessions().begin(subject, 'passkey', BROWSER)
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    console.ask(method, path, { headers: { cookie: `surety=${secret}`, ...headers } })
  return {
    id,
    secret,
    ask,
    /** Whether it is one, as whom it acts. */
    async acts(): Promise<string | undefined> {
      const { status, json } = await ask('GET', '/api/v1/me')
      return status === 200 ? Object(json).name : undefined
    },
  }
}

const endings = async () =>
  (await directory.store.events.list({ kind: 'session-ended', limit: 50 })).map(({ actor, facts }) => ({
    actor,
    facts,
  }))

test('a session acts as its administrator, by the role of now', async () => {
  const { id } = await administrator('ada')
  const session = await begun(id)
  expect((await session.ask('GET', '/api/v1/me')).json).toMatchObject({ id, name: 'ada', role: 'administrator' })
  await administrator('bob')
  await directory.services.principals.setRole('ada', 'viewer', ROOT.id)
  expect((await session.ask('GET', '/api/v1/me')).json).toMatchObject({ role: 'viewer' })
  expect((await session.ask('GET', '/api/v1/administrators')).status).toBe(403)
})

test('a person of the register sees who they are, and nothing of the fleet', async () => {
  const { id } = await person('ada@example.org')
  const session = await begun(id)
  expect((await session.ask('GET', '/api/v1/me')).json).toMatchObject({
    id,
    kind: 'person',
    name: 'ada@example.org',
    role: 'member',
  })
  for (const path of [
    '/devices',
    '/humans',
    '/summary',
    '/events',
    '/sessions',
    '/administrators',
    '/inbox',
    '/policy',
  ]) {
    expect({ path, status: (await session.ask('GET', `/api/v1${path}`)).status }).toEqual({ path, status: 403 })
  }
})

test('only the hash of the secret is stored, and it is another one each time', async () => {
  const { id } = await administrator('ada')
  const [one, other] = [await begun(id), await begun(id)]
  expect(one.secret).not.toBe(other.secret)
  expect(fromBase64Url(one.secret)).toHaveLength(32)
  const rows = directory.database.prepare('SELECT * FROM sessions').all()
  expect(rows).toHaveLength(2)
  expect(JSON.stringify(rows)).not.toContain(one.secret)
})

describe('a session ends', () => {
  test('after an hour without use', async () => {
    const session = await begun((await administrator('ada')).id)
    for (let i = 0; i < 3; i++) {
      await directory.clock.advance(59 * MINUTE_MS)
      expect(await session.acts()).toBe('ada')
    }
    await directory.clock.advance(HOUR_MS)
    expect(await session.acts()).toBeUndefined()
  })

  test('after twelve hours, however much it is used', async () => {
    const session = await begun((await administrator('ada')).id)
    for (let i = 0; i < 23; i++) {
      await directory.clock.advance(30 * MINUTE_MS)
      expect(await session.acts()).toBe('ada')
    }
    await directory.clock.advance(30 * MINUTE_MS)
    expect(await session.acts()).toBeUndefined()
  })

  test('when its administrator is revoked, and does not come back with the name', async () => {
    const session = await begun((await administrator('ada')).id)
    await directory.services.principals.revoke('administrator', 'ada', ROOT.id)
    expect(await session.acts()).toBeUndefined()
    await administrator('ada')
    expect(await session.acts()).toBeUndefined()
  })

  test('when its person leaves, also if they come back at once', async () => {
    const { id } = await person('ada')
    const session = await begun(id)
    expect(await session.acts()).toBe('ada')
    await directory.services.departures.deactivate(id, ROOT, { reason: 'left' })
    await directory.services.humans.reactivate(id, 'came back', ROOT)
    expect(await session.acts()).toBeUndefined()
    expect((await sessions().list({})).items).toEqual([])
  })

  test('when all principals are replaced', async () => {
    const session = await begun((await administrator('ada')).id)
    await directory.store.principals.revokeAll(directory.clock.now())
    expect(await session.acts()).toBeUndefined()
  })

  test('when it is ended, which is recorded, and the other ones stay', async () => {
    const { id: subject } = await administrator('ada')
    const [one, other] = [await begun(subject), await begun(subject)]
    const ended = await directory.ask('DELETE', `/api/v1/sessions/${one.id}`)
    expect({ status: ended.status, json: ended.json }).toMatchObject({ status: 200, json: { id: one.id, name: 'ada' } })
    expect([await one.acts(), await other.acts()]).toEqual([undefined, 'ada'])
    expect(await endings()).toMatchObject([{ actor: expect.stringMatching(/^adm_/), facts: { session: one.id } }])
    expect((await directory.ask('DELETE', `/api/v1/sessions/${one.id}`)).status).toBe(404)
  })

  test('with all others of a person and of the administrator of this name', async () => {
    const ada = [await begun((await administrator('ada')).id), await begun((await person('ada')).id)]
    const bob = await begun((await administrator('bob')).id)
    const { json } = await directory.ask('POST', '/api/v1/sessions/end', { body: { of: 'Ada' } })
    expect(json).toEqual({ name: 'ada', ended: 2 })
    expect(await Promise.all([...ada, bob].map((session) => session.acts()))).toEqual([undefined, undefined, 'bob'])
    expect((await directory.ask('POST', '/api/v1/sessions/end', { body: { of: 'nobody' } })).status).toBe(404)
  })

  test('when one more begins than a person may have: the oldest', async () => {
    const { id } = await administrator('ada')
    const all: Awaited<ReturnType<typeof begun>>[] = []
    for (let i = 0; i < 21; i++) all.push(await begun(id))
    expect(await all[0]?.acts()).toBeUndefined()
    expect(await all[1]?.acts()).toBe('ada')
  })
})

test('a person ends sessions of their own only', async () => {
  const [ada, bob] = [await begun((await person('ada')).id), await begun((await person('bob')).id)]
  const state = await ada.ask('GET', '/sign-in/state')
  const { csrf } = Object(state.json).signedIn
  const end = (id: string) => ada.ask('DELETE', `/sign-in/sessions/${id}`, { 'x-surety-csrf': csrf })
  expect((await end(bob.id)).status).toBe(404)
  expect(await bob.acts()).toBe('bob')
  expect(Object((await ada.ask('GET', '/sign-in/sessions')).json).items).toMatchObject([{ id: ada.id, name: 'ada' }])
  expect((await end(ada.id)).status).toBe(200)
  expect(await ada.acts()).toBeUndefined()
})

test('the list has those of now with their names, and pages', async () => {
  const { id } = await administrator('ada')
  const old = await begun(id)
  await directory.clock.advance(HOUR_MS)
  const [one, other] = [await begun(id), await begun((await person('bob@example.org')).id)]
  const list = async (query: string) => Object((await directory.ask('GET', `/api/v1/sessions${query}`)).json)
  const all = await list('')
  expect(all).toMatchObject({
    total: 2,
    items: [
      { id: other.id, name: 'bob@example.org', method: 'passkey', address: '127.0.0.1', browser: 'Mozilla/5.0 (X11)' },
      { id: one.id, name: 'ada' },
    ],
  })
  expect(JSON.stringify(all)).not.toContain(old.id)
  const first = await list('?limit=1')
  expect((await list(`?limit=1&cursor=${first.next}`)).items).toMatchObject([{ id: one.id }])
})

test('what a browser calls itself is cut, and is no header of another', async () => {
  const { id } = await administrator('ada')
  await sessions().begin(id, 'passkey', { address: '::1', userAgent: `<b>${'x'.repeat(1000)}` })
  const [{ browser } = { browser: '' }] = (await sessions().list({})).items
  expect(browser).toHaveLength(256)
})

describe('a link', () => {
  test('adds an administrator with a role, to whom no token gives access', async () => {
    const invite = (name: string, body: object) =>
      directory.ask('POST', '/api/v1/administrators/invitations', { body: { name, ...body } })
    expect((await invite('ada', {})).status).toBe(404)
    const { status, json } = await invite('ada', { role: 'operator' })
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { name: 'ada', subject: expect.stringMatching(/^adm_/) },
    })
    expect((await invite('Ada', { role: 'viewer' })).status).toBe(409)
    expect((await invite('Ada', {})).status).toBe(200)
    const { items } = Object((await directory.ask('GET', '/api/v1/administrators')).json)
    expect(items).toHaveLength(2)
    expect(items).toContainEqual(expect.objectContaining({ name: 'ada', role: 'operator', status: 'valid' }))
  })

  test('is of an active person, and is gone once they leave', async () => {
    const { id } = await person('ada')
    const invite = () => directory.ask('POST', `/api/v1/humans/${id}/invitation`)
    const { link } = Object((await invite()).json)
    const open = () => console.ask('POST', '/sign-in/invitation/options', { body: { invitation: link.split('#')[1] } })
    expect((await open()).status).toBe(200)
    await directory.services.departures.deactivate(id, ROOT, { reason: 'left' })
    expect((await open()).status).toBe(403)
    expect((await invite()).status).toBe(409)
    await directory.services.humans.reactivate(id, 'came back', ROOT)
    expect((await open()).status).toBe(403)
  })

  test('is in no event, no row and no line of the log', async () => {
    const { json } = await directory.ask('POST', '/api/v1/administrators/invitations', {
      body: { name: 'ada', role: 'viewer' },
    })
    const secret = Object(json).link.split('surety_inv_')[1]
    const kept = [
      directory.lines,
      await directory.store.events.list({ limit: 50 }),
      directory.database.prepare('SELECT * FROM invitations').all(),
    ]
    expect(JSON.stringify(kept)).not.toContain(secret)
  })
})
