import fc from 'fast-check'
import { type Cedar, newCedar } from '../../src/cedar/cedar.ts'
import type { CedarPolicy } from '../../src/cedar/cedar-policy.ts'
import { type CedarCall, decider } from '../../src/cedar/decider.ts'
import { OTHER_ACTION, schemaText } from '../../src/cedar/vocabulary.ts'
import { ACCESS_VOCABULARY } from '../../src/directory/access-policy/access-vocabulary.ts'
import { readAccessPolicy } from '../../src/directory/access-policy/read-access-policy.ts'

const cedar = newCedar()

function call(changes: Partial<CedarCall> = {}): CedarCall {
  const { action = 'read', resource = { type: 'Application', id: 'crm', kind: 'application' } as const } = changes
  const { stopped = false } = changes
  const parents = resource.type === 'Resource' ? [{ type: 'ResourceType', id: resource.kind ?? '' }] : []
  return {
    principal: { type: 'Person', id: 'ada' },
    context: { action, now: 1, stopped, said: { __entity: { type: 'Said', id: 'said' } } },
    entities: [
      { uid: { type: 'Person', id: 'ada' }, attrs: { name: 'ada' }, parents: [] },
      { uid: { type: resource.type, id: resource.id }, attrs: { name: resource.id }, parents },
      { uid: { type: 'Said', id: 'said' }, attrs: {}, parents: [], tags: { 'context.ip': '::1' } },
    ],
    action,
    resource,
    stopped,
    ...changes,
  }
}

const RESOURCES = [
  { type: 'Application', id: 'crm', kind: 'application' },
  { type: 'Application', id: 'erp', kind: 'application' },
  { type: 'DataSet', id: 'crm', kind: 'data-set' },
  { type: 'Resource', id: 'record/1', kind: 'record' },
  { type: 'Resource', id: 'book/1', kind: 'book' },
] as const
const HEADS = {
  principal: [
    'principal',
    'principal is Person',
    'principal == Person::"ada"',
    'principal is ServiceAccount',
    'principal in Group::"a"',
  ],
  action: [
    'action',
    'action == Action::"read"',
    'action in [Action::"read", Action::"write"]',
    'action == Action::"delete"',
  ],
  resource: [
    'resource',
    'resource is Application',
    'resource is DataSet',
    'resource == Application::"crm"',
    'resource == Resource::"record/1"',
    'resource in ResourceType::"record"',
    'resource is Resource in ResourceType::"book"',
    'resource in Application::"erp"',
  ],
  conditions: [
    '',
    'when { resource.name == "crm" }',
    'unless { context.said.hasTag("context.ip") }',
    'when { resource is DataSet }',
  ],
}

const policies = fc.array(
  fc.record({
    effect: fc.constantFrom('permit', 'permit', 'forbid'),
    principal: fc.constantFrom(...HEADS.principal),
    action: fc.constantFrom(...HEADS.action),
    resource: fc.constantFrom(...HEADS.resource),
    condition: fc.constantFrom(...HEADS.conditions),
  }),
  { minLength: 1, maxLength: 12 },
)

test('a slice decides as all rules would, with the schema checked', async () => {
  await fc.assert(
    fc.asyncProperty(policies, async (drawn) => {
      const text = drawn
        .map(
          ({ effect, principal, action, resource, condition }) =>
            `${effect} (${principal}, ${action}, ${resource}) ${condition};`,
        )
        .join('\n')
      const policy = await readAccessPolicy(text).catch(() => undefined)
      if (policy === undefined) return // Cedar refuses conditions that can never hold.
      const decides = decider(() => cedar)
      for (const action of ['read', 'write', 'delete', 'other']) {
        for (const resource of RESOURCES) {
          const asked = call({ action, resource })
          const whole = cedar.isAuthorized({
            principal: asked.principal,
            action: { type: 'Action', id: policy.actions.includes(action) ? action : OTHER_ACTION },
            resource: { type: resource.type, id: resource.id },
            context: asked.context,
            entities: asked.entities,
            policies: { staticPolicies: Object.fromEntries(policy.rules.map((rule) => [rule.id, rule.text])) },
            schema: schemaText(ACCESS_VOCABULARY, policy.actions),
            validateRequest: true,
          })
          if (whole.type !== 'success') throw new Error(whole.errors.map(({ message }) => message).join())
          const { isAllowed, rules, errors } = decides.decide(policy, asked)
          expect({ isAllowed, rules: rules.map(({ id }) => id).sort(), errors }).toEqual({
            isAllowed: whole.response.decision === 'allow',
            rules: [...whole.response.diagnostics.reason].sort(),
            errors: [],
          })
        }
      }
    }),
    { numRuns: 25 },
  )
})

test('a rule that cannot be evaluated denies, and is named', async () => {
  // As an earlier release could have stored it: this one refuses it.
  const policy: CedarPolicy = {
    ...(await readAccessPolicy('@id("all") permit (principal, action, resource);')),
  }
  const [all] = policy.rules
  if (all === undefined) throw new Error('no rule')
  const broken = {
    ...all,
    id: 'broken',
    effect: 'forbid' as const,
    text: 'forbid (principal, action, resource) when { context.nothere };',
  }
  const ruling = decider(() => cedar).decide({ ...policy, rules: [all, broken] }, call())
  expect(ruling).toEqual({
    isAllowed: false,
    rules: [all],
    errors: [{ rule: 'broken', error: expect.stringContaining('nothere') }],
  })
})

test('while a stop is in force, only rules with @stopped permit', async () => {
  const policy = await readAccessPolicy(`
@id("usual") permit (principal, action, resource);
@id("even-stopped") @stopped("allow") permit (principal, action == Action::"read", resource);
@id("never") forbid (principal, action, resource == DataSet::"crm");`)
  const decides = decider(() => cedar)
  const ids = (changes: Partial<CedarCall>) => {
    const { isAllowed, rules } = decides.decide(policy, call({ stopped: true, ...changes }))
    return [isAllowed, ...rules.map(({ id }) => id)]
  }
  expect(ids({})).toEqual([true, 'even-stopped'])
  expect(ids({ action: 'write' })).toEqual([false])
  expect(ids({ resource: RESOURCES[2] })).toEqual([false, 'never'])
  expect(ids({ stopped: false, action: 'write' })).toEqual([true, 'usual'])
})

/** Counts names, and breaks as WebAssembly does: every call after the first failure fails too. */
function breakable(plan: { breaks: number }) {
  const loaded: { names: Set<string> }[] = []
  const load = (): Cedar => {
    const own = { names: new Set<string>(), isBroken: false }
    loaded.push(own)
    return {
      ...cedar,
      preparsePolicySet(name, set) {
        own.names.add(name)
        return cedar.preparsePolicySet(name, set)
      },
      statefulIsAuthorized(asked) {
        if (!own.isBroken && plan.breaks > 0) {
          plan.breaks--
          own.isBroken = true
        }
        if (!own.isBroken) return cedar.statefulIsAuthorized(asked)
        const error = new Error('memory access out of bounds')
        error.name = 'RuntimeError'
        throw error
      },
    }
  }
  return { load, loaded }
}

const OPEN = '@id("open") permit (principal, action, resource);'

test('an instance that breaks denies once, and another one takes its place', async () => {
  const policy = await readAccessPolicy(OPEN)
  const { load, loaded } = breakable({ breaks: 1 })
  const decides = decider(load)
  expect(decides.decide(policy, call())).toMatchObject({
    isAllowed: false,
    errors: [{ error: expect.stringMatching(/Cedar failed: memory/) }],
  })
  expect(decides.decide(policy, call())).toMatchObject({ isAllowed: true, errors: [] })
  expect(loaded).toHaveLength(2)
})

test('rules that break three instances are not tried again; others decide', async () => {
  const policy = await readAccessPolicy(
    `${OPEN}\n@id("one") permit (principal, action, resource == Application::"erp");`,
  )
  const { load, loaded } = breakable({ breaks: 3 })
  const decides = decider(load)
  for (let at = 0; at < 5; at++) expect(decides.decide(policy, call()).isAllowed).toBe(false)
  expect(loaded).toHaveLength(3)
  expect(decides.decide(policy, call({ resource: RESOURCES[1] })).isAllowed).toBe(true)
})

test('a request that Cedar cannot read is denied, and breaks nothing', async () => {
  const policy = await readAccessPolicy(OPEN)
  const { load, loaded } = breakable({ breaks: 0 })
  const decides = decider(load)
  const tags = { 'context.x': '\u{D800}' }
  const entities = [{ uid: { type: 'Said', id: 'said' }, attrs: {}, parents: [], tags }]
  expect(decides.decide(policy, call({ entities }))).toMatchObject({ isAllowed: false, errors: [{ rule: '' }] })
  expect(decides.decide(policy, call({ principal: { type: 'Nobody Here', id: 'x' } })).isAllowed).toBe(false)
  expect(decides.decide(policy, call()).isAllowed).toBe(true)
  expect(loaded).toHaveLength(1)
})

test('names inside Cedar are used again as policies come and go', async () => {
  const read = await readAccessPolicy(OPEN)
  const { load, loaded } = breakable({ breaks: 0 })
  const decides = decider(load)
  for (let at = 0; at < 50; at++) expect(decides.decide({ ...read }, call()).isAllowed).toBe(true)
  expect(loaded[0]?.names.size).toBeLessThanOrEqual(4)
})
