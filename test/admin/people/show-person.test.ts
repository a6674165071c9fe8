import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import { humanSummaryReader, SUMMARY_ITEMS } from '../../../src/protocol/nouns/people/human-summary.ts'
import { DEVICE, device, idOf, OTHER_DEVICE, seed } from '../../contracts/stores/seeds.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { agentSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'

let directory: TestDirectory
let ada = ''
let bob = ''
directoryForAll(async (started) => {
  directory = started
  const { store, services, clock } = started
  const by = { id: 'adm_test', name: 'Grace' }
  bob = (await services.humans.add({ userName: 'bob', displayName: 'Bob Babbage' }, by)).human.id
  const init = { userName: 'Ada', displayName: 'Ada Lovelace', email: 'ada@example.org', manager: 'bob' }
  ada = (await services.humans.add(init, by)).human.id
  // Each spelling of a person may be the owner of a device.
  await seed(store, { owner: 'ADA@example.org' }, { id: OTHER_DEVICE, owner: 'bob', label: label('bobs\u001b[31m') })
  await store.devices.put(device({ id: idOf('dev', 3), owner: ada, status: 'retired' }))
  const user = { id: '1000', name: 'ada' }
  await store.accounts.seen(DEVICE, user, { at: 1, human: ada })
  await store.accounts.confirm({ device: DEVICE, userId: '1000' }, { human: ada, at: 2, by: 'Grace' })
  await store.accounts.seen(OTHER_DEVICE, user, { at: 1, human: ada })
  const autonomy = { level: 'autonomous' as const, because: [] }
  const items = [agentSighting('1', { user, autonomy }), unknownAgent('2', { user, name: 'Desk\u001b[2Jbot' })]
  await applySightings(store, DEVICE, { sightings: { mode: 'delta', items, gone: [] }, at: clock.now() })
  await applySightings(store, OTHER_DEVICE, { sightings: { mode: 'delta', items, gone: [] }, at: clock.now() })
  const claim = { id: idOf('clm', 1), sighting: 'a'.repeat(32), product: 'codex', user, purpose: 'x', time: 1 }
  await store.claims.add({ device: DEVICE, item: 'codex', claim, at: clock.now() - 60_000 })
  const crew = await services.groups.add({ name: 'crew' }, by)
  await services.groups.change(crew.id, { add: [ada] }, by)
})

function label(hostname: string) {
  return { hostname, platform: 'linux', arch: 'x64' } as const
}

const run = (...args: string[]) => runCommand(directory, args)
const post = async (path: string, body: object) => (await directory.ask('POST', `/api/v1${path}`, { body })).json
const summaryOf = async (human: string, token?: string) =>
  humanSummaryReader.read(
    (await directory.ask('GET', `/api/v1/humans/${human}/summary`, token === undefined ? {} : { token })).json,
  )
const register = (name: string, owner: string) =>
  post('/registrations', { name, purpose: 'p', criteria: { products: [name] }, owner, state: 'active' })
const freeze = (selector: object) => post('/stops', { kind: 'freeze', selector, reason: 'a test' })

test('one request answers everything that is theirs', async () => {
  await register('reviews', 'ada')
  await register('others', 'bob')
  const summary = await summaryOf(ada)
  expect(summary).toMatchObject({
    human: { id: ada, userName: 'Ada' },
    manager: { id: bob, userName: 'bob', displayName: 'Bob Babbage' },
    connected: false,
    devices: { total: 1, items: [{ id: DEVICE, host: 'laptop', verdict: 'unknown', connected: false }] },
    agents: { total: 2, running: 2, autonomous: 1, blocked: 0, proposed: 2 },
    registrations: { total: 1, items: [{ name: 'reviews', state: 'active' }] },
    serviceAccounts: { total: 0, items: [] },
    claims: {
      total: 1,
      pending: 1,
      items: [{ id: idOf('clm', 1), product: 'codex', host: 'laptop', state: 'pending' }],
    },
    groups: { total: 1, items: [{ name: 'crew' }] },
    accounts: {
      total: 2,
      items: [
        { device: DEVICE, state: 'confirmed' },
        { device: OTHER_DEVICE, state: 'proposed' },
      ],
    },
  })
  expect(summary.agents.items.map(({ device: on }) => on)).toEqual([DEVICE, DEVICE])
  expect(await summaryOf(bob)).toMatchObject({
    agents: { total: 0 },
    registrations: { total: 1 },
    claims: { total: 0 },
  })
})

test('a person is seen now while a device of theirs is connected', async () => {
  directory.connected.add(DEVICE)
  directory.store.presence.entered(DEVICE)
  const { connected, devices } = await summaryOf(ada)
  expect([connected, devices.items[0]?.connected]).toEqual([true, true])
  expect((await run('people', 'show', 'ada')).out).toMatch(/last seen +now/)
  directory.store.presence.left(DEVICE)
  expect((await summaryOf(ada)).connected).toBe(false)
})

test('stops are of the person, groups, devices and registrations, or made by them', async () => {
  const { id: agent } = (await register('reviews', 'ada')) as { id: string }
  for (const selector of [{ human: 'ada' }, { group: 'crew' }, { device: DEVICE }, { registration: agent }])
    await freeze(selector)
  for (const selector of [{ human: 'bob' }, { device: OTHER_DEVICE }, { product: 'codex' }]) await freeze(selector)
  const { stops, stopsMade } = await summaryOf(ada)
  expect(stops?.items.map(({ selector }) => Object.keys(selector))).toEqual([
    ['registration'],
    ['device'],
    ['group'],
    ['human'],
  ])
  expect([stops?.total, stopsMade]).toEqual([4, { total: 0, items: [] }])
  const { token } = (await post('/administrators', { name: 'ADA', role: 'operator' })) as { token: string }
  await directory.ask('POST', '/api/v1/stops', {
    token,
    body: { kind: 'freeze', selector: { product: 'x' }, reason: 'hers' },
  })
  expect((await summaryOf(ada)).stopsMade).toMatchObject({ total: 1, items: [{ reason: 'hers', createdBy: 'ADA' }] })
  expect((await run('stops', 'list', '--by', 'ada@example.org', '-o', 'csv')).out.split('\r\n')).toHaveLength(3)
  expect((await run('stops', 'list', '--concerns', 'ada', '--json')).out.match(/"id": "stop_/g)).toHaveLength(4)
})

test('a shared address does not say who made a stop', async () => {
  await post('/humans', { userName: 'eve', email: 'ada@example.org' })
  const { token } = (await post('/administrators', { name: 'ada@example.org', role: 'operator' })) as { token: string }
  await directory.ask('POST', '/api/v1/stops', {
    token,
    body: { kind: 'freeze', selector: { product: 'x' }, reason: 'r' },
  })
  expect((await summaryOf(ada)).stopsMade?.total).toBe(0)
})

test('a viewer sees everything but stops', async () => {
  const { token } = (await post('/administrators', { name: 'vera', role: 'viewer' })) as { token: string }
  const summary = await summaryOf(ada, token)
  expect([summary.stops, summary.stopsMade, summary.devices.total]).toEqual([undefined, undefined, 1])
})

test('a page names people and hosts before ids, in any spelling of the person', async () => {
  const page = await run('people', 'show', 'ada')
  expect([page.exitCode, page.err]).toEqual([0, ''])
  expect(page.out).not.toMatch(DANGEROUS)
  expect(page.out).toMatch(/^name +Ada Lovelace\nuser name +Ada\n/)
  expect(page.out).toMatch(/manager +Bob Babbage \(bob\)/)
  expect(page.out).toMatch(/\nDEVICES: 1\n +HOST.*\n +laptop +unknown .* dev_/)
  expect(page.out).toMatch(/\nAGENTS SEEN \(2 running, 1 autonomous, 2 more on accounts that are not confirmed\): 2\n/)
  expect(page.out).toMatch(/Claude Code +laptop +ada +unregistered, running, AUTONOMOUS/)
  expect(page.out).toMatch(/\nCLAIMS \(1 to decide\): 1\n/)
  expect(page.out).toMatch(/\nSERVICE ACCOUNTS: 0\n {2}none\n/)
  for (const spelling of ['ADA@EXAMPLE.ORG', ada, ada.slice(0, 12)])
    expect((await run('people', 'show', spelling)).out).toBe(page.out)
})

test('a section is bounded, counts all and names the command that lists the rest', async () => {
  for (let number = 10; number < 35; number++) {
    const label_ = label(`host-${number}`)
    await directory.store.devices.put(device({ id: idOf('dev', number), owner: 'ada', label: label_ }))
  }
  expect((await summaryOf(ada)).devices).toMatchObject({ total: 26, items: { length: SUMMARY_ITEMS } })
  const { out } = await run('people', 'show', 'ada')
  expect(out).toContain('\n  and 6 more: surety-directory devices list --owner Ada\n')
  expect((await run('devices', 'list', '--owner', 'Ada', '-o', 'id')).out.trim().split('\n')).toHaveLength(26)
})

test.each([
  ['devices list --owner', 1],
  ['inbox list --state all --person', 4],
  ['registrations list --owner', 0],
  ['service-accounts list --owner', 0],
  ['claims list --all --user', 1],
  ['stops list --concerns', 0],
  ['stops list --by', 0],
  ['groups list --member', 1],
  ['accounts list --person', 2],
])('%s lists what a section of the page leaves out', async (command, count) => {
  const { exitCode, out } = await run(...command.split(' '), 'ada', '-o', 'id')
  expect([exitCode, out.split('\n').filter((line) => line !== '').length]).toEqual([0, count])
})

test('the same page is a document in JSON and YAML', async () => {
  const json = await run('people', 'show', 'ada', '--json')
  expect(JSON.parse(json.out)).toEqual({ schema: 'surety-directory/human-summary@1', ...(await summaryOf(ada)) })
  expect((await run('people', 'show', 'ada', '-o', 'json')).out).toBe(json.out)
  const yaml = await run('people', 'show', 'ada', '-o', 'yaml')
  expect(yaml.out).toContain('userName: Ada\n')
  expect(yaml.out).not.toMatch(DANGEROUS)
})

test('a person who is not there and another format are refused', async () => {
  expect(await run('people', 'show', 'carol')).toMatchObject({
    exitCode: 1,
    out: '',
    err: expect.stringContaining('no person has the name'),
  })
  expect(await run('people', 'show', 'ada', '-o', 'csv')).toMatchObject({ exitCode: 2, out: '' })
  expect((await directory.ask('GET', `/api/v1/humans/${idOf('hum', 7)}/summary`)).status).toBe(404)
  expect((await directory.ask('GET', '/api/v1/humans/ada/summary')).status).toBe(400)
})
