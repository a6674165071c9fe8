import type { ConfigurationPlan } from '../../../src/protocol/nouns/directory/configuration.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedHuman } from '../registrations/registration-fixture.ts'
import {
  accessPolicy,
  acts,
  addSecrets,
  applied,
  type Documents,
  group,
  person,
  planned,
  policy,
  registration,
  request,
} from './configuration-fixture.ts'

const HOOK = 'https://a.example.org/'
let directory: TestDirectory
let recorded: readonly string[]
directoryForAll(async (started) => {
  directory = started
  await seedHuman(directory, 'ada', 'ada@example.org')
  await directory.store.humans.put({
    id: newTestId('hum'),
    userName: 'sue',
    displayName: 'Sue',
    status: 'active',
    origin: 'scim',
    createdAt: directory.clock.now(),
    scim: {},
  })
  await addSecrets(directory, [
    { kind: 'administrator', name: 'y', spec: {} },
    { kind: 'administrator', name: 'other', spec: {} },
    { kind: 'service', name: 'gate', spec: { scope: 'read' } },
    { kind: 'webhook', name: HOOK, spec: {} },
  ])
  const used = { id: newTestId('pre'), kind: 'serial', key: 'used', name: 'USED', owner: 'ada' } as const
  await directory.store.preregistrations.put({ ...used, addedAt: 1, addedBy: 'adm' })
  await directory.store.preregistrations.use(used.id, newTestId('dev'), 2)
  recorded = await acts(directory)
})

const device = (name: string, spec: object = { owner: 'ada' }) => ({ kind: 'preregistration', name, spec })
const expiresAt = '2027-01-31T18:00:00Z'
const account = { owner: 'ada', purpose: 'p', expiresAt }

test.each<[what: string, documents: Documents, code: string, place: string, message: RegExp]>([
  ['an unknown kind', [{ kind: 'grup', name: 'x', spec: {} }], 'INPUT_MALFORMED', '/kind', /did you mean group/],
  ['a kind like none', [{ kind: 'zzz', name: 'x', spec: {} }], 'INPUT_MALFORMED', '/kind', /the kinds are person/],
  ['no kind', [{ name: 'x', spec: {} }], 'INPUT_MALFORMED', '', /lacks kind/],
  ['no spec', [{ kind: 'person', name: 'x' }], 'INPUT_MALFORMED', '', /lacks spec/],
  ['a list', [[]], 'INPUT_MALFORMED', '', /must be/],
  ['nothing', [null as never], 'INPUT_MALFORMED', '', /must be/],
  ['a name of a wrong type', [{ kind: 'person', name: 7, spec: {} }], 'INPUT_MALFORMED', '/name', /string/],
  [
    'a member too many',
    [{ ...person('x'), id: 'hum_1' }],
    'INPUT_MALFORMED',
    '/id',
    /the members are kind, name, spec/,
  ],
  ['an unknown field', [person('x', { mail: 'x@y' })], 'INPUT_MALFORMED', '/spec/mail', /displayName, email, manager/],
  [
    'an unknown field below a field',
    [registration('x', { criteria: { device: 'dev_1' } })],
    'INPUT_MALFORMED',
    '/spec/criteria/device',
    /the members are products/,
  ],
  ['a field of a wrong type', [group('x', 'ada' as never)], 'INPUT_MALFORMED', '/spec/members', /members: must be/],
  ['a name that cannot be seen', [person('\u200b')], 'INPUT_MALFORMED', '/name', /cannot be seen/],
  ['two documents of one name', [person('Eve'), person('eve')], 'CONFLICT', '/name', /keep one of them/],
  [
    'a day that its month lacks',
    [registration('x', { reviewAt: '2027-02-31T00:00:00Z' })],
    'INPUT_MALFORMED',
    '/spec',
    /no time/,
  ],
  [
    'an end that has passed',
    [registration('x', { expiresAt: '2020-01-01T00:00:00Z' })],
    'INPUT_MALFORMED',
    '',
    /has passed/,
  ],
  ['an owner who is not there', [registration('x', { owner: 'nobody' })], 'NOT_FOUND', '', /no person "nobody"/],
  ['a member who is not there', [group('x', ['nobody'])], 'NOT_FOUND', '', /no person "nobody"/],
  [
    'an active agent without an owner',
    [registration('x', { state: 'active' })],
    'OWNER_REQUIRED',
    '',
    /needs an owner/,
  ],
  ['an owner who follows themself', [registration('x', { owner: 'ada', successor: 'ada' })], 'CONFLICT', '', /cycle/],
  ['a state that is no wish', [registration('x', { state: 'retired' })], 'INPUT_MALFORMED', '/spec/state', /one of/],
  [
    'a cycle of managers',
    [person('a', { manager: 'b' }), person('b', { manager: 'c' }), person('c', { manager: 'a' })],
    'CONFLICT',
    '/spec/manager',
    /a -> b -> c -> a/,
  ],
  ['a manager of oneself', [person('a', { manager: 'A' })], 'CONFLICT', '/spec/manager', /cycle/],
  ['a serial number that is empty', [device('serial: ')], 'INPUT_MALFORMED', '/name', /nothing follows serial:/],
  ['an endorsement key that is none', [device('ek:1234')], 'INPUT_MALFORMED', '/name', /no SHA-256/],
  ['a device that cannot be seen', [device('host:\u200b')], 'INPUT_MALFORMED', '/name', /cannot be seen/],
  ['a device with a long name', [device('x'.repeat(257))], 'INPUT_MALFORMED', '/name', /more than 256/],
  ['a device without an owner', [device('PF-1', {})], 'INPUT_MALFORMED', '/spec', /lacks owner/],
  ['one device in two spellings', [device('serial:PF-1'), device('serial: pf-1')], 'CONFLICT', '/name', /keep one/],
  [
    'another owner of a device that came',
    [device('serial:USED', { owner: 'bob' })],
    'CONFLICT',
    '',
    /enrolled as serial/,
  ],
  ['someone of the identity provider', [person('sue')], 'CONFLICT', '', /comes by SCIM/],
  [
    'a role that is none',
    [{ kind: 'administrator', name: 'x', spec: { role: 'god' } }],
    'INPUT_MALFORMED',
    '/spec/role',
    /viewer/,
  ],
  [
    'a name that no administrator has',
    [{ kind: 'service', name: 'a b', spec: { scope: 'read' } }],
    'INPUT_MALFORMED',
    '/name',
    /letters/,
  ],
  [
    'another role for who applies it',
    [{ kind: 'administrator', name: 'administrator', spec: { role: 'viewer' } }],
    'CONFLICT',
    '',
    /let another administrator/,
  ],
  [
    'an administrator whose token somebody must get',
    [{ kind: 'administrator', name: 'eve', spec: { role: 'auditor' } }],
    'NOT_FOUND',
    '/name',
    /no file holds its secret. Add it first: surety-directory administrators add eve --role auditor --out FILE$/,
  ],
  [
    'a service whose token somebody must get',
    [{ kind: 'service', name: 'vpn', spec: { scope: 'decide' } }],
    'NOT_FOUND',
    '/name',
    /surety-directory services add vpn --scope decide --out FILE$/,
  ],
  [
    'a webhook whose secret somebody must get',
    [{ kind: 'webhook', name: 'https://b.example.org/$(id)', spec: { events: ['$(id)'] } }],
    'NOT_FOUND',
    '/name',
    /first: surety-directory webhooks add URL --events EVENTS --out FILE$/,
  ],
  [
    'another scope for a service',
    [{ kind: 'service', name: 'gate', spec: { scope: 'decide' } }],
    'CONFLICT',
    '',
    /keeps its scope: surety-directory services revoke gate, then surety-directory services add gate --scope decide/,
  ],
  [
    'a webhook without an address',
    [{ kind: 'webhook', name: 'siem', spec: { events: ['*'] } }],
    'INPUT_MALFORMED',
    '/name',
    /https/,
  ],
  [
    'an event that is none',
    [{ kind: 'webhook', name: HOOK, spec: { events: ['x'] } }],
    'INPUT_MALFORMED',
    '',
    /no kind of event/,
  ],
  [
    'a second policy',
    [{ kind: 'policy', name: 'other', spec: { text: 'x' } }],
    'INPUT_MALFORMED',
    '/name',
    /there is one policy/,
  ],
  [
    'a policy that is none',
    [{ kind: 'policy', name: 'policy', spec: { text: 'x: 1' } }],
    'INPUT_MALFORMED',
    '/spec/text',
    /schema/,
  ],
  [
    'rules that are none',
    [{ kind: 'rules', name: 'rules', spec: { text: '- 1' } }],
    'INPUT_MALFORMED',
    '/spec/text',
    /surety\/rules/,
  ],
  [
    'a second access policy',
    [{ kind: 'access-policy', name: 'access', spec: { text: 'x' } }],
    'INPUT_MALFORMED',
    '/name',
    /there is one access-policy/,
  ],
  ['an access policy that is none', [accessPolicy('permit')], 'INPUT_MALFORMED', '/spec/text', /^line 1: /],
  [
    'an access policy that permits everything',
    [accessPolicy('permit (principal, action, resource);')],
    'CONFLICT',
    '/spec/text',
    /^line 1: .*permits everything/,
  ],
  [
    'a sound access policy beside a broken one of devices',
    [accessPolicy('permit (principal, action, resource) when { context has device };'), policy('x: 1')],
    'INPUT_MALFORMED',
    '/spec/text',
    /schema/,
  ],
  [
    'a policy of the gate that speaks of what only an access policy can',
    [
      {
        kind: 'gate-policy',
        name: 'gate-policy',
        spec: { text: 'permit (principal, action, resource) when { context.device.compliant };' },
      },
    ],
    'INPUT_MALFORMED',
    '/spec/text',
    /^line 1: /,
  ],
  [
    'a policy of the gate without a permit',
    [{ kind: 'gate-policy', name: 'gate-policy', spec: { text: '// nothing' } }],
    'CONFLICT',
    '/spec/text',
    /^there is no permit/,
  ],
  [
    'a service account of nobody',
    [{ kind: 'service-account', name: 'x', spec: { ...account, owner: 'no' } }],
    'NOT_FOUND',
    '',
    /no person/,
  ],
  [
    'a service account without an end in sight',
    [{ kind: 'service-account', name: 'x', spec: { ...account, expiresAt: '2099-01-01T00:00:00Z' } }],
    'INPUT_MALFORMED',
    '',
    /366 days/,
  ],
])('%s is refused, and nothing of the set is done', async (_what, documents, code, place, message) => {
  // A document before it that is good.
  const set = [person('good'), ...documents]
  const plan = await planned(directory, set)
  expect(plan.refusals).toContainEqual({
    source: expect.any(Number),
    place,
    code,
    message: expect.stringMatching(message),
  })
  expect(plan.refusals[0]?.source).toBeGreaterThan(0)
  const answer = await request(directory, set)
  expect(answer.json).toMatchObject({ code, detail: expect.stringMatching(/^nothing was changed: document \d+: /) })
  expect(await acts(directory)).toEqual(recorded)
})

test('all faults of form are named at once', async () => {
  const { refusals, refused } = await planned(directory, [group('x', 1 as never), person('y'), { kind: 'no' }])
  expect(refusals.map(({ source }) => source)).toEqual([0, 2])
  expect(refused).toBe(2)
})

test('a thousand refusals are counted, and a hundred named', async () => {
  const { refusals, refused } = await planned(
    directory,
    Array.from({ length: 1000 }, () => ({ kind: 'no' })),
  )
  expect([refusals.length, refused]).toEqual([100, 1000])
})

test('more documents than there may be are refused', async () => {
  const answer = await request(
    directory,
    Array.from({ length: 20_001 }, () => ({})),
  )
  expect(answer).toMatchObject({ status: 400, json: { code: 'INPUT_MALFORMED' } })
})

test('a role plans what it may read, and applies what it may change', async () => {
  const tokenOf = async (role: 'viewer' | 'operator' | 'auditor') =>
    (await directory.services.principals.add({ kind: 'administrator', name: role, role, ttlMs: 60_000 }, 'adm_test'))
      .token
  const [viewer, operator, auditor] = [await tokenOf('viewer'), await tokenOf('operator'), await tokenOf('auditor')]
  const one = [registration('x')]
  const role = { kind: 'administrator', name: 'y', spec: { role: 'viewer' } }
  const plan = await request(directory, one, { token: viewer, plan: true })
  expect(plan).toMatchObject({ status: 200, json: { counts: { create: 1 }, refused: 0 } })
  expect(await request(directory, one, { token: viewer })).toMatchObject({ status: 403 })
  const refusals = (await request(directory, [role], { token: viewer, plan: true })).json as ConfigurationPlan
  expect(refusals.refusals).toMatchObject([{ source: 0, place: '/kind', code: 'NOT_PERMITTED' }])
  expect(await request(directory, [role], { token: auditor, plan: true })).toMatchObject({ json: { refused: 0 } })
  expect(await request(directory, [...one, role], { token: operator })).toMatchObject({ status: 403 })
  expect(await request(directory, one, { token: operator })).toMatchObject({ status: 200, json: { applied: true } })
})

test('an export has the kinds that the role may read, and says which it leaves out', async () => {
  const { token } = await directory.services.principals.add(
    { kind: 'service', name: 'ci', role: 'read', ttlMs: 60_000 },
    'adm_test',
  )
  const { json } = await directory.ask('GET', '/api/v1/configuration', { token })
  expect(json).toMatchObject({
    leftOut: expect.arrayContaining([
      { kind: 'person', count: 1, why: expect.stringContaining('SCIM') },
      { kind: 'administrator', count: 0, why: expect.stringContaining('may not') },
      { kind: 'webhook', count: 0, why: expect.stringContaining('may not') },
    ]),
  })
  expect(JSON.stringify(json)).not.toContain('"kind":"administrator","name"')
})

test('a name that several agents have is left out, and no document can mean one', async () => {
  for (let at = 0; at < 2; at++) {
    await directory.services.registrations.create(
      { name: 'Twin', purpose: 'p', criteria: { products: ['codex'] } },
      { person: { id: 'adm_test', name: 'x' } },
    )
  }
  const { refusals } = await planned(directory, [registration('twin')])
  expect(refusals).toMatchObject([{ place: '/name', code: 'CONFLICT' }])
  const { counts } = await applied(directory, [registration('other')], { prune: true })
  expect(counts).toMatchObject({ create: 1, remove: 2 })
})

test('who applies cannot prune themself', async () => {
  const { refusals } = await planned(
    directory,
    [{ kind: 'administrator', name: 'other', spec: { role: 'administrator' } }],
    { prune: true },
  )
  expect(refusals).toMatchObject([{ code: 'CONFLICT', message: expect.stringContaining('would be revoked') }])
})
