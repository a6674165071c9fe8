import { DEFAULT_ACCESS_TEXT } from '../../../src/directory/access-policy/default-policy.ts'
import type { AccessTest, AccessView } from '../../../src/protocol/nouns/directory/access.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { codeIn } from '../stops/stop-fixture.ts'
import { type AccessWorld, askDecision, question, rulesIn, seedAccess } from './access-fixture.ts'

let directory: TestDirectory
let world: AccessWorld
beforeEach(async () => {
  directory = await startTestDirectory()
  world = await seedAccess(directory)
})
afterEach(() => directory[Symbol.asyncDispose]())

const PEOPLE = `@id("people") permit (principal is Person, action == Action::"read", resource) when { context has device && context.device.compliant };`
const api = (method: string, path: string, body?: object) =>
  directory.ask(method, `/api/v1/access${path}`, body === undefined ? {} : { body })
const set = (access: string, more: object = {}) => api('PUT', '', { access, ...more })
const inUse = async () => (await api('GET', '')).json as AccessView
const ask = (changes = {}) => askDecision(directory, world.token, question(world, changes))
const withoutAgent = () => ask({ context: { device: world.device } })
const tried = async (access: string, againstMs?: number) =>
  (await api('POST', '/test', { access, ...(againstMs === undefined ? {} : { againstMs }) })).json as AccessTest

test('a directory begins with the default, version 0', async () => {
  expect(await inUse()).toMatchObject({ version: 0, access: DEFAULT_ACCESS_TEXT })
  expect(rulesIn(await withoutAgent())).toEqual(['none'])
})

test('another policy decides from then on, and an earlier one after a rollback', async () => {
  expect((await set(`${DEFAULT_ACCESS_TEXT}\n${PEOPLE}`, { reason: 'for people' })).status).toBe(200)
  const { decision, context } = await withoutAgent()
  expect({ decision, reasons: context.reasons, version: context.policy.version }).toEqual({
    decision: true,
    reasons: [{ rule: 'people', reason: 'this rule permits it' }],
    version: 1,
  })
  expect(context.policy.hash).toBe((await inUse()).hash)
  expect((await api('POST', '/rollback', { version: 0 })).json).toMatchObject({ version: 2, restores: 0 })
  expect((await withoutAgent()).decision).toBe(false)
  const { items } = (await api('GET', '/history')).json as { items: readonly object[] }
  expect(items).toMatchObject([{ version: 2, current: true }, { version: 1, reason: 'for people' }, { version: 0 }])
  const kinds = (await directory.store.events.list({ limit: 5 })).map(({ kind }) => kind)
  expect(kinds.slice(0, 2)).toEqual(['access-rolled-back', 'access-set'])
})

describe('what is not sound is refused, and the policy in use stays', () => {
  test.each([
    ['a typing error', '\npermit (principal, action resource);', 400, 'INPUT_MALFORMED'],
    [
      'an attribute that may be absent',
      'permit (principal, action, resource) when { context.agent.registered };',
      400,
      'INPUT_MALFORMED',
    ],
    [
      '200 brackets',
      `permit (principal, action, resource) when { ${'('.repeat(200)}true${')'.repeat(200)} };`,
      400,
      'INPUT_TOO_DEEP',
    ],
    [
      'what breaks Cedar',
      `permit (principal, action, resource) when { ${'1 + '.repeat(3_000)}1 == 2 };`,
      400,
      'INPUT_TOO_DEEP',
    ],
    [
      '20,000 times &&',
      `permit (principal, action, resource) when { ${'true && '.repeat(20_000)}true };`,
      413,
      'INPUT_TOO_LARGE',
    ],
    ['no rule', '// nothing', 409, 'CONFLICT'],
    ['only what forbids', 'forbid (principal, action, resource == Application::"crm");', 409, 'CONFLICT'],
    [
      'what forbids everything',
      'permit (principal, action, resource);\nforbid (principal, action, resource) when { true };',
      409,
      'CONFLICT',
    ],
    ['what permits everything', 'permit (principal, action, resource);', 409, 'CONFLICT'],
  ])('%s', async (_, text, status, code) => {
    const answer = await set(text)
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status, code })
    expect(await inUse()).toMatchObject({ version: 0 })
    expect((await ask()).decision).toBe(true)
  })

  test('the version that another person set meanwhile', async () => {
    await set(`${DEFAULT_ACCESS_TEXT}\n${PEOPLE}`)
    const answer = await set(DEFAULT_ACCESS_TEXT, { replaces: 0 })
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status: 412, code: 'VERSION_STALE' })
  })
})

test('one that denies everything is set by force', async () => {
  expect((await set('// nothing', { force: true })).json).toMatchObject({ version: 1, forced: true })
  expect(rulesIn(await ask())).toEqual(['none'])
})

test('what permits everything still knows no strangers, and no stop', async () => {
  await set('@id("all") permit (principal, action, resource);', { force: true })
  expect((await ask({ context: {} })).decision).toBe(true)
  expect(rulesIn(await ask({ subject: { type: 'user', id: 'eve' } }))).toEqual(['subject-unknown'])
  expect(rulesIn(await ask({ context: { agent: 'nothing' } }))).toEqual(['agent-unknown'])
  await directory.ask('POST', '/api/v1/stops', { body: { kind: 'freeze', selector: { all: true }, reason: 'r' } })
  expect(rulesIn(await ask())).toEqual(['stopped'])
  await set('@id("even") @stopped("allow") permit (principal, action, resource);', { force: true })
  expect(await ask()).toMatchObject({ decision: true, context: { reasons: [{ rule: 'even' }] } })
})

test('a stored version that this release does not accept is not in use, and says why', async () => {
  await set(`${DEFAULT_ACCESS_TEXT}\n${PEOPLE}`)
  directory.database.exec('DROP TRIGGER access_policies_no_update')
  directory.database.prepare("UPDATE access_policies SET text = 'nonsense'").run()
  const { accessPolicies } = await import('../../../src/directory/access/access-policies.ts')
  const { store, services, clock } = directory
  const log = { error: () => undefined }
  const again = await accessPolicies({
    ...services,
    store,
    clock,
    log,
    changes: { of: () => undefined },
    isConnected: () => false,
  })
  expect(await again.current()).toMatchObject({ version: 0, refused: expect.stringMatching(/^version 1: line 1: /) })
})

describe('a test', () => {
  test('says what a text permits, and what would be refused', async () => {
    expect(await tried(PEOPLE)).toMatchObject({ permits: 1, forbids: 0, actions: ['read'], changed: 0, warnings: [] })
    expect(await tried('// nothing')).toMatchObject({ objection: 'there is no permit: every request would be denied' })
  })

  test('answers what was asked again, and names what would change', async () => {
    await ask()
    await ask()
    await withoutAgent()
    await ask({ subject: { type: 'user', id: 'eve' } })
    const test = await tried(PEOPLE, 3_600_000)
    expect(test).toMatchObject({
      questions: 3,
      current: { allowed: 1, denied: 2 },
      proposed: { allowed: 2, denied: 1 },
      changed: 1,
      changes: [
        {
          subject: 'ada@example.org',
          device: world.device,
          action: 'read',
          resource: 'application crm',
          times: 1,
          from: false,
          to: true,
          rules: ['people'],
        },
      ],
    })
    expect(await inUse()).toMatchObject({ version: 0 })
    const closed = await tried('// nothing', 3_600_000)
    expect(closed).toMatchObject({ changed: 1, changes: [{ agent: world.agent, times: 2, from: true, to: false }] })
  })

  test('looks back no further than it is asked to', async () => {
    await ask()
    await directory.clock.advance(60_000)
    expect(await tried(PEOPLE, 59_000)).toMatchObject({ questions: 0 })
    expect(await tried(PEOPLE, 61_000)).toMatchObject({ questions: 1 })
  })

  test('has no question of a person who was forgotten', async () => {
    await ask({ subject: { type: 'user', id: 'bob@example.org' } })
    // Not known as a service account: the record has the name only.
    await ask({ subject: { type: 'service-account', id: 'Bob@example.org' } })
    expect(await tried(PEOPLE, 60_000)).toMatchObject({ questions: 2 })
    const body = { reason: 'left' }
    await directory.ask('POST', `/api/v1/humans/${world.bob}/deactivation`, { body })
    expect((await directory.ask('POST', `/api/v1/humans/${world.bob}/forgetting`, { body })).status).toBe(200)
    expect(await tried(PEOPLE, 60_000)).toMatchObject({ questions: 0 })
  })

  test('keeps of what a server says only what the policy asks for', async () => {
    const said = { type: 'application', id: 'crm', properties: { status: 'archived', secret: 'hunter2' } }
    await ask({ resource: said, context: { agent: world.agent, device: world.device, ip: '::1' } })
    const kept = async () => JSON.stringify((await directory.store.record.list({ act: 'access-decided' })).items)
    expect(await kept()).toMatch(/crm/)
    expect(await kept()).not.toMatch(/archived|hunter2|::1/)
    const archived = 'context.said.hasTag("resource.status") && context.said.getTag("resource.status") == "archived"'
    await set(`${DEFAULT_ACCESS_TEXT}\n@id("archive") forbid (principal, action, resource) when { ${archived} };`)
    await ask({ resource: said })
    expect(await kept()).toMatch(/archived/)
    expect(await kept()).not.toMatch(/hunter2/)
  })
})
