import { codeOf } from '../../../src/base/errors.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { BY } from '../claims/claim-fixture.ts'
import { approvalWorld, type Decider, deciderFor, FLAGS } from './approval-fixture.ts'

/** People decide about actions that wait. */

let directory: TestDirectory
let world: Awaited<ReturnType<typeof approvalWorld>>
let ada: Decider
let olga: Decider
beforeEach(async () => {
  directory = await startTestDirectory()
  world = await approvalWorld(directory)
  const human = await world.api.human('ada')
  await world.api.confirm(world.device, human.id)
  await world.register(human.id)
  ada = await deciderFor(directory, world.member(human))
  olga = await deciderFor(directory, await world.administrator('operator', 'olga'))
})
afterEach(() => directory[Symbol.asyncDispose]())

const approvals = () => directory.services.approvals
/** The code of the refusal. Undefined: there was none. */
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => codeOf(error) ?? error,
  )

test('the owner approves exactly one action, and the device learns it', async () => {
  const { id, nonce, until } = await world.asked()
  const shown = await approvals().get(id, ada.principal)
  expect(shown).toMatchObject({
    state: 'pending',
    user: { name: 'ada' },
    humanName: 'ada',
    ownerName: 'ada',
    agentName: 'Refactorer',
    product: 'claude-code',
    summary: 'git push --force origin main',
    folder: '/home/ada/billing',
    reasons: [{ rule: 'force-push' }],
    approvers: ['owner'],
    answers: [],
    deviceBound: false,
    count: 1,
    signed: { nonce, until },
  })
  const after = await world.approve(id, ada)
  expect(after).toMatchObject({ state: 'approved', decidedBy: 'ada', scope: 'once', delivery: 'pending' })
  expect(after.answers).toMatchObject([{ by: ada.principal.id, outcome: 'approved', as: 'owner' }])
  expect(world.decisions()).toEqual([
    { approval: id, hash: shown.signed?.hash, outcome: 'approved', by: 'ada', scope: 'once' },
  ])
})

test('a denial is of all equal actions that wait, and of no others', async () => {
  const [first, second] = [await world.asked(), await world.asked()]
  const other = await world.asked({ action: { arguments: { command: 'ls' } } })
  expect((await approvals().list({ state: 'pending' }, olga.principal)).items).toMatchObject([
    { id: other.id, count: 1 },
    { id: first.id, count: 2 },
  ])
  expect(await approvals().deny(second.id, 'no', ada.principal)).toMatchObject({ state: 'denied', reason: 'no' })
  expect(await Promise.all([first, second, other].map(({ id }) => world.state(id)))).toEqual([
    'denied',
    'denied',
    'pending',
  ])
  expect(world.decisions().map(({ approval, outcome }) => [approval, outcome])).toEqual([
    [first.id, 'denied'],
    [second.id, 'denied'],
  ])
})

test('an approval of one action leaves an equal one waiting, under its own nonce', async () => {
  const [first, second] = [await world.asked(), await world.asked()]
  await world.approve(first.id, ada)
  expect((await approvals().list({ state: 'pending' }, ada.principal)).items).toMatchObject([
    { id: second.id, count: 1 },
  ])
})

test('only the people of an agent withdraw a request', async () => {
  const { id } = await world.asked()
  const eve = world.member(await world.api.human('eve'))
  expect(await refusal(approvals().cancel(id, undefined, eve))).toBe('NOT_PERMITTED')
  expect(await approvals().cancel(id, 'not needed', ada.principal)).toMatchObject({ state: 'cancelled' })
  expect(world.decisions()).toMatchObject([{ approval: id, outcome: 'cancelled' }])
})

describe('what is shown as a passkey is refused', () => {
  const optionsOf = (id: string, by: Decider = ada) => approvals().options(id, { scope: 'once' }, by.principal)
  const approve = (id: string, response: never, by: Decider = ada) =>
    refusal(approvals().approve(id, { scope: 'once', response }, by.principal))

  test('if it signed another action', async () => {
    const [first, second] = [await world.asked(), await world.asked()]
    const response = world.shown(ada, await optionsOf(first.id))
    expect(await approve(second.id, response)).toBe('NOT_PERMITTED')
    expect([await world.state(second.id), world.decisions()]).toEqual(['pending', []])
  })

  test.each(['authenticatorData', 'clientDataJSON', 'signature'] as const)('if one bit of %s differs', async (part) => {
    const { id } = await world.asked()
    const response = world.shown(ada, await optionsOf(id)) as { response: Record<string, string> }
    const bytes = Buffer.from(response.response[part] ?? '', 'base64url')
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1
    const altered = { ...response, response: { ...response.response, [part]: bytes.toString('base64url') } }
    expect(await approve(id, altered as never)).toBe('NOT_PERMITTED')
    expect(await world.state(id)).toBe('pending')
    expect(world.entries('approval-refused')).toHaveLength(1)
  })

  test('if it signed for one action and a session is asked for', async () => {
    const { id } = await world.asked()
    const response = world.shown(ada, await optionsOf(id))
    const until = directory.clock.now() + 60_000
    const work = approvals().approve(id, { scope: 'session', until, response }, ada.principal)
    expect(await refusal(work)).toBe('NOT_PERMITTED')
  })

  test('if it did not verify the person', async () => {
    const { id } = await world.asked()
    expect(await refusal(world.approve(id, ada, { flags: FLAGS.present }))).toBe('NOT_PERMITTED')
  })

  test('if it is that of another person', async () => {
    const { id } = await world.asked()
    const options = await optionsOf(id)
    expect(await approve(id, world.shown(olga, options))).toBe('NOT_PERMITTED')
  })

  test('if it is used for the second time', async () => {
    const { id } = await world.asked({ approvers: ['owner', 'approver'] })
    const response = world.shown(ada, await optionsOf(id))
    const work = () => refusal(approvals().approve(id, { scope: 'once', response }, ada.principal))
    expect(await work()).toBeUndefined()
    expect(await work()).toBe('NOT_PERMITTED')
    expect(await world.state(id)).toBe('pending')
  })

  test('if its counter does not rise', async () => {
    const [first, second] = [await world.asked(), await world.asked()]
    const early = world.shown(ada, await optionsOf(first.id))
    await world.approve(second.id, ada)
    expect(await approve(first.id, early)).toBe('NOT_PERMITTED')
  })

  test.each([
    ['two persons have to approve', { approvers: ['owner', 'approver'] as ('owner' | 'approver')[] }, 'once' as const],
    ['a whole session is asked for', {}, 'session' as const],
  ])('if it can be copied and %s', async (_, changes, scope) => {
    const { id } = await world.asked(changes)
    const flags = FLAGS.present | FLAGS.verified | FLAGS.copyable
    const end = scope === 'session' ? { until: directory.clock.now() + 60_000 } : {}
    expect(await refusal(world.approve(id, ada, { flags, scope, ...end }))).toBe('NOT_PERMITTED')
    expect(await world.state(id)).toBe('pending')
  })
})

test('a passkey that can be copied is enough for one action of one person', async () => {
  const { id } = await world.asked()
  const flags = FLAGS.present | FLAGS.verified | FLAGS.copyable
  expect(await world.approve(id, ada, { flags })).toMatchObject({ state: 'approved' })
})

describe('a session', () => {
  test('is approved with an end, which the device learns', async () => {
    const { id } = await world.asked()
    const until = directory.clock.now() + 3_600_000
    expect(await world.approve(id, ada, { scope: 'session', until })).toMatchObject({ scopeUntil: until })
    expect(world.decisions()).toMatchObject([{ scope: 'session', until }])
  })

  test.each([
    ['no end', 'session', undefined],
    ['an end that is past', 'session', -1],
    ['an end after more than eight hours', 'session', 8 * 3_600_000 + 1],
    ['an end for one action', 'once', 60_000],
  ] as const)('is refused with %s', async (_, scope, in_) => {
    const { id } = await world.asked()
    const until = in_ === undefined ? {} : { until: directory.clock.now() + in_ }
    expect(await refusal(world.approve(id, ada, { scope, ...until }))).toBe('INPUT_MALFORMED')
  })
})

describe('who approves', () => {
  test('two persons, each once, where the owner and an approver are wanted', async () => {
    const { id } = await world.asked({ approvers: ['owner', 'approver'] })
    expect(await world.approve(id, olga)).toMatchObject({ state: 'pending', answers: [{ as: 'approver' }] })
    expect(await refusal(world.approve(id, olga))).toBe('NOT_PERMITTED')
    expect(world.decisions()).toEqual([])
    expect(await world.approve(id, ada)).toMatchObject({ state: 'approved' })
    expect(world.decisions()).toHaveLength(1)
  })

  test('not the owner in place of the approver, under any of their names', async () => {
    const { id } = await world.asked({ approvers: ['approver'] })
    const asAdministrator = await deciderFor(directory, await world.administrator('administrator', 'ADA'))
    expect(await refusal(world.approve(id, ada))).toBe('NOT_PERMITTED')
    expect(await refusal(world.approve(id, asAdministrator))).toBe('NOT_PERMITTED')
    expect(await world.approve(id, olga)).toMatchObject({ state: 'approved' })
  })

  test('not whose account runs the agent, where another person answers for it', async () => {
    const bob = await world.api.human('bob')
    const [registration] = await world.api.registrations()
    await directory.store.registrations.update({ ...registration, owner: bob.id } as never, {
      at: directory.clock.now(),
    })
    const { id } = await world.asked({ approvers: ['approver'] })
    const asOperator = await deciderFor(directory, await world.administrator('operator', 'ada'))
    expect(await refusal(world.approve(id, asOperator))).toBe('NOT_PERMITTED')
    const { id: forOwner } = await world.asked()
    expect(await refusal(world.approve(forOwner, ada))).toBe('NOT_PERMITTED')
    const owner = await deciderFor(directory, world.member(bob))
    expect(await world.approve(forOwner, owner)).toMatchObject({ state: 'approved' })
  })

  test.each(['viewer', 'auditor'] as const)('not a %s as an approver', async (role) => {
    const { id } = await world.asked({ approvers: ['approver'] })
    const eve = await deciderFor(directory, await world.administrator(role, 'eve'))
    expect(await refusal(world.approve(id, eve))).toBe('NOT_PERMITTED')
    expect(await refusal(approvals().deny(id, undefined, eve.principal))).toBe('NOT_PERMITTED')
  })

  test('not an administrator in place of the owner', async () => {
    const { id } = await world.asked()
    expect(await refusal(world.approve(id, olga))).toBe('NOT_PERMITTED')
  })

  test('an approver, where the agent has no owner', async () => {
    const { id } = await world.asked({ agent: undefined, action: { client: 'codex' } } as never)
    expect(await approvals().get(id, olga.principal)).toMatchObject({ approvers: ['approver'], product: 'codex' })
    expect(await refusal(world.approve(id, ada))).toBe('NOT_PERMITTED')
    expect(await world.approve(id, olga)).toMatchObject({ state: 'approved' })
  })
})

describe('a person without a role', () => {
  test('sees what concerns them, and nothing else', async () => {
    const eve = world.member(await world.api.human('eve'))
    const { id } = await world.asked()
    expect(await refusal(approvals().get(id, eve))).toBe('NOT_FOUND')
    expect((await approvals().list({}, eve)).items).toEqual([])
    expect((await approvals().list({}, ada.principal)).items).toMatchObject([{ id }])
  })
})

describe('an action does not wait any more', () => {
  test('once it was decided', async () => {
    const { id } = await world.asked()
    await world.approve(id, ada)
    expect(await refusal(world.approve(id, ada))).toBe('CONFLICT')
    expect(await refusal(approvals().deny(id, undefined, olga.principal))).toBe('CONFLICT')
    expect(await refusal(approvals().cancel(id, undefined, olga.principal))).toBe('CONFLICT')
    expect(world.decisions()).toHaveLength(1)
  })

  test('after two persons decided at once: the first of them did', async () => {
    const { id } = await world.asked()
    const options = await approvals().options(id, { scope: 'once' }, ada.principal)
    const outcomes = await Promise.all([
      refusal(approvals().approve(id, { scope: 'once', response: world.shown(ada, options) }, ada.principal)),
      refusal(approvals().deny(id, undefined, olga.principal)),
    ])
    expect(outcomes.toSorted()).toEqual(['CONFLICT', undefined])
    expect(world.decisions()).toHaveLength(1)
  })

  test('at its end, also for a passkey that was asked before', async () => {
    const { id } = await world.asked()
    const options = await approvals().options(id, { scope: 'once' }, ada.principal)
    directory.clock.jump(120_000)
    const work = approvals().approve(id, { scope: 'once', response: world.shown(ada, options) }, ada.principal)
    expect(await refusal(work)).toBe('CONFLICT')
    expect(await approvals().get(id, ada.principal)).toMatchObject({ state: 'expired', decidedBy: 'the directory' })
    expect((await approvals().list({ state: 'pending' }, ada.principal)).items).toEqual([])
    expect(world.entries('approval-expired')).toEqual([])
    await approvals().settle()
    expect(world.entries('approval-expired')).toHaveLength(1)
    expect([await world.state(id), world.decisions()]).toEqual(['expired', []])
  })
})

test('an agent that was suspended meanwhile is not let through', async () => {
  const { id } = await world.asked()
  const [registration] = await world.api.registrations()
  await directory.services.registrations.move(registration?.id ?? '', 'suspended', { reason: 'incident', by: BY })
  expect(await refusal(world.approve(id, ada))).toBe('CONFLICT')
  expect(await approvals().deny(id, undefined, ada.principal)).toMatchObject({ state: 'denied' })
})

test('an approval without a passkey is refused', async () => {
  const { id } = await world.asked({ approvers: ['approver'] })
  const root = await world.administrator('administrator', 'root-2')
  expect(await refusal(approvals().options(id, { scope: 'once' }, root))).toBe('CONFLICT')
})

test('a person who approves everything at once is flagged, once a day', async () => {
  for (let each = 0; each < 25; each++) {
    const { id } = await world.asked()
    await world.approve(id, ada)
    directory.clock.jump(500)
  }
  const rate = await approvals().rate(ada.principal)
  expect(rate).toMatchObject({ answers: 25, approved: 25, flagged: true })
  expect(world.entries('approver-flagged').map(world.entry)).toMatchObject([
    { subject: ada.principal.id, details: { answers: 20, approved: 20 } },
  ])
  expect(await approvals().rate(olga.principal)).toEqual({ answers: 0, approved: 0, flagged: false })
})

test('a person who looks at actions is not flagged', async () => {
  for (let each = 0; each < 21; each++) {
    const { id } = await world.asked()
    directory.clock.jump(5_000)
    await world.approve(id, ada)
  }
  expect(await approvals().rate(ada.principal)).toMatchObject({ answers: 21, medianMs: 5_000, flagged: false })
  expect(world.entries('approver-flagged')).toEqual([])
})
