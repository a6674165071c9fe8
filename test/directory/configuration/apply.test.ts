import type { ConfigurationDocument } from '../../../src/protocol/nouns/directory/configuration.ts'
import { type Answer, startTestDirectory } from '../../support/directory/directory-api.ts'
import {
  acts,
  addSecrets,
  applied,
  exported,
  group,
  person,
  planned,
  policy,
  registration,
  request,
} from './configuration-fixture.ts'

const HOOK = 'https://siem.example.org/surety'
const POLICY = 'schema: surety/policy@1\nchecks:\n  disk.root-encrypted: required\n'
const SET = [
  // In an order in which each refers to one that follows.
  registration('Reviewer', { owner: 'ada@example.org', successor: 'bob', state: 'active' }),
  group('payments', ['bob', 'ada']),
  person('bob', { manager: 'ada' }),
  person('ada', { email: 'ada@example.org', displayName: 'Ada L.' }),
  {
    kind: 'service-account',
    name: 'nightly',
    spec: { owner: 'ada', purpose: 'builds', expiresAt: new Date(Date.now() + 8_640_000_000).toISOString() },
  },
  { kind: 'administrator', name: 'eve', spec: { role: 'operator' } },
  { kind: 'service', name: 'gate', spec: { scope: 'decide' } },
  { kind: 'webhook', name: HOOK, spec: { events: ['stop-created', 'policy-set'] } },
  policy(POLICY),
]

test('a set is applied as planned, and changes nothing when applied again', async () => {
  await using directory = await startTestDirectory()
  await addSecrets(directory, SET)
  const before = await exported(directory)
  const recorded = await acts(directory)
  const plan = await planned(directory, SET)
  expect(plan).toMatchObject({
    applied: false,
    refusals: [],
    counts: { create: 5, change: 3, remove: 0, unchanged: 1 },
  })
  // Nothing happened: not even a number was used.
  expect(await exported(directory)).toEqual(before)
  expect(await acts(directory)).toEqual(recorded)
  const done = await applied(directory, SET, { state: plan.state })
  expect({ ...done, applied: false }).toEqual(plan)
  expect((await acts(directory)).slice(recorded.length).toSorted()).toEqual(
    [
      ...['human-added', 'human-added', 'group-added', 'group-changed', 'service-account-added'],
      ...['registration-created', 'principal-role-changed', 'webhook-changed', 'policy-set'],
      'configuration-applied',
    ].toSorted(),
  )
  const again = await applied(directory, SET)
  expect(again.counts).toEqual({ create: 0, change: 0, remove: 0, unchanged: 9 })
  expect((await acts(directory)).slice(recorded.length)).toHaveLength(10)
})

test('what is applied is recorded with counts and the hash of the set', async () => {
  await using directory = await startTestDirectory()
  const { set } = await applied(directory, [person('ada'), person('bob')])
  const [event] = await directory.store.events.list({ limit: 1 })
  expect(event?.facts).toMatchObject({ hash: set, documents: 2, create: 2, change: 0, remove: 0, unchanged: 0 })
})

test('no answer and no export has a token or a secret', async () => {
  await using directory = await startTestDirectory()
  const hook = 'https://hooks.example.org/services/T04AB12CD/B05EF34GH/aZ3kQ9xW1vT7uY5rP2mN8bLc'
  await addSecrets(directory, [...SET, { kind: 'webhook', name: hook, spec: { events: ['*'] } }])
  const answers: Answer[] = [await request(directory, SET)]
  answers.push(await directory.ask('GET', '/api/v1/configuration'))
  for (const { status, text } of answers) {
    expect(status).toBe(200)
    expect(text).not.toMatch(/surety_(adm|svc)_|whsec_/)
  }
  const { documents, leftOut } = await exported(directory)
  expect(JSON.stringify(documents)).not.toContain('aZ3kQ9xW1vT7uY5rP2mN8bLc')
  expect(leftOut).toContainEqual({ kind: 'webhook', count: 1, why: 'their address may hold a secret' })
})

test('pruning removes what has no document, of kinds that have one', async () => {
  await using directory = await startTestDirectory()
  await addSecrets(directory, SET)
  await applied(directory, SET)
  const less = [person('ada', { email: 'ada@example.org', displayName: 'Ada L.' }), group('payments', ['ada'])]
  const kept = await planned(directory, less)
  expect(kept.kept).toEqual([{ kind: 'person', count: 1 }])
  expect(kept.changes.filter(({ action }) => action === 'remove')).toEqual([])
  const done = await applied(directory, less, { prune: true })
  expect(done.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
    'unchanged person ada',
    'change group payments',
    'remove person bob',
  ])
  const { documents } = await exported(directory)
  // What bob would have got stays with ada.
  expect(kinds(documents)).toEqual(
    'access-policy administrator administrator gate-policy group person policy registration rules service service-account webhook'.split(
      ' ',
    ),
  )
})

test('a person who is removed takes nothing along that a document asks for', async () => {
  await using directory = await startTestDirectory()
  await addSecrets(directory, SET)
  await applied(directory, SET)
  const [first, ...rest] = SET.filter(({ kind, name }) => kind !== 'person' || name !== 'ada')
  const { refusals } = await planned(directory, [first ?? {}, ...rest], { prune: true })
  expect(refusals.map(({ code }) => code)).toContain('CONFLICT')
  expect(await exported(directory)).toMatchObject({
    documents: expect.arrayContaining([expect.objectContaining({ name: 'ada' })]),
  })
})

test('what a person suspended or quarantined is left alone', async () => {
  await using directory = await startTestDirectory()
  const documents = [person('ada'), registration('Reviewer', { owner: 'ada', state: 'active' })]
  await applied(directory, documents)
  const [one] = (await directory.store.registrations.list({ limit: 1 })).items
  await directory.services.registrations.move(one?.id ?? '', 'quarantined', {
    reason: 'r',
    by: { id: 'adm_x', name: 'x' },
  })
  expect((await applied(directory, documents)).counts).toMatchObject({ change: 0, unchanged: 2 })
  expect((await directory.store.registrations.get(one?.id ?? ''))?.state).toBe('quarantined')
})

test('a plan that something has outrun is refused', async () => {
  await using directory = await startTestDirectory()
  const { state } = await planned(directory, [person('ada')])
  await applied(directory, [person('bob')])
  const answer = await request(directory, [person('ada')], { state })
  expect(answer).toMatchObject({ status: 412, json: { code: 'VERSION_STALE' } })
  expect((await exported(directory)).documents.filter(({ kind }) => kind === 'person')).toHaveLength(1)
})

test('a policy is set as a version, and its fault has the line of the text', async () => {
  await using directory = await startTestDirectory()
  const { counts } = await applied(directory, [policy(POLICY)])
  expect(counts.change).toBe(1)
  const { refusals } = await planned(directory, [policy(`${POLICY}  no.such-check: required\n`)])
  expect(refusals).toEqual([
    { source: 0, place: '/spec/text', code: 'INPUT_MALFORMED', message: expect.stringMatching(/^line 4: /) },
  ])
})

test('a person who was deactivated comes back with a document', async () => {
  await using directory = await startTestDirectory()
  await applied(directory, [person('ada'), person('bob')])
  await applied(directory, [person('ada')], { prune: true })
  const { counts } = await applied(directory, [person('ada'), person('bob', { displayName: 'Bob' })])
  expect(counts).toMatchObject({ create: 1, unchanged: 1 })
  expect(await acts(directory)).toContain('human-reactivated')
})

test('managers and members may trade places in one set', async () => {
  await using directory = await startTestDirectory()
  await applied(directory, [person('ada'), person('bob', { manager: 'ada' }), person('eve', { manager: 'bob' })])
  const turned = [person('ada', { manager: 'bob' }), person('bob', { manager: 'eve' }), person('eve')]
  expect((await applied(directory, turned)).counts.change).toBe(3)
})

function kinds(documents: readonly ConfigurationDocument[]): readonly string[] {
  return documents.map(({ kind }) => kind).toSorted()
}

test('preregistered devices get other owners, and pruning leaves what no file can name', async () => {
  await using directory = await startTestDirectory()
  const { preregistrations } = directory.services
  const items = [
    { kind: 'serial', name: 'PF-1', owner: 'ada' },
    { kind: 'host', name: 'lap-7', owner: 'ada' },
    { kind: 'serial-or-host', name: 'host:lap-8', owner: 'ada' },
  ] as const
  await preregistrations.add(items, 'adm_test')
  const { leftOut, documents } = await exported(directory)
  expect(documents.filter(({ kind }) => kind === 'preregistration').map(({ name }) => name)).toEqual([
    'host:lap-7',
    'serial:PF-1',
  ])
  expect(leftOut).toContainEqual({ kind: 'preregistration', count: 1, why: 'a file names another device so' })
  const wanted = [{ kind: 'preregistration', name: 'serial:pf-1', spec: { owner: 'bob' } }]
  const { changes } = await applied(directory, wanted, { prune: true })
  expect(changes.map(({ sentence }) => sentence)).toEqual([
    'change preregistration "serial:pf-1": owner ada -> bob',
    'remove preregistration "host:lap-7": a device that enrolled with it stays',
  ])
  const { items: left } = await directory.store.preregistrations.list({ sort: 'name' })
  expect(left.map(({ name, owner }) => [name, owner])).toEqual([
    ['host:lap-8', 'ada'],
    ['PF-1', 'bob'],
  ])
})
