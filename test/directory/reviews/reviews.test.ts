import { reviews as reviewsOf } from '../../../src/directory/reviews/reviews.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import type { ReviewedAgent, ReviewRequest, ReviewView } from '../../../src/protocol/nouns/agents/reviews.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'
import { deactivate, type RegistrationApi } from '../registrations/registration-fixture.ts'
import { codeIn } from '../stops/stop-fixture.ts'
import {
  agent,
  answers,
  DAY,
  events,
  OPERATOR,
  openReviews,
  outcomes,
  pass,
  post,
  request,
  start,
  stateOf,
  tokenOf,
  work,
} from './review-fixture.ts'

let directory: TestDirectory
let api: RegistrationApi
let ada: string
let bob: string
beforeEach(async () => {
  ;({ directory, api, ada, bob } = await openReviews())
})
afterEach(() => directory[Symbol.asyncDispose]())

test('owners answer, and answers and silence are carried out when the review is due', async () => {
  const [kept, suspended, ended, silent] = [
    ...[await agent('kept'), await agent('suspended'), await agent('ended'), await agent('silent', 'bob')],
  ] as const
  const answered = await askDocumented(directory, 'POST', 'startReview', '/reviews', request())
  const review = answered.json as ReviewView
  expect(review).toMatchObject({ state: 'starting', covers: {}, discarded: false, answers: { silent: 0 } })
  await work()
  const token = await tokenOf('ADA')
  for (const [id, answer] of [
    [kept, 'end'],
    [kept, 'keep'],
    [suspended, 'suspend'],
    [ended, 'end'],
  ] as const) {
    const { json } = await answers(review, id, answer, token)
    expect(json).toMatchObject({ answer, onBehalf: false, answeredBy: { name: 'ADA' }, outcome: 'waiting' })
  }
  // Nothing becomes of an agent before the review is over.
  expect(await Promise.all([kept, suspended, ended, silent].map(stateOf))).toEqual([
    'active',
    'active',
    'active',
    'active',
  ])
  expect((await askDocumented(directory, 'GET', 'getReview', `/reviews/${review.id}`)).json).toMatchObject({
    state: 'open',
    answers: { silent: 1, keep: 1, suspend: 1, end: 1 },
    outcomes: { waiting: 4 },
  })
  await pass(14 * DAY)
  const at = directory.clock.now()
  expect(await Promise.all([kept, suspended, ended, silent].map(stateOf))).toEqual([
    'active',
    'suspended',
    'retiring',
    'suspended',
  ])
  expect((await directory.store.registrations.get(kept))?.reviewAt).toBe(at + 90 * DAY)
  expect((await directory.store.registrations.get(silent))?.stateReason).toBe(`review ${review.id}: nobody answered`)
  expect((await directory.store.registrations.get(ended))?.stateReason).toBe(`review ${review.id}: answered by ADA`)
  expect(await directory.services.reviews.get(review.id)).toMatchObject({
    state: 'closed',
    closedAt: at,
    discarded: false,
    outcomes: { waiting: 0, kept: 1, suspended: 2, retired: 1, ended: 0, failed: 0 },
  })
  expect(await events('review-started')).toMatchObject([
    { facts: { review: review.id, name: 'Q1', silence: 'suspend' } },
  ])
  expect((await events('review-answered')).length).toBe(4)
  expect(await events('review-silence')).toMatchObject([{ facts: { agent: silent, outcome: 'suspended', owner: bob } }])
  expect(await events('review-closed')).toMatchObject([{ facts: { silent: 1, keep: 1, suspend: 1, end: 1 } }])
  const listed = await askDocumented(directory, 'GET', 'listReviewedAgents', `/reviews/${review.id}/agents?owner=bob`)
  expect(listed.json).toMatchObject({ items: [{ registration: silent, ownerAtStart: bob }] })
  for (const [query, names] of [
    ['answer=keep', ['kept']],
    ['outcome=suspended', ['suspended', 'silent']],
    ['answer=silent&outcome=suspended', ['silent']],
    ['answer=keep&outcome=suspended', []],
    ['owner=ada&outcome=suspended', ['suspended']],
  ] as const) {
    const found = (await api.ask('GET', `/reviews/${review.id}/agents?${query}`)).json as { items: ReviewedAgent[] }
    expect([query, found.items.map(({ name }) => name)]).toEqual([query, names])
  }
})

test.each([
  ['keep', 'kept', 'active'],
  ['suspend', 'suspended', 'suspended'],
  ['retire', 'retired', 'retiring'],
] as const)('silence can %s', async (silence, outcome, state) => {
  const id = await agent('one')
  const review = await start({ silence })
  await pass(14 * DAY)
  expect([await outcomes(review), await stateOf(id)]).toEqual([[['one', 'silent', outcome]], state])
})

test('a review covers a product, an owner or a group, and only what is active', async () => {
  await agent('a')
  await agent('b', 'bob')
  await agent('c', 'bob', 'amp')
  await api.created({ name: 'waits', owner: 'ada' })
  const group = (await directory.services.groups.add({ name: 'Payments' }, OPERATOR)).id
  await directory.store.groups.addMember(group, bob)
  const covered = async (covers: ReviewRequest['covers']) =>
    (await outcomes(await start({ covers }))).map(([name]) => name)
  expect(await covered({})).toEqual(['a', 'b', 'c'])
  expect(await covered({ product: 'codex' })).toEqual(['a', 'b'])
  expect(await covered({ owner: 'BOB' })).toEqual(['b', 'c'])
  expect(await covered({ group: 'payments' })).toEqual(['b', 'c'])
  for (const [covers, agents, owners] of [
    [{}, 3, 2],
    [{ group }, 2, 1],
    [{ product: 'nothing' }, 0, 0],
  ] as const) {
    expect((await post('/impact', { covers })).json).toEqual({ agents, owners })
  }
  const page = (await api.ask('GET', '/reviews?limit=2&state=open')).json as { items: ReviewView[]; next: string }
  expect([page.items.length, page.items[0]?.covers]).toEqual([2, { group }])
  const rest = (await api.ask('GET', `/reviews?limit=2&cursor=${page.next}`)).json as { items: ReviewView[] }
  expect(rest.items.map(({ covers }) => covers)).toEqual([{ product: 'codex' }, {}])
})

test('a review that cannot be is refused, and nothing is written', async () => {
  await agent('a')
  const group = (await directory.services.groups.add({ name: 'Empty' }, OPERATOR)).id
  const now = directory.clock.now()
  const refused: readonly (readonly [Partial<ReviewRequest> | object, number, string])[] = [
    [{ dueAt: now }, 400, 'INPUT_MALFORMED'],
    [{ dueAt: now - DAY }, 400, 'INPUT_MALFORMED'],
    [{ name: '\u202e' }, 400, 'INPUT_MALFORMED'],
    [{ covers: { product: 'codex', owner: 'ada' } }, 400, 'INPUT_MALFORMED'],
    [{ covers: { product: 'nothing' } }, 404, 'NOT_FOUND'],
    [{ covers: { owner: 'nobody' } }, 404, 'NOT_FOUND'],
    [{ covers: { owner: 'bob' } }, 404, 'NOT_FOUND'],
    [{ covers: { group: 'nobody' } }, 404, 'NOT_FOUND'],
    [{ covers: { group } }, 404, 'NOT_FOUND'],
  ]
  for (const [changes, status, code] of refused) {
    const answer = await post('', { ...request(), ...changes })
    expect([changes, answer.status, codeIn(answer)]).toEqual([changes, status, code])
  }
  expect([(await directory.store.reviews.list({ limit: 9 })).items, await events('review-started')]).toEqual([[], []])
})

test('the same request with the same key starts one review', async () => {
  await agent('a')
  const ask = () =>
    directory.ask('POST', '/api/v1/reviews', { body: request(), headers: { 'idempotency-key': '"one"' } })
  const [first, again] = [await ask(), await ask()]
  expect([first.status, again.text]).toEqual([201, first.text])
  expect((await directory.store.reviews.list({ limit: 9 })).items.length).toBe(1)
})

test('who does not own the agent now may not answer, and an operator answers on behalf', async () => {
  const id = await agent('a')
  const review = await start()
  const [asAda, asBob, auditor] = [await tokenOf('ada'), await tokenOf('bob'), await tokenOf('aud', 'auditor')]
  for (const token of [asBob, auditor]) {
    expect(codeIn(await answers(review, id, 'keep', token))).toBe('NOT_PERMITTED')
  }
  // A service never owns anything.
  const { token } = await directory.services.principals.add(
    { name: 'ada', kind: 'service', role: 'read', ttlMs: DAY },
    'adm',
  )
  expect((await answers(review, id, 'keep', token)).status).toBe(403)
  // An administrator who is called as the address of a human is not that human.
  expect((await answers(review, id, 'keep', await tokenOf('ada@example.org'))).status).toBe(403)
  expect(await outcomes(review)).toEqual([['a', 'silent', 'waiting']])
  expect((await answers(review, id, 'keep', await tokenOf('olga', 'operator'))).json).toMatchObject({ onBehalf: true })
  expect(await events('review-answered')).toMatchObject([{ facts: { onBehalf: true, owner: ada } }])
  await directory.services.registrations.transfer(id, 'bob', { reason: 'r', by: OPERATOR })
  expect((await answers(review, id, 'end', asAda)).status).toBe(403)
  expect((await answers(review, id, 'suspend', asBob)).json).toMatchObject({ owner: bob, ownerAtStart: ada })
  await directory.services.registrations.transfer(id, 'ada', { reason: 'r', by: OPERATOR })
  await deactivate(directory, bob)
  expect((await answers(review, id, 'end', asBob)).status).toBe(403)
  expect(await outcomes(review)).toEqual([['a', 'suspend', 'waiting']])
})

test('an answer that cannot be is refused with its reason', async () => {
  const id = await agent('a')
  const other = await api.created({ name: 'not in it', owner: 'ada' })
  const gone = await agent('gone')
  const review = await start()
  await api.move(gone, 'retiring')
  const nowhere = { ...review, id: newTestId('rev') }
  const told = async (of: ReviewView, registration: string, answer = 'keep') => {
    const said = await answers(of, registration, answer)
    return [said.status, codeIn(said)]
  }
  expect(await told(nowhere, id)).toEqual([404, 'NOT_FOUND'])
  expect(await told(review, other.id)).toEqual([404, 'NOT_FOUND'])
  expect(await told(review, newTestId('agt'))).toEqual([404, 'NOT_FOUND'])
  expect(await told(review, gone)).toEqual([409, 'CONFLICT'])
  // Due, and not carried out yet.
  directory.clock.jump(14 * DAY)
  expect(await told(review, id)).toEqual([409, 'CONFLICT'])
  await work()
  expect(await told(review, id)).toEqual([409, 'CONFLICT'])
  expect([await outcomes(review), await events('review-answered')]).toEqual([
    [
      ['a', 'silent', 'suspended'],
      ['gone', 'silent', 'ended'],
    ],
    [],
  ])
  for (const path of [
    `/reviews/${nowhere.id}`,
    `/reviews/${nowhere.id}/agents`,
    `/reviews/${review.id}/agents?owner=x`,
  ])
    expect([path, (await api.ask('GET', path)).status]).toEqual([path, 404])
})

test('a review is ended early, carried out or discarded, once', async () => {
  const id = await agent('a')
  const [carried, discarded] = [await start(), await start({ silence: 'retire' })]
  const close = (review: ReviewView, what: string) => post(`/${review.id}/close`, { what, reason: 'r' })
  expect((await close(discarded, 'discard')).json).toMatchObject({
    state: 'closed',
    discarded: true,
    closeReason: 'r',
    closedBy: { name: 'administrator' },
  })
  expect((await close(carried, 'carry-out')).json).toMatchObject({ state: 'closing' })
  expect(codeIn(await close(carried, 'discard'))).toBe('CONFLICT')
  await work()
  for (const review of [carried, discarded]) {
    expect(codeIn(await close(review, 'carry-out'))).toBe('CONFLICT')
    expect(codeIn(await close(review, 'discard'))).toBe('CONFLICT')
    expect(codeIn(await answers(review, id, 'keep'))).toBe('CONFLICT')
  }
  expect((await close({ ...carried, id: newTestId('rev') }, 'discard')).status).toBe(404)
  await pass(30 * DAY)
  expect([await outcomes(carried), await outcomes(discarded), await stateOf(id)]).toEqual([
    [['a', 'silent', 'suspended']],
    [['a', 'silent', 'waiting']],
    'suspended',
  ])
})

test('two reviews of one agent each count their own, and the later review date stays', async () => {
  const id = await agent('a')
  const [one, two] = [
    await start({ nextReviewMs: 200 * DAY }),
    await start({ dueAt: directory.clock.now() + 20 * DAY }),
  ]
  await answers(one, id, 'keep')
  await pass(14 * DAY)
  const later = (await directory.store.registrations.get(id))?.reviewAt
  expect((await directory.services.reviews.get(two.id)).answers).toMatchObject({ silent: 1, keep: 0 })
  await answers(two, id, 'keep')
  await pass(6 * DAY)
  expect([(await directory.store.registrations.get(id))?.reviewAt, await outcomes(two)]).toEqual([
    later,
    [['a', 'keep', 'kept']],
  ])
})

test('a clock that is set back does not open a review again', async () => {
  const id = await agent('a')
  const review = await start()
  directory.clock.jump(14 * DAY)
  // Only that it is over is written when the clock is set back.
  await directory.services.reviews.workSome()
  directory.clock.jump(-370 * DAY)
  expect(codeIn(await answers(review, id, 'keep'))).toBe('CONFLICT')
  await work()
  expect(await outcomes(review)).toEqual([['a', 'silent', 'suspended']])
  expect(codeIn(await answers(review, id, 'keep'))).toBe('CONFLICT')
})

test('what is refused is kept with its code, recorded, and holds nothing up', async () => {
  const [first, second, third] = [await agent('first'), await agent('second'), await agent('third')]
  const { store, clock, services } = directory
  const refusing = reviewsOf({
    store,
    clock,
    changes: new Changes(),
    random: (size) => new Uint8Array(size),
    registrations: {
      change: (...args) => services.registrations.change(...args),
      async move(id, to, act) {
        const moved = await services.registrations.move(id, to, act)
        // Half done, then refused by the lifecycle.
        return id === third ? moved : await services.registrations.move(id, to, act)
      },
    },
  })
  const review = await start()
  await answers(review, first, 'end')
  clock.jump(14 * DAY)
  while (await refusing.workSome());
  expect(await Promise.all([first, second, third].map(stateOf))).toEqual(['active', 'active', 'suspended'])
  expect(await outcomes(review)).toEqual([
    ['first', 'end', 'failed', 'TRANSITION_REFUSED'],
    ['second', 'silent', 'failed', 'TRANSITION_REFUSED'],
    ['third', 'silent', 'suspended'],
  ])
  expect(await events('review-failed')).toMatchObject([{ facts: { agent: first, code: 'TRANSITION_REFUSED' } }])
  expect((await events('review-silence')).map(({ facts }) => facts)).toMatchObject([
    { agent: third },
    { agent: second },
  ])
  expect(await services.reviews.get(review.id)).toMatchObject({
    state: 'closed',
    outcomes: { failed: 2, suspended: 1 },
  })
})

test('a quarantined agent stays so, a suspended one that is kept is not activated', async () => {
  const [held, kept] = [await agent('held'), await agent('kept')]
  const review = await start()
  await api.move(held, 'quarantined')
  await api.move(kept, 'suspended')
  await answers(review, kept, 'keep')
  await pass(14 * DAY)
  expect(await Promise.all([held, kept].map(stateOf))).toEqual(['quarantined', 'suspended'])
  expect(await outcomes(review)).toEqual([
    ['held', 'silent', 'suspended'],
    ['kept', 'keep', 'kept'],
  ])
})

test('commands start, list, show, answer and close', async () => {
  await agent('nightly')
  const run = (...args: readonly string[]) => runCommand(directory, ['reviews', ...args])
  const common = ['start', 'first quarter', '--silence', 'suspend']
  expect(await run(...common, '--all', '--dry-run')).toMatchObject({
    out: 'the review would cover 1 agent of 1 owner\n',
  })
  expect(await run('list')).toMatchObject({ exitCode: 0, err: 'no reviews\n' })
  for (const wrong of [
    common,
    [...common, '--all', '--product', 'codex'],
    ['start', 'q', '--all'],
    [...common, '--all', '--due', 'soon'],
    ['show', 'first quarter'],
    ['answer', 'first quarter', 'nightly', 'perhaps'],
  ]) {
    const { exitCode, err, out } = await run(...wrong)
    expect([wrong, exitCode === 0, out, err === '']).toEqual([wrong, false, '', false])
  }
  expect((await run(...common, '--all', '--due', '7d')).out).toMatch(/^the review rev_\S+ has started; owners answer/)
  await work()
  expect((await run('answer', 'first quarter', 'nightly', 'keep', '--note', 'ab')).out).toMatch(
    /^agt_\S+: keep, recorded for ada N\.; it is carried out when the review is over\n$/,
  )
  directory.database.exec("UPDATE review_items SET note = 'a\u001b[31mb'")
  expect((await run('list', '--state', 'open')).out).toContain('1 of 1')
  const { out } = await run('show', 'First Quarter', '--owner', 'ada')
  expect(out).toMatch(/Answers +keep 1\n/)
  expect(out).toContain('keep by administrator for the owner')
  expect(out).not.toContain('\u001b')
  expect((await run('close', 'first quarter', '--reason', 'r')).exitCode).not.toBe(0)
  expect((await run('close', 'first quarter', '--reason', 'r', '--yes')).out).toMatch(/is closing\n$/)
  await work()
  const shown = JSON.parse((await run('show', 'first quarter', '--json')).out) as { agents: ReviewedAgent[] }
  expect(shown.agents).toMatchObject([{ outcome: 'kept' }])
})
