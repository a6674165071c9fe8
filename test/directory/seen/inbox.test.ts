import { matchSome, suspendDeviating } from '../../../src/directory/seen/rematching.ts'
import type { InboxBlocked, InboxRegistered } from '../../../src/protocol/nouns/agents/inbox-decisions.ts'
import type { SeenAgentView } from '../../../src/protocol/nouns/agents/seen-agents.ts'
import type { AgentSighting, Sighting } from '../../../src/protocol/sighting.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { mcpServerSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { deviceWith, tell } from '../fleet/fleet-questions.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'
import { seedHuman } from '../registrations/registration-fixture.ts'
import { codeIn, stopApi } from '../stops/stop-fixture.ts'
import { ADA, claude, running } from './seen-fixture.ts'

let directory: TestDirectory
let owner: string
directoryForAll(
  async (started) => {
    directory = started
    owner = await seedHuman(directory, 'alice', 'alice@example.org')
  },
  { stops: { confirmAbove: 2, emergency: true } },
)

const bot = (changes: Partial<AgentSighting> = {}) =>
  unknownAgent('1', { user: ADA, workspace: '/srv/a', process: running('/opt/bot'), ...changes })

/** Devices on which a bot runs. */
async function withBots(count: number, ...more: readonly Sighting[]): Promise<string[]> {
  const devices: string[] = []
  for (let at = 0; at < count; at++) devices.push(await deviceWith(directory, bot(), ...more))
  return devices
}

const get = async (path: string) => (await askDocumented(directory, 'GET', operationOf(path), path)).json
const operationOf = (path: string) => (path.startsWith('/inbox/') ? 'getSeenAgent' : 'listInbox')
const list = async (query = '') => Object(await get(`/inbox${query}`)).items as SeenAgentView[]
const show = async (id: string) => (await get(`/inbox/${id}`)) as SeenAgentView
const act = (id: string, what: string, body: object) => directory.ask('POST', `/api/v1/inbox/${id}/${what}`, { body })
async function only(query = ''): Promise<SeenAgentView> {
  const [first, ...others] = await list(query)
  if (first === undefined || others.length > 0) throw new Error(`not one: ${others.length}`)
  return first
}
async function registered(id: string, body: object): Promise<InboxRegistered> {
  const answer = await askDocumented(directory, 'POST', 'registerSeenAgent', `/inbox/${id}/register`, body)
  expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status: 201, code: undefined })
  return answer.json as InboxRegistered
}
const work = async () => {
  const { store, clock } = directory
  while (await matchSome({ store, clock, log: { error: (message) => expect(message).toBe('') } }));
}
const acts = async () =>
  (await directory.store.events.list({ limit: 500 })).filter(
    ({ kind, actor }) => kind.startsWith('agent-') && actor !== undefined,
  )

describe('the inbox', () => {
  test('shows what is unknown with what a person decides by', async () => {
    const [device] = await withBots(2, mcpServerSighting('9', { client: 'unknown/deskbot' }))
    const agents = await list(`?device=${device}&product=${encodeURIComponent('unknown/deskbot')}`)
    expect(agents).toMatchObject([
      {
        state: 'unknown',
        name: 'deskbot',
        product: 'unknown/deskbot',
        device,
        deviceOwner: 'alice@example.org',
        user: ADA,
        proposedOwner: { id: owner, name: 'alice N.' },
        present: 1,
        running: 1,
        autonomy: 'unknown',
        prevalence: { devices: 2, ofDevices: 2, rarity: 'rare', firstSeenAt: directory.clock.now() },
        firstSeenAt: directory.clock.now(),
        workspace: '/srv/a',
        executable: '/opt/bot',
        score: 7,
        signals: [{ name: 'tool-session' }],
        drift: { launches: [] },
        deviations: [],
      },
    ])
    expect(await show(agents[0]?.id ?? '')).toEqual(agents[0])
  })

  test('holds at once what a device reports, and hides what ended', async () => {
    const device = await deviceWith(directory)
    await tell(directory, device, [bot()])
    const { id } = await only()
    await tell(directory, device, [])
    expect(await list()).toEqual([])
    expect(await show(id)).toMatchObject({ present: 0, state: 'unknown' })
  })

  test('refuses cursors that it does not have, and has nothing of an unknown device', async () => {
    await withBots(1)
    for (const query of ['cursor=WzEsMiwzLDRd', 'search=%00']) {
      expect([query, (await directory.ask('GET', `/api/v1/inbox?${query}`)).status]).toEqual([query, 400])
    }
    expect(await list(`?device=dev_${'A'.repeat(22)}`)).toEqual([])
  })
})

describe('registering', () => {
  test('takes name, product, device, owner, workspace and autonomy from what was seen', async () => {
    const [device = '', other] = await withBots(2)
    const [{ id } = { id: '' }] = await list(`?device=${device}`)
    const { agent, registration } = await registered(id, { purpose: 'answers mail' })
    expect(registration).toEqual({
      id: expect.any(String),
      name: 'deskbot',
      state: 'active',
      owner,
      criteria: { products: ['unknown/deskbot'], device, human: owner },
    })
    expect(agent).toMatchObject({
      id,
      state: 'registered',
      registration: { id: registration.id, name: 'deskbot' },
      deviations: [],
      decision: { byName: 'administrator', at: directory.clock.now() },
    })
    expect(await directory.store.registrations.get(registration.id)).toMatchObject({
      purpose: 'answers mail',
      scope: { workspaces: ['/srv/a'] },
      creator: { person: { name: 'administrator' } },
    })
    await work()
    expect(await list()).toMatchObject([{ device: other, state: 'unknown' }])
    expect(await acts()).toMatchObject([{ kind: 'agent-registered', device, facts: { registration: registration.id } }])
  })

  test('takes what is given instead, and matches everything that it then matches', async () => {
    await withBots(2)
    const [first] = await list()
    const bob = await seedHuman(directory, 'bob')
    const body = {
      purpose: 'x',
      name: 'Bot',
      owner: 'bob',
      anyDevice: true,
      anyWorkspace: true,
      single: true,
      versions: ['>=1 <2'],
      autonomyCeiling: 'asks',
    }
    const { registration } = await registered(first?.id ?? '', body)
    expect(registration).toMatchObject({ name: 'Bot', owner: bob, criteria: { products: ['unknown/deskbot'] } })
    expect(await directory.store.registrations.get(registration.id)).toMatchObject({
      single: true,
      versions: ['>=1 <2'],
      autonomyCeiling: 'asks',
      scope: { applications: [] },
    })
    await work()
    expect(await list()).toEqual([])
    expect((await list(`?registration=${registration.id}`)).map(({ state }) => state)).toEqual([
      'registered',
      'registered',
    ])
  })

  test.each([
    ['for an owner who is not known', { purpose: 'x', owner: 'nobody' }, 'NOT_FOUND'],
    ['by criteria that it does not meet', { purpose: 'x', criteria: { products: ['codex'] } }, 'CONFLICT'],
    ['with an end that has passed', { purpose: 'x', expiresAt: 1 }, 'INPUT_MALFORMED'],
  ])('is refused %s, and leaves nothing behind', async (_, body, code) => {
    await withBots(1)
    const { id } = await only()
    expect(codeIn(await act(id, 'register', body))).toBe(code)
    expect(await show(id)).toMatchObject({ state: 'unknown' })
    expect((await directory.store.registrations.list({ limit: 9 })).items).toEqual([])
    expect(await acts()).toEqual([])
  })

  test('is refused without a living owner, twice, and once it is gone', async () => {
    const [device = ''] = await withBots(1)
    const { id } = await only()
    directory.database.exec("UPDATE humans SET status = 'deactivated', deactivated_at = 1")
    expect(codeIn(await act(id, 'register', { purpose: 'x' }))).toBe('OWNER_REQUIRED')
    directory.database.exec("UPDATE humans SET status = 'active', deactivated_at = NULL")
    await registered(id, { purpose: 'x' })
    expect(codeIn(await act(id, 'register', { purpose: 'x' }))).toBe('CONFLICT')
    await tell(directory, device, [])
    expect(codeIn(await act(id, 'ignore', { reason: 'x' }))).toBe('CONFLICT')
  })

  test('one that waits leaves it in the inbox until it is active', async () => {
    await withBots(1)
    const { id } = await only()
    const { agent, registration } = await registered(id, { purpose: 'x', state: 'provisioning' })
    expect([agent.state, registration.state]).toEqual(['unknown', 'provisioning'])
    const by = { id: 'adm', name: 'a' }
    await directory.services.registrations.move(registration.id, 'active', { reason: 'x', by })
    await work()
    expect(await show(id)).toMatchObject({ state: 'registered', decision: { by: 'match' } })
  })

  test('a name of invisible characters needs criteria, and names no registration', async () => {
    await deviceWith(directory, bot({ name: '\u202edeskbot\u0007' }))
    const named = await only()
    const { registration } = await registered(named.id, { purpose: 'x' })
    expect(registration.name).toBe('deskbot')
    await deviceWith(directory, bot({ name: '\u200b' }))
    const { id } = await only()
    expect((await registered(id, { purpose: 'x' })).registration.criteria.products).toEqual(['unknown/\u200b'])
  })
})

describe('merging', () => {
  test('widens the criteria of a registration', async () => {
    const [device = ''] = await withBots(1, claude('2'))
    const [first, second] = await list()
    const { registration } = await registered(first?.id ?? '', { purpose: 'x' })
    const into = { into: registration.id }
    const merged = (await askDocumented(directory, 'POST', 'mergeSeenAgent', `/inbox/${second?.id}/merge`, into)).json
    expect(Object(merged)).toMatchObject({
      agent: { state: 'registered', registration: { id: registration.id } },
      registration: { criteria: { products: ['claude-code', 'unknown/deskbot'], device } },
    })
    expect((await acts()).map(({ kind }) => kind)).toEqual(['agent-merged', 'agent-registered'])
  })

  test('gives up a device only if that is allowed, and refuses what has ended', async () => {
    const [device] = await withBots(2)
    const [one, other] = await list()
    const here = one?.device === device ? one : other
    const { registration } = await registered(here?.id ?? '', { purpose: 'x' })
    const elsewhere = (here === one ? other : one)?.id ?? ''
    const into = registration.id
    expect(codeIn(await act(elsewhere, 'merge', { into }))).toBe('CONFLICT')
    expect(codeIn(await act(elsewhere, 'merge', { into: `agt_${'A'.repeat(22)}` }))).toBe('NOT_FOUND')
    expect((await act(elsewhere, 'merge', { into, anyDevice: true })).status).toBe(200)
    const { criteria } = (await directory.store.registrations.get(into)) ?? {}
    expect(criteria).toEqual({ products: ['unknown/deskbot'], human: owner })
  })

  test('with its own registration accepts what it is now', async () => {
    const device = await deviceWith(directory, claude('1', { workspace: '/srv/a' }))
    const server = mcpServerSighting('9', { client: 'claude-code' })
    await tell(directory, device, [claude('1', { workspace: '/srv/a' }), server])
    const { id } = await only()
    const { registration } = await registered(id, { purpose: 'x', anyWorkspace: true })
    const drifted = claude('1', { process: running('/tmp/claude') })
    await tell(directory, device, [drifted, { ...server, launchHash: '2'.repeat(32) }])
    expect(await show(id)).toMatchObject({
      deviations: ['executable-changed', 'launch-changed'],
      drift: {
        executable: { before: ['/usr/bin/claude'], now: '/tmp/claude' },
        launches: [{ server: server.id, name: 'files', before: server.launchHash, now: '2'.repeat(32) }],
      },
    })
    expect(await list('?deviating=yes')).toMatchObject([{ id }])
    const merged = (await act(id, 'merge', { into: registration.id })).json as InboxRegistered
    expect(merged.agent).toMatchObject({ deviations: [], drift: { launches: [] } })
    expect(await list('?deviating=yes')).toEqual([])
  })
})

describe('ignoring', () => {
  test('is for its device and user, with a reason and an end, and is undone', async () => {
    const [device = ''] = await withBots(2)
    const [{ id } = { id: '' }] = await list(`?device=${device}`)
    const until = directory.clock.now() + 1_000
    const body = { reason: 'a test', until }
    const ignored = await askDocumented(directory, 'POST', 'ignoreSeenAgent', `/inbox/${id}/ignore`, body)
    expect(ignored.json).toMatchObject({ state: 'ignored', ignored: { ...body, byName: 'administrator' } })
    expect(await list()).toHaveLength(1)
    await tell(directory, device, [bot({ score: 9 })])
    expect((await show(id)).state).toBe('ignored')
    await directory.clock.advance(1_000)
    await work()
    expect((await show(id)).state).toBe('unknown')
    await act(id, 'ignore', { reason: 'again' })
    const undone = await askDocumented(directory, 'DELETE', 'unignoreSeenAgent', `/inbox/${id}/ignore`)
    expect(undone.json).toMatchObject({ state: 'unknown' })
    expect(codeIn(await directory.ask('DELETE', `/api/v1/inbox/${id}/ignore`))).toBe('CONFLICT')
    expect((await acts()).map(({ kind, facts }) => `${kind} ${Object(facts).reason ?? ''}`.trim())).toEqual([
      ...['agent-unignored', 'agent-ignored again', 'agent-ignored a test'],
    ])
  })

  test('is refused with a past end, without a reason, and for a registered agent', async () => {
    await withBots(1)
    const { id } = await only()
    expect(codeIn(await act(id, 'ignore', { reason: 'x', until: 1 }))).toBe('INPUT_MALFORMED')
    expect(codeIn(await act(id, 'ignore', { reason: ' ' }))).toBe('INPUT_MALFORMED')
    await registered(id, { purpose: 'x' })
    expect(codeIn(await act(id, 'ignore', { reason: 'x' }))).toBe('CONFLICT')
  })
})

describe('blocking', () => {
  const block = async (id: string, body: object) =>
    (await directory.ask('POST', `/api/v1/inbox/${id}/block`, { body })).json as InboxBlocked

  test('makes a stop of the product everywhere, and its release brings it back', async () => {
    await withBots(2)
    const [first] = await list()
    const blocked = await block(first?.id ?? '', { reason: 'reads mail' })
    expect(blocked).toMatchObject({
      agent: { state: 'blocked', stop: blocked.stop?.id, decision: { by: blocked.stop?.id } },
      stop: { kind: 'freeze', selector: { product: 'deskbot' }, state: 'standing', reason: 'reads mail' },
    })
    await work()
    expect(await list('?state=blocked')).toHaveLength(2)
    const facts = { stop: blocked.stop?.id, reason: 'reads mail' }
    expect(await acts()).toMatchObject([{ kind: 'agent-blocked', facts }])
    await stopApi(directory).ask('POST', `/stops/${blocked.stop?.id}/release`, { reason: 'mended' })
    await work()
    expect(await list()).toHaveLength(2)
  })

  test('of many devices waits for a second person, and blocks once it is confirmed', async () => {
    await withBots(3)
    const [first] = await list()
    const { agent, stop, twoPersons } = await block(first?.id ?? '', { reason: 'x' })
    expect([agent.state, stop?.state, twoPersons]).toEqual(['unknown', 'waiting', true])
    const api = stopApi(directory)
    const bob = await api.tokenOf('operator', 'bob')
    await api.ask('POST', `/stops/${stop?.id}/confirm`, { what: 'stop' }, bob)
    await work()
    expect(await list('?state=blocked')).toHaveLength(3)
  })

  test('only here needs one person and leaves other devices alone', async () => {
    const [device = ''] = await withBots(3)
    const [{ id } = { id: '' }] = await list(`?device=${device}`)
    expect(await block(id, { reason: 'x', here: true })).toMatchObject({
      agent: { state: 'blocked' },
      stop: { state: 'standing', selector: { product: 'deskbot', device } },
    })
    await work()
    expect(await list()).toHaveLength(2)
  })

  test('a dry run says what would stop, and blocks nothing', async () => {
    await withBots(1)
    const { id } = await only()
    const answer = await directory.ask('POST', `/api/v1/inbox/${id}/block`, { body: { reason: 'x', dryRun: true } })
    expect([answer.status, Object(answer.json).impact.agents]).toEqual([200, 1])
    expect(await show(id)).toMatchObject({ state: 'unknown' })
    expect(await acts()).toEqual([])
  })

  test('stays in force when it is registered afterwards, and is named there', async () => {
    await withBots(1)
    const { id } = await only()
    const { stop } = await block(id, { reason: 'x' })
    const { agent, ...made } = await registered(id, { purpose: 'x' })
    expect(agent.state).toBe('registered')
    expect(made.stop).toBe(stop?.id)
  })

  test('is refused for what is registered: its registration is suspended instead', async () => {
    await withBots(1)
    const { id } = await only()
    await registered(id, { purpose: 'x' })
    expect(codeIn(await act(id, 'block', { reason: 'x' }))).toBe('CONFLICT')
  })
})

test('an agent that is unknown, registered and drifts can be suspended', async () => {
  const { store, clock, services } = directory
  const device = await deviceWith(directory, bot())
  const { id } = await only()
  const { registration } = await registered(id, { purpose: 'x' })
  await tell(directory, device, [bot({ process: running('/tmp/bot') })])
  const parts = {
    store,
    clock,
    log: { error: (message: string) => expect(message).toBe('') },
    registrations: services.registrations,
  }
  while (await matchSome({ ...parts, onDeviated: (seen) => suspendDeviating(parts, seen) }));
  expect(await store.registrations.get(registration.id)).toMatchObject({
    state: 'suspended',
    stateReason: `${id} deviates: executable-changed`,
  })
  expect(await show(id)).toMatchObject({ state: 'registered', deviations: ['executable-changed'] })
})
