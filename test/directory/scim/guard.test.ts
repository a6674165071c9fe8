import { STOPS_INIT } from '../../../src/directory/stops/two-persons.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { type ScimClient, scimClient, USER } from '../../support/directory/scim-client.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
let scim: ScimClient
const ids: string[] = []
const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * Humans whom the directory has had for a day. Each test starts a directory: the guard counts all its humans, and its settings
 * differ.
 */
async function start(humans: number, guardPercent = 10, stops = STOPS_INIT): Promise<void> {
  directory = await startTestDirectory({ scim: { guardPercent, agents: false }, stops })
  const { token } = await directory.services.principals.add(
    { kind: 'service', name: 'idp', role: 'provision', ttlMs: 90 * DAY },
    'adm_test',
  )
  scim = scimClient({ url: directory.url, ca: directory.ca, token })
  ids.length = 0
  for (let at = 0; at < humans; at++) {
    const init = { userName: `user-${at}`, origin: 'scim' as const }
    ids.push((await directory.services.humans.add(init, { id: 'svc_x', name: 'x' })).human.id)
  }
  directory.clock.jump(DAY)
}
/** Registers agents of a human. */
async function register(owner: number, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const request = { name: `${owner} ${at}`, purpose: 'reviews', criteria: { products: ['none'] } }
    await directory.services.registrations.create(
      { ...request, owner: ids[owner] ?? '', state: 'active' },
      { person: PERSON },
    )
  }
}
const PERSON = { id: 'adm_test', name: 'administrator' }
afterEach(() => directory[Symbol.asyncDispose]())

const off = (at: number) => scim.patch(`/Users/${ids[at]}`, [{ op: 'Replace', path: 'active', value: 'False' }])
const activeHumans = async () => (await directory.store.humans.counts()).active
const trips = () => directory.store.events.list({ limit: 500, kind: 'scim-guard-tripped' })
const run = (...args: string[]) => runCommand(directory, ['scim', 'guard', ...args])
const guardOf = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out).guard

test('stops a client that deletes all users until an administrator allows it', async () => {
  await start(60)
  for (let at = 0; at < 6; at++) expect((await scim.send('DELETE', `/Users/${ids[at]}`)).status).toBe(204)
  const refused = [
    await scim.send('DELETE', `/Users/${ids[6]}`),
    await off(6),
    await scim.send('PUT', `/Users/${ids[6]}`, { schemas: [USER], userName: 'user-6', active: false, title: 'x' }),
  ]
  for (const { status, body } of refused) {
    expect(status).toBe(403)
    expect(body).toMatchObject({ status: '403', detail: expect.stringContaining('surety-directory scim guard allow') })
  }
  for (const id of ids.slice(6)) expect((await scim.send('DELETE', `/Users/${id}`)).status).toBe(403)
  expect(await activeHumans()).toBe(54)
  expect(await directory.store.humans.get(ids[6] ?? '')).toMatchObject({ version: 1 })
  expect(await trips()).toMatchObject([
    { actorName: 'idp', facts: { service: 'idp', deactivated: 6, humans: 60, most: 6, agentsEnded: 0, agents: 0 } },
  ])
  // What ends nobody goes on.
  expect((await scim.patch(`/Users/${ids[7]}`, [{ op: 'add', path: 'title', value: 'x' }])).status).toBe(200)
  expect(await scim.user('new')).toEqual(expect.any(String))
  // Time alone does not end it: the client would delete a tenth each hour.
  directory.clock.jump(2 * HOUR)
  expect((await off(7)).status).toBe(403)
  expect(await trips()).toHaveLength(1)

  expect(await guardOf('show')).toMatchObject({ state: 'held', percent: 10, heldAt: expect.any(Number) })
  expect(await run('allow')).toMatchObject({ exitCode: 1, err: expect.stringContaining('NOT_CONFIRMED') })
  expect((await off(7)).status).toBe(403)
  expect(await guardOf('allow', '--for', '30m', '--yes')).toMatchObject({ state: 'allowed', deactivated: 0 })
  for (let at = 7; at < 20; at++) expect((await off(at)).status).toBe(200)
  expect(await directory.store.events.list({ limit: 9, kind: 'scim-guard-allowed' })).toHaveLength(1)

  // Afterwards the count begins anew: 41 active humans, of whom 5 may go.
  directory.clock.jump(HOUR)
  for (let at = 20; at < 25; at++) expect((await off(at)).status).toBe(200)
  expect((await off(25)).status).toBe(403)
  expect(await trips()).toHaveLength(2)
}, 120_000)

test('humans whom the client invents do not raise its limit, until a day later', async () => {
  await start(30)
  const [users] = directory.services.scimResources
  for (let at = 0; at < 400; at++) await users?.create({ schemas: [USER], userName: `invented-${at}` }, { by: PERSON })
  expect(await activeHumans()).toBe(430)
  expect(await guardOf('show')).toMatchObject({ humans: 30, most: 5 })
  const statuses: number[] = []
  for (let at = 0; at < 30; at++) statuses.push((await off(at)).status)
  expect(statuses).toEqual([...Array(5).fill(200), ...Array(25).fill(403)])
  expect(await activeHumans()).toBe(425)
  directory.clock.jump(DAY)
  expect(await guardOf('show')).toMatchObject({ state: 'held', humans: 425, most: 42 })
}, 120_000)

test('agents that would end are bounded too, over all humans who leave within the hour', async () => {
  await start(100)
  await register(0, 4)
  await register(1, 3)
  await register(2, 60)
  directory.clock.jump(DAY)
  expect(await guardOf('show')).toMatchObject({ agents: 67, mostAgents: 6, agentsEnded: 0 })
  // Agents of today do not raise the limit.
  await register(3, 100)
  expect(await guardOf('show')).toMatchObject({ agents: 67, mostAgents: 6 })
  expect((await off(0)).status).toBe(200)
  expect((await off(5)).status).toBe(200)
  expect((await off(1)).status).toBe(403)
  expect((await directory.store.humans.get(ids[1] ?? ''))?.status).toBe('active')
  expect(await trips()).toMatchObject([{ facts: { deactivated: 2, agentsEnded: 4, agents: 67, mostAgents: 6 } }])
  // Held for all, until an administrator has looked.
  expect((await off(6)).status).toBe(403)
  await guardOf('allow', '--for', '30m', '--yes')
  expect((await off(2)).status).toBe(200)
  directory.clock.jump(HOUR)
  expect(await guardOf('show')).toMatchObject({ state: 'open', agentsEnded: 0, agents: 3 + 0, mostAgents: 5 })
})

describe('an agent on more devices than one person may stop', () => {
  /** An agent of the human `owner`, which so many devices report. */
  async function registerOn(owner: number, devices: number): Promise<string> {
    await start(8, 10, { confirmAbove: 2, emergency: true })
    const { store, services } = directory
    const request = { name: 'fleet', purpose: 'reviews', criteria: { products: ['codex'] } }
    const { id } = await services.registrations.create(
      { ...request, owner: ids[owner] ?? '', state: 'active' },
      { person: PERSON },
    )
    for (let at = 0; at < devices; at++) {
      const { device } = await seedDevice(directory, testKey(`guarded ${at}`))
      await store.sightings.put(device, agentSighting('a', { catalogueId: 'codex' }), { snapshot: 's', at: 1 })
    }
    return id
  }
  const stateOf = async (id: string) => (await directory.store.registrations.get(id))?.state

  test('is not ended by SCIM until an administrator has looked', async () => {
    const id = await registerOn(0, 3)
    const refused = [await off(0), await scim.send('DELETE', `/Users/${ids[0]}`)]
    for (const { status, body } of refused) {
      expect({ status, body }).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('an agent of more devices than one person may stop') },
      })
    }
    expect([await activeHumans(), await stateOf(id), (await trips()).length]).toEqual([8, 'active', 1])
    expect(await guardOf('show')).toMatchObject({ state: 'held', deactivated: 0 })
    await guardOf('allow', '--for', '30m', '--yes')
    expect((await off(0)).status).toBe(200)
    expect(await stateOf(id)).toBe('retiring')
  })

  test('may go to a successor', async () => {
    const id = await registerOn(0, 3)
    await directory.services.registrations.change(id, { successor: ids[1] ?? '' }, PERSON)
    await directory.services.registrations.acceptSuccession(id, {
      ...PERSON,
      kind: 'administrator',
      role: 'administrator',
    })
    expect((await off(0)).status).toBe(200)
    expect(await stateOf(id)).toBe('active')
  })

  test('is not one on as many devices as one person may stop, nor of another owner', async () => {
    const id = await registerOn(0, 2)
    expect([(await off(1)).status, (await off(0)).status, await stateOf(id)]).toEqual([200, 200, 'retiring'])
  })
})

test('agents that go to a successor do not end', async () => {
  await start(8)
  await register(0, 20)
  for (const { id } of await directory.store.registrations.ownedBy(ids[0] ?? '', { limit: 50 })) {
    await directory.services.registrations.change(id, { successor: ids[1] ?? '' }, PERSON)
    await directory.services.registrations.acceptSuccession(id, {
      ...PERSON,
      kind: 'administrator',
      role: 'administrator',
    })
  }
  expect((await off(0)).status).toBe(200)
  // They have no accepted successor now.
  expect((await off(1)).status).toBe(403)
})

test('a few go in any company, and each hour again', async () => {
  await start(7)
  for (let at = 0; at < 5; at++) expect((await off(at)).status).toBe(200)
  directory.clock.jump(HOUR + 1)
  expect((await off(5)).status).toBe(200)
  expect(await guardOf('show')).toMatchObject({ state: 'open', deactivated: 1, most: 5 })
})

test('who leaves and comes back again and again counts each time', async () => {
  await start(8)
  const statuses: number[] = []
  for (let round = 0; round < 7; round++) {
    statuses.push((await off(0)).status)
    await scim.patch(`/Users/${ids[0]}`, [{ op: 'replace', path: 'active', value: true }])
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 403, 403])
})

test('deactivated humans, also new ones, can be deleted at any time', async () => {
  await start(8)
  for (let at = 0; at < 5; at++) await off(at)
  expect((await off(5)).status).toBe(403)
  expect((await scim.send('DELETE', `/Users/${ids[0]}`)).status).toBe(204)
  const born = await scim.user('gone', { active: false })
  expect((await scim.send('DELETE', `/Users/${born}`)).status).toBe(204)
})

test('a hold survives a restart of the services', async () => {
  await start(8)
  for (let at = 0; at < 6; at++) await off(at)
  const { scimServices } = await import('../../../src/directory/scim/scim-services.ts')
  const again = scimServices(
    {
      ...directory.services,
      store: directory.store,
      clock: directory.clock,
      twoPersons: { needsTwo: async () => false },
    },
    { guardPercent: 10, agents: false },
  )
  expect(await again.scimGuard.view()).toMatchObject({ state: 'held', deactivated: 5 })
})

test('an allowance of a time that the clock has not reached yet is none', async () => {
  await start(8)
  for (let at = 0; at < 6; at++) await off(at)
  await guardOf('allow', '--for', '24h', '--yes')
  directory.clock.jump(-365 * 24 * HOUR)
  expect(await guardOf('show')).toMatchObject({ state: 'open' })
})

test('100 percent holds nothing', async () => {
  await start(12, 100)
  for (let at = 0; at < 12; at++) expect((await off(at)).status).toBe(200)
  expect(await activeHumans()).toBe(0)
})

test.each([
  [['allow', '--for', '2d', '--yes'], /from 1m to 1d/],
  [['allow', '--for', 'soon', '--yes'], /a time is a number/],
  [['lift'], /unknown command/],
])('refuses %j', async (args, words) => {
  await start(0)
  const { exitCode, err } = await run(...args)
  expect(exitCode).toBe(2)
  expect(err).toMatch(words)
})
