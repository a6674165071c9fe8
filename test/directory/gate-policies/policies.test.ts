import { DEFAULT_GATE_TEXT } from '../../../src/gate-policy/default-gate-policy.ts'
import type { GatePolicyTest, GatePolicyView } from '../../../src/protocol/nouns/directory/gate-policy.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { codeIn } from '../stops/stop-fixture.ts'

let directory: TestDirectory
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

const PUSHES = `@id("pushes") @ask("owner")
forbid (principal, action == Action::"shell", resource) when { context.words.contains("push") };
`
const STRICTER = `${DEFAULT_GATE_TEXT}${PUSHES}`
const api = (method: string, path: string, body?: object) =>
  directory.ask(method, `/api/v1/gate-policy${path}`, body === undefined ? {} : { body })
const set = (gatePolicy: string, more: object = {}) => api('PUT', '', { gatePolicy, ...more })
const inUse = async () => (await api('GET', '')).json as GatePolicyView
const tried = async (gatePolicy: string) => (await api('POST', '/test', { gatePolicy })).json as GatePolicyTest

test('a directory begins with the default, version 0', async () => {
  expect(await inUse()).toMatchObject({ version: 0, gatePolicy: DEFAULT_GATE_TEXT })
})

test('each set raises the version, and a rollback sets the default as a new one', async () => {
  expect((await set(STRICTER, { reason: 'pushes' })).json).toMatchObject({ version: 1, gatePolicy: STRICTER })
  expect((await set(`${STRICTER}// again\n`)).json).toMatchObject({ version: 2 })
  const rolledBack = (await api('POST', '/rollback', { version: 0 })).json
  expect(rolledBack).toMatchObject({ version: 3, restores: 0, gatePolicy: DEFAULT_GATE_TEXT })
  expect((await api('GET', '?version=1')).json).toMatchObject({ gatePolicy: STRICTER, reason: 'pushes' })
  const { items } = (await api('GET', '/history')).json as { items: readonly object[] }
  expect(items).toMatchObject([{ version: 3, current: true }, { version: 2 }, { version: 1 }, { version: 0 }])
  const kinds = (await directory.store.events.list({ limit: 3 })).map(({ kind }) => kind)
  expect(kinds).toEqual(['gate-policy-rolled-back', 'gate-policy-set', 'gate-policy-set'])
})

describe('what is not sound is refused, and the policy in use stays', () => {
  test.each([
    ['a typing error', '\npermit (principal, action resource);', 400, 'INPUT_MALFORMED', /line 2: /],
    [
      'what only an access policy can speak of',
      'permit (principal, action, resource) when { context.device.compliant };',
      400,
      'INPUT_MALFORMED',
      /line 1: /,
    ],
    [
      'an attribute that may be absent',
      '\n\nforbid (principal, action, resource) when { context.server == "x" };',
      400,
      'INPUT_MALFORMED',
      /line 3: /,
    ],
    [
      'an annotation with another value',
      '@ask("anybody") forbid (principal, action, resource);',
      400,
      'INPUT_MALFORMED',
      /line 1: /,
    ],
    [
      'what breaks Cedar',
      `permit (principal, action, resource) when { ${'1 + '.repeat(3_000)}1 == 2 };`,
      400,
      'INPUT_TOO_DEEP',
      /deep/,
    ],
    ['more than 256 KiB', `// ${'ü'.repeat(140_000)}\n${STRICTER}`, 413, 'INPUT_TOO_LARGE', /256 KiB/],
    ['no rule', '// nothing', 409, 'CONFLICT', /no permit/],
    [
      'what forbids everything',
      'permit (principal, action, resource);\nforbid (principal, action, resource);',
      409,
      'CONFLICT',
      /line 2: /,
    ],
    ['what permits everything', 'permit (principal, action, resource);', 409, 'CONFLICT', /nothing forbids/],
  ])('%s', async (_, text, status, code, message) => {
    const answer = await set(text)
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status, code })
    expect(JSON.stringify(answer.json)).toMatch(message)
    expect(await inUse()).toMatchObject({ version: 0 })
  })

  test('the version that another person set meanwhile', async () => {
    await set(STRICTER)
    const answer = await set(DEFAULT_GATE_TEXT, { replaces: 0 })
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status: 412, code: 'VERSION_STALE' })
    expect(await inUse()).toMatchObject({ version: 1 })
  })

  test('a version that there is not', async () => {
    const answer = await api('POST', '/rollback', { version: 7 })
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status: 404, code: 'NOT_FOUND' })
  })

  test.each([
    ['another member', { access: STRICTER }],
    ['the member of the path', { 'gate-policy': STRICTER }],
    ['no text', {}],
    ['a reason with a control character', { gatePolicy: STRICTER, reason: 'a\u0007' }],
  ])('a body with %s', async (_, body) => {
    expect((await api('PUT', '', body)).status).toBe(400)
    expect(await inUse()).toMatchObject({ version: 0 })
  })
})

test('one that denies everything is set by force', async () => {
  expect((await set('// nothing', { force: true })).json).toMatchObject({ version: 1, forced: true })
})

test('a rule on trial that forbids everything needs no force', async () => {
  const trial = 'permit (principal, action, resource);\n@shadow("true") forbid (principal, action, resource);'
  expect((await set(trial)).json).toMatchObject({ version: 1 })
})

test('of two who set one at once over the same version, one is refused', async () => {
  const answers = await Promise.all([set(STRICTER, { replaces: 0 }), set(`${STRICTER}//`, { replaces: 0 })])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  expect(await inUse()).toMatchObject({ version: 1 })
})

test('a test says what the text has, what would be refused, and what no agent asks for', async () => {
  expect(await tried(STRICTER)).toMatchObject({
    permits: 3,
    forbids: 10,
    actions: ['network', 'read', 'shell', 'write'],
  })
  expect(await tried('// nothing')).toMatchObject({ objection: expect.stringMatching(/^there is no permit/) })
  const { warnings } = await tried(`${DEFAULT_GATE_TEXT}\nforbid (principal, action == Action::"shel", resource);`)
  expect(warnings).toEqual([expect.stringMatching(/^line \d+: no agent asks for the action shel: actions are shell, /)])
  expect(await inUse()).toMatchObject({ version: 0 })
})

test('a stored version that this release does not accept is not in use, and says why', async () => {
  await set(STRICTER)
  directory.database.exec('DROP TRIGGER gate_policies_no_update')
  directory.database.prepare("UPDATE gate_policies SET text = 'nonsense'").run()
  const { gatePolicies } = await import('../../../src/directory/gate-policies/gate-policies.ts')
  const { store, clock } = directory
  const again = await gatePolicies({
    store,
    clock,
    log: { error: () => undefined },
    changes: { of: () => undefined },
    sign: () => '',
  })
  expect(await again.current()).toMatchObject({ version: 0, refused: expect.stringMatching(/^version 1: line 1: /) })
})
