import { codeOf, describeError } from '../../src/base/errors.ts'
import { DEFAULT_ACCESS_TEXT } from '../../src/directory/access-policy/default-policy.ts'
import { readAccessPolicy } from '../../src/directory/access-policy/read-access-policy.ts'

const refusal = async (text: string, options = {}) => {
  const error = await readAccessPolicy(text, options).then(
    ({ rules }) => `${rules.length} rules were read`,
    (thrown: unknown) => thrown,
  )
  return `${codeOf(error)} ${describeError(error)}`
}
const when = (condition: string) => `permit (principal, action, resource) when { ${condition} };`

test('reads the default without a warning', async () => {
  const { rules, actions, warnings } = await readAccessPolicy(DEFAULT_ACCESS_TEXT)
  expect(rules.map(({ id, effect }) => `${effect} ${id}`)).toEqual([
    'permit agents',
    'forbid registered',
    'forbid owner',
    'forbid device',
    'forbid on-device',
    'forbid scope',
    'forbid end',
  ])
  expect({ actions, warnings }).toEqual({ actions: [], warnings: [] })
  expect(
    rules.every(({ effect, annotations: { because, possible } }) => effect === 'permit' || (because && possible)),
  ).toBe(true)
})

test('says what a rule is about: its line, head, annotations, actions and tags', async () => {
  const { rules, actions, resources, saidTags } = await readAccessPolicy(`// a ; in a comment, and a }
@id("one") @stopped("allow")
permit (principal is Person, action in [Action::"read", Action::"write"], resource == Application::"a;b")
when { context.said.hasTag("resource.status") && "}" != "{" };

forbid (principal, action == Action::"delete", resource is Resource in ResourceType::"record");
permit (principal, action, resource is DataSet);`)
  expect(rules.map(({ text: _, ...rule }) => rule)).toEqual([
    {
      id: 'one',
      line: 2,
      effect: 'permit',
      scope: { actions: ['read', 'write'], resource: { type: 'Application', id: 'a;b' } },
      annotations: { id: 'one', stopped: 'allow' },
      isUnconditional: false,
    },
    {
      id: 'policy2',
      line: 6,
      effect: 'forbid',
      scope: { actions: ['delete'], resource: { kind: 'record' } },
      annotations: {},
      isUnconditional: false,
    },
    {
      id: 'policy3',
      line: 7,
      effect: 'permit',
      scope: { actions: undefined, resource: { type: 'DataSet' } },
      annotations: {},
      isUnconditional: false,
    },
  ])
  expect(actions).toEqual(['delete', 'read', 'write'])
  expect(resources).toEqual([{ type: 'Application', id: 'a;b' }])
  expect([...saidTags]).toEqual(['resource.status'])
})

describe('refuses with the line and the reason', () => {
  test.each([
    ['what is no policy', 'nonsense', /^INPUT_MALFORMED line 1: unexpected end of input/],
    [
      'a typing error',
      '\n\npermit (principal, action resource);',
      /^INPUT_MALFORMED line 3: unexpected token `resource`/,
    ],
    [
      'the line of a long policy',
      `permit (\n  principal,\n  action,\n  resource\n) when { true &&& true };`,
      /^INPUT_MALFORMED line 5: /,
    ],
    ['what lacks its end', 'permit (principal, action, resource)', /^INPUT_MALFORMED line 1: /],
    [
      'a string without an end',
      '\npermit (principal == Person::"x',
      /^INPUT_MALFORMED line 2: the string that begins here has no end/,
    ],
    ['a template', 'permit (principal == ?principal, action, resource);', /^INPUT_MALFORMED line 1: .*template/],
    [
      'two with one id',
      '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
      /^INPUT_MALFORMED line 2: the id a is that of the policy of line 1/,
    ],
    [
      'an id of another form',
      '@id("a b") permit (principal, action, resource);',
      /^INPUT_MALFORMED line 1: an @id has letters/,
    ],
    [
      'another annotation',
      '@reason("a") permit (principal, action, resource);',
      /^INPUT_MALFORMED line 1: there is no annotation @reason/,
    ],
    [
      'another value of @stopped',
      '@stopped("yes") permit (principal, action, resource);',
      /^INPUT_MALFORMED line 1: @stopped has one value/,
    ],
  ])('%s', async (_, text, message) => {
    expect(await refusal(text)).toMatch(message)
  })

  test.each([
    ['a type that does not exist', 'permit (principal, action, resource is Aplication);', /line 1: .*Aplication/],
    ['an attribute that does not exist', when('context.nothing == 1'), /line 1: attribute `nothing`/],
    ['an attribute of another type', when('context.now == "noon"'), /line 1: /],
    [
      'an agent that may be absent',
      when('context.agent.name == "x"'),
      /line 1: unable to guarantee safety of access to optional attribute `agent`/,
    ],
    ['a device that may be absent', when('context.device.compliant'), /optional attribute `device`/],
    [
      'an end that may be absent',
      when('context has agent && context.agent.expiresAt > context.now'),
      /optional attribute `expiresAt`/,
    ],
    ['a label that may be absent', when('context has device && context.device.getTag("team") == "x"'), /tag/],
    ['what a server may not say', when('context.said.getTag("resource.status") == "x"'), /tag/],
  ])('by the schema: %s', async (_, text, message) => {
    expect(await refusal(text)).toMatch(/^INPUT_MALFORMED /)
    expect(await refusal(text)).toMatch(message)
  })

  test('the first three of many', async () => {
    const text = Array.from({ length: 9 }, (_, at) => when(`context.missing${at} == 1`)).join('\n')
    expect(await refusal(text)).toMatch(/line 1: .*; line 2: .*; line 3: .*; and 6 more$/)
  })
})

describe('hostile policies end with a code, and the next one is read', () => {
  const nested = (depth: number) => when(`${'('.repeat(depth)}true${')'.repeat(depth)}`)
  const TOO_DEEP = /^INPUT_TOO_DEEP /

  test.each([
    ...[40, 50, 100, 200, 5_000].map(
      (depth) => [`${depth} brackets`, nested(depth), /^INPUT_TOO_DEEP line 1: brackets/] as const,
    ),
    ['brackets of three kinds', when(`${'([{'.repeat(20)}true`), /^INPUT_TOO_DEEP line 1: brackets/] as const,
    [
      '20,000 times &&',
      when(`${'true && '.repeat(20_000)}true`),
      /^INPUT_TOO_LARGE line 1: a policy has at most/,
    ] as const,
    ['members of members', when(`context${'["a"]'.repeat(2_000)} == 1`), TOO_DEEP] as const,
    ['choices in choices', when(`${'if true then true else '.repeat(700)}true`), /./] as const,
    ['a long sum', when(`${'1 + '.repeat(3_000)}1 == 2`), TOO_DEEP] as const,
    ['a policy that is too long', when(`"${'x'.repeat(20_000)}" == "y"`), /^INPUT_TOO_LARGE line 1/] as const,
    [
      'too many policies',
      'permit(principal,action,resource);'.repeat(2_001),
      /^INPUT_TOO_LARGE line 1: there are more than/,
    ] as const,
    [
      'a text that is too long',
      ' '.repeat(256 * 1024 + 1),
      /^INPUT_TOO_LARGE an access policy has at most 256 KiB/,
    ] as const,
    [
      'too many actions',
      Array.from({ length: 65 }, (_, at) => `permit (principal, action == Action::"a${at}", resource);`).join('\n'),
      /more than 64 actions/,
    ] as const,
    [
      'a name of an action with a line break',
      'permit (principal, action == Action::"a\\nb", resource);',
      /cannot be the name of an action/,
    ] as const,
    [
      'characters that do not exist',
      `permit (principal, action, resource) when { "\u{D800}" == "a" };\u0000`,
      /^INPUT_MALFORMED/,
    ] as const,
  ])('%s', async (_, text, message) => {
    expect(await refusal(text)).toMatch(message)
    expect((await readAccessPolicy(nested(39))).rules).toHaveLength(1)
  })

  test('a time that is too short ends the thread', async () => {
    expect(await refusal(DEFAULT_ACCESS_TEXT, { withinMs: 1 })).toMatch(
      /^INPUT_TOO_LARGE the policies were not read within/,
    )
  })
})

test('warns of a rule that never applies', async () => {
  const { warnings } = await readAccessPolicy('\npermit (principal in Application::"x", action, resource);')
  expect(warnings).toContainEqual(expect.stringMatching(/^line 2: policy is impossible.*\[policy1\]$/))
})

test('an empty text has no rule', async () => {
  expect((await readAccessPolicy('// nothing\n')).rules).toEqual([])
})
