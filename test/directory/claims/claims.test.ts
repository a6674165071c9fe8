import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'
import { ADA, agentOf, BY, claimApi, claimOf, codeIn, report, seedClaimant } from './claim-fixture.ts'

/** People decide about claims. */

let directory: TestDirectory
let api: ReturnType<typeof claimApi>
let device: string
// A fresh directory for each test: which claims were taken in is in memory.
beforeEach(async () => {
  directory = await startTestDirectory()
  api = claimApi(directory)
  device = await seedClaimant(directory)
  directory.connected.add(device)
})
afterEach(() => directory[Symbol.asyncDispose]())

/** A claim that waits. */
async function claimed(changes: Parameters<typeof claimOf>[0] = {}): Promise<string> {
  const claim = claimOf(changes)
  await report(directory, device, { agentClaims: [claim] })
  return claim.id
}

/** What a decision would have left behind. */
const nothingDone = async () => ({
  registrations: (await api.registrations()).length,
  resulted: directory.resulted,
  account: (await directory.store.accounts.of(device, ADA.id))?.state,
})

test('an accepted claim becomes an active registration, and the device learns it', async () => {
  const grace = await api.human('grace')
  const ada = await api.human('ada@example.org', grace.id)
  await api.confirm(device, ada.id)
  const until = directory.clock.now() + 86_400_000
  const id = await claimed({ name: 'My helper', until })
  expect(await api.get(id)).toMatchObject({
    id,
    state: 'pending',
    device,
    user: ADA,
    human: ada.id,
    humanName: 'ada@example.org',
    manager: 'grace',
    product: 'claude-code',
    purpose: 'refactors',
    name: 'My helper',
    until,
    claimedAt: 1_000,
  })
  const answer = await askDocumented(directory, 'POST', 'acceptClaim', `/claims/${id}/accept`, { reason: 'fine' })
  const [registration] = await api.registrations()
  expect(answer.json).toMatchObject({
    state: 'accepted',
    decidedBy: 'administrator',
    reason: 'fine',
    registration: registration?.id,
  })
  expect(registration).toMatchObject({
    name: 'My helper',
    state: 'active',
    owner: ada.id,
    purpose: 'refactors',
    expiresAt: until,
    criteria: { products: ['claude-code'], device, human: ada.id },
    creator: { person: { name: 'administrator' }, device },
  })
  const seen = { device, item: 'claude-code', userId: ADA.id }
  expect(await directory.store.seen.at(seen)).toMatchObject({ state: 'registered', registration: registration?.id })
  expect(directory.resulted).toEqual([device])
  expect(await directory.services.claims.decisions(device)).toEqual([
    {
      claim: id,
      outcome: 'accepted',
      by: 'administrator',
      reason: 'fine',
      registration: registration?.id,
      time: expect.any(Number),
    },
  ])
  expect((await api.kinds()).slice(0, 3)).toEqual(['claim-accepted', 'agent-claimed', 'account-confirmed'])
})

test('an acceptance confirms whose account it is, all in one', async () => {
  const ada = await api.human('ada')
  const id = await claimed()
  expect(codeIn(await api.accept(id))).toBe('409 CONFLICT')
  expect((await api.accept(id, { human: 'ada', name: 'Helper' })).status).toBe(200)
  expect(await directory.store.accounts.of(device, ADA.id)).toMatchObject({ state: 'confirmed', human: ada.id })
  expect(await api.registrations()).toMatchObject([{ name: 'Helper', owner: ada.id }])
})

test('a refusal needs a reason, which the device learns', async () => {
  const id = await claimed()
  expect(codeIn(await api.refuse(id, ' '))).toBe('400 INPUT_MALFORMED')
  const answer = await askDocumented(directory, 'POST', 'refuseClaim', `/claims/${id}/refuse`, { reason: 'use codex' })
  expect(answer.json).toMatchObject({ state: 'refused', reason: 'use codex', decidedBy: 'administrator' })
  expect(await directory.services.claims.decisions(device)).toMatchObject([
    { claim: id, outcome: 'refused', reason: 'use codex' },
  ])
  expect([await api.registrations(), directory.resulted]).toEqual([[], [device]])
})

describe('who decides', () => {
  beforeEach(async () => {
    const grace = await api.human('Grace@example.org')
    await api.confirm(device, (await api.human('ada', grace.id)).id)
  })

  test.each([
    ['operator', 'olga', 200],
    ['administrator', 'root', 200],
    ['viewer', 'grace@EXAMPLE.org', 200],
    ['auditor', 'grace@example.org', 200],
    ['viewer', 'mallory', 403],
    ['auditor', 'mallory', 403],
    ['operator', 'ADA', 403],
    ['administrator', 'ada', 403],
    ['viewer', 'ada', 403],
  ] as const)('%s %s: %d', async (role, name, status) => {
    const token = await api.tokenOf(role, name)
    const id = await claimed()
    expect((await api.accept(id, {}, token)).status).toBe(status)
    if (status !== 200) expect(codeIn(await api.refuse(id, 'no', token))).toBe('403 NOT_PERMITTED')
    expect((await api.get(id)).state).toBe(status === 200 ? 'accepted' : 'pending')
  })

  test('no person decides their own claim under their e-mail, also if two humans have it', async () => {
    const [ada] = await directory.store.humans.allNamed('ada')
    await directory.services.humans.change(ada?.id ?? '', { email: 'ada@example.org' }, BY)
    await directory.services.humans.add({ userName: 'twin', email: 'ada@example.org' }, BY)
    expect(codeIn(await api.accept(await claimed(), {}, await api.tokenOf('administrator', 'ada@example.org')))).toBe(
      '403 NOT_PERMITTED',
    )
  })

  test('a manager who is deactivated decides no more', async () => {
    const token = await api.tokenOf('viewer', 'grace@example.org')
    const [grace] = await directory.store.humans.allNamed('grace@example.org')
    await directory.services.departures.deactivate(grace?.id ?? '', BY, { reason: 'left' })
    expect(codeIn(await api.accept(await claimed(), {}, token))).toBe('403 NOT_PERMITTED')
  })

  test('a manager does not decide for an account that is not confirmed', async () => {
    const token = await api.tokenOf('viewer', 'grace@example.org')
    await directory.services.accounts.release({ device, user: ADA.id, reason: 'wrong' }, BY)
    expect(codeIn(await api.accept(await claimed(), { human: 'ada' }, token))).toBe('403 NOT_PERMITTED')
  })
})

test('whose account it is only an administrator confirms, and not as their own', async () => {
  await api.human('ada')
  const id = await claimed()
  expect(codeIn(await api.accept(id, { human: 'ada' }, await api.tokenOf('operator')))).toBe('403 NOT_PERMITTED')
  expect(codeIn(await api.accept(id, { human: 'ada' }, await api.tokenOf('administrator', 'ada')))).toBe(
    '403 NOT_PERMITTED',
  )
  expect(await nothingDone()).toEqual({ registrations: 0, resulted: [], account: 'unassigned' })
})

describe('a claim that cannot be accepted stays, and nothing is half written', () => {
  test.each([
    ['nobody of that name', { human: 'nobody' }, '404 NOT_FOUND'],
    ['a name that cannot be seen', { human: 'ada', name: '\u200b' }, '400 INPUT_MALFORMED'],
    ['a human who is deactivated', { human: 'gone' }, '409 CONFLICT'],
  ])('%s', async (_, body, code) => {
    await api.human('ada')
    const gone = await api.human('gone')
    await directory.services.departures.deactivate(gone.id, BY, { reason: 'left' })
    const id = await claimed()
    expect(codeIn(await api.accept(id, body))).toBe(code)
    expect(await nothingDone()).toEqual({ registrations: 0, resulted: [], account: 'unassigned' })
    expect((await api.get(id)).state).toBe('pending')
  })

  test('an owner who is deactivated before it is accepted', async () => {
    const ada = await api.human('ada')
    await api.confirm(device, ada.id)
    const id = await claimed()
    await directory.services.departures.deactivate(ada.id, BY, { reason: 'left' })
    expect(codeIn(await api.accept(id))).toBe('409 CONFLICT')
    expect(await nothingDone()).toMatchObject({ registrations: 0, resulted: [] })
    expect((await api.refuse(id, 'left')).status).toBe(200)
  })

  test('another human than the one whose account it is', async () => {
    await api.human('bob')
    await api.confirm(device, (await api.human('ada')).id)
    const id = await claimed()
    expect(codeIn(await api.accept(id, { human: 'bob' }))).toBe('409 CONFLICT')
    expect(await nothingDone()).toMatchObject({ registrations: 0, resulted: [] })
    expect((await api.accept(id, { human: 'ada' })).status).toBe(200)
  })

  test('an end that is over', async () => {
    await api.confirm(device, (await api.human('ada')).id)
    const id = await claimed({ until: directory.clock.now() + 1_000 })
    await directory.clock.advance(2_000)
    expect(codeIn(await api.accept(id))).toBe('409 CONFLICT')
    expect(await nothingDone()).toMatchObject({ registrations: 0, resulted: [] })
  })

  test('a device that was retired', async () => {
    await api.confirm(device, (await api.human('ada')).id)
    const id = await claimed()
    await directory.store.devices.retire(device)
    expect(codeIn(await api.accept(id))).toBe('409 DEVICE_RETIRED')
    expect(await nothingDone()).toMatchObject({ registrations: 0, resulted: [] })
  })

  test('an agent that is registered already', async () => {
    await api.confirm(device, (await api.human('ada')).id)
    expect((await api.accept(await claimed())).status).toBe(200)
    expect(codeIn(await api.accept(await claimed()))).toBe('409 CONFLICT')
    expect(await api.registrations()).toHaveLength(1)
  })

  test('a registration that the database refuses takes the confirmed account back', async () => {
    const ada = await api.human('ada')
    const id = await claimed()
    // As if the human left between the question and the write.
    const { add } = directory.store.registrations
    directory.store.registrations.add = async (registration) => {
      await directory.store.humans.update({ ...ada, status: 'deactivated', deactivatedAt: 1, changedAt: 1 })
      return add(registration)
    }
    expect(codeIn(await api.accept(id, { human: 'ada' }))).toMatch(/^409 /)
    expect(await nothingDone()).toEqual({ registrations: 0, resulted: [], account: 'unassigned' })
    expect((await api.get(id)).state).toBe('pending')
  })
})

test.each([
  ['\u001b[2J\u202eevil', 'agent of ada'],
  ['Deskbot', 'unknown/Deskbot of ada'],
  ['x'.repeat(200), `unknown/${'x'.repeat(92)} of ada`],
])('an agent that no catalogue knows, called %j, is registered as %s', async (name, registered) => {
  const sighting = agentOf(ADA, { id: 'e'.repeat(32), name, catalogueId: '' })
  await report(directory, device, { sightings: { mode: 'delta', items: [sighting], gone: [] } })
  await api.confirm(device, (await api.human('ada')).id)
  const id = await claimed({ sighting: sighting.id, product: name })
  expect((await api.accept(id)).status).toBe(200)
  expect(await api.registrations()).toMatchObject([{ name: registered, criteria: { products: [`unknown/${name}`] } }])
  expect(await directory.store.seen.at({ device, item: `unknown/${name}`, userId: ADA.id })).toMatchObject({
    state: 'registered',
  })
})

test('a claim is decided once', async () => {
  await api.confirm(device, (await api.human('ada')).id)
  const id = await claimed()
  expect((await api.accept(id)).status).toBe(200)
  expect(codeIn(await api.accept(id))).toBe('409 CONFLICT')
  expect(codeIn(await api.refuse(id))).toBe('409 CONFLICT')
  expect((await api.get(id)).state).toBe('accepted')
})

test('lists claims by any spelling of their person, and of the owner of the device', async () => {
  const id = await claimed()
  const { id: ada } = (await directory.services.humans.add({ userName: 'lovelace', email: 'alice@example.org' }, BY))
    .human
  const listed = async (query: string) =>
    ((await api.ask('GET', `/claims?${query}`)).json as { items: { id: string }[] }).items.map((one) => one.id)
  await api.confirm(device, ada)
  for (const person of ['lovelace', 'LOVELACE', 'Alice@example.org', ada, ada.slice(0, 8)]) {
    expect([person, await listed(`user=${person}`)]).toEqual([person, [id]])
    expect([person, await listed(`owner=${person}`)]).toEqual([person, [id]])
  }
  expect(await listed('user=ada')).toEqual([id])
  expect(await listed('owner=ada')).toEqual([])
  expect(await listed('user=lovelace&owner=alice@example.org&product=claude-code&state=pending')).toEqual([id])
  expect(await listed('user=lovelace&product=codex')).toEqual([])
  expect(await listed('search=CLAUDE')).toEqual([id])
})

test('lists claims newest first, in pages, by state, device and name', async () => {
  const ids = [await claimed()]
  for (let at = 0; at < 4; at++) {
    await api.refuse(ids[0] ?? '')
    ids.unshift(await claimed())
  }
  const listed = async (query: string) => {
    const { json } = await askDocumented(directory, 'GET', 'listClaims', `/claims${query}`)
    return (json as { items: { id: string }[] }).items.map(({ id }) => id)
  }
  expect(await listed('')).toEqual(ids)
  const { json } = await api.ask('GET', '/claims?limit=2')
  const { next } = json as { next: string }
  expect(await listed(`?limit=2&cursor=${next}`)).toEqual(ids.slice(2, 4))
  expect(await listed('?state=pending')).toEqual(ids.slice(0, 1))
  expect(await listed(`?device=${device}&state=refused`)).toEqual(ids.slice(1))
  expect(await listed(`?device=${newTestId('dev')}`)).toEqual([])
  expect(await listed(`?named=${ids[2]}`)).toEqual([ids[2]])
  expect(await listed(`?named=${device}`)).toEqual(ids)
  expect(await listed('?named=nowhere')).toEqual([])
})

test('of two decisions at once one counts', async () => {
  const ada = await api.human('ada')
  await api.confirm(device, ada.id)
  const id = await claimed()
  const decide = (verb: string) =>
    directory.ask('POST', `/api/v1/claims/${id}/${verb}`, { token: directory.token, body: { reason: 'r' } })
  const both = await Promise.all([decide('accept'), decide('refuse')])
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
  const { state } = await api.get(id)
  expect(await api.registrations()).toHaveLength(state === 'accepted' ? 1 : 0)
})
