import { matchSome } from '../../../src/directory/seen/rematching.ts'
import type { ActionView } from '../../../src/protocol/nouns/agents/actions.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'
import { actionEvidence, sampleAction } from '../../support/protocol/sample-actions.ts'
import { seedHuman } from '../registrations/registration-fixture.ts'
import { report } from '../stops/stop-fixture.ts'

let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
  await report(directory, device, { sightings: { mode: 'delta', items: [claude], gone: [] } })
  await report(directory, device, { actions: [...(actionEvidence.actions ?? []), sampleAction(1)] })
})

const claude: AgentSighting = {
  kind: 'agent',
  id: '3e'.repeat(16),
  name: 'Claude Code',
  catalogueId: 'claude-code',
  evidence: [],
  state: 'running',
  agentKind: 'cli',
  user: { id: '1000', name: 'ada' },
}

const api = (path: string, token = directory.token) => directory.ask('GET', `/api/v1${path}`, { token })
const listed = async (query: string) => {
  const { status, json } = await api(`/actions?${query}`)
  expect(status).toBe(200)
  return (json as { items: ActionView[] }).items // the schema of the list
}
const [denied, approved] = actionEvidence.actions ?? []

test('each action names its device and its agent, as the word of the device', async () => {
  const [newest, ...others] = await listed('')
  expect(newest).toMatchObject({
    ...sampleAction(1),
    device,
    saidBy: 'device',
    seen: expect.stringMatching(/^sga_/),
  })
  expect(others.map(({ id }) => id)).toEqual([approved?.id, denied?.id, expect.any(String)])
  // No scan has found codex of bob.
  expect(others[0]).not.toHaveProperty('seen')
  expect((await api(`/actions/${denied?.id}`)).json).toMatchObject({ ...denied, saidBy: 'device' })
})

test('lists the actions of an agent, and of its registration', async () => {
  const { seen = '' } = (await listed(''))[0] ?? {}
  expect((await listed(`agent=${seen}`)).map(({ id }) => id)).toEqual([
    sampleAction(1).id,
    denied?.id,
    expect.any(String),
  ])
  await seedHuman(directory, 'ada')
  const body = { name: 'Code bot', purpose: 'writes code', owner: 'ada' }
  const made = await directory.ask('POST', `/api/v1/inbox/${seen}/register`, { token: directory.token, body })
  const { id } = (made.json as { registration: { id: string } }).registration // it was created
  const { store, clock } = directory
  while (await matchSome({ store, clock, log: { error: (message) => expect(message).toBe('') } }));
  const ofRegistration = await listed(`registration=${id}`)
  expect(ofRegistration.map(({ registration }) => registration)).toEqual(Array(3).fill({ id, name: 'Code bot' }))
  expect(await listed(`agent=sga_${'A'.repeat(22)}`)).toEqual([])
})

test.each([
  ['decision=perhaps', 400],
  ['client=bash', 400],
  ['session=abc', 400],
  ['agent=claude-code', 400],
  ['since=yesterday', 400],
  ['user=ada', 400],
  ['cursor=x', 400],
])('refuses a list with %s', async (query, status) => {
  expect((await api(`/actions?${query}`)).status).toBe(status)
})

test('shows no action that there is not, and none to a viewer', async () => {
  expect((await api(`/actions/act_${'A'.repeat(22)}`)).status).toBe(404)
  const made = await directory.ask('POST', '/api/v1/administrators', {
    token: directory.token,
    body: { name: 'Vera', role: 'viewer' },
  })
  const { token } = made.json as { token: string } // it was created
  expect([(await api('/actions', token)).status, (await api(`/actions/${denied?.id}`, token)).status]).toEqual([
    403, 403,
  ])
})

test('commands list and show actions', async () => {
  const run = async (...args: string[]) => (await runCommand(directory, ['actions', ...args])).out
  const table = await run('list', '-o', 'table')
  expect(table).toMatch(/claude-code +Bash +denied +no-force-push/)
  expect(table).toContain('create_issue of tracker')
  const { actions, total } = JSON.parse(await run('list', '--decision', 'denied', '--json'))
  expect([actions, total]).toEqual([[expect.objectContaining({ ...denied })], 1])
  const shown = await run('show', `${denied?.id}`.slice(0, 14))
  expect(shown).toContain('no-force-push')
  expect(shown).toContain('keys prove none of it')
})

test('texts of a device that lies forge no line', async () => {
  const action = sampleAction(2, {
    tool: { kind: 'other', name: HOSTILE_NAME, server: HOSTILE_NAME },
    user: { id: '1000', name: HOSTILE_NAME },
    rules: [HOSTILE_NAME.slice(0, 64)],
    decision: 'denied',
    arguments: HOSTILE_NAME,
  })
  await report(directory, device, { actions: [action] })
  for (const args of [
    ['actions', 'list', '-o', 'wide'],
    ['actions', 'show', action.id],
    ['actions', 'show', action.id, '--json'],
    ['events', 'list'],
  ]) {
    expect((await runCommand(directory, args)).out.replaceAll(/[\n\t]/g, '')).not.toMatch(DANGEROUS)
  }
})
