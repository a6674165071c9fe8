import type { Mine } from '../../../src/protocol/nouns/people/mine.ts'
import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { startTestConsole, type TestConsole } from '../../support/directory/test-console.ts'
import { BY, claimApi, claimOf, report, seedClaimant } from '../claims/claim-fixture.ts'

/** What people of the register see and answer at the console, who administer nothing. */

let directory: TestDirectory
let console: TestConsole
beforeEach(async () => {
  directory = await startTestDirectory()
  console = await startTestConsole(directory)
})
afterEach(async () => {
  await console[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** A person who has signed in. */
async function member(human: string) {
  const { secret } = await directory.services.signIn.sessions.begin(human, 'passkey', { address: '::1', userAgent: '' })
  const cookie = { cookie: `surety=${secret}` }
  const { csrf } = Object((await console.ask('GET', '/sign-in/state', { headers: cookie })).json).signedIn
  const ask = (method: string, path: string, body?: object) =>
    console.ask(method, `/api/v1${path}`, {
      headers: { ...cookie, 'x-surety-csrf': csrf },
      ...(body === undefined ? {} : { body }),
    })
  return { ask, mine: async () => (await ask('GET', '/mine')).json as Mine }
}

async function people() {
  const api = claimApi(directory)
  const bob = await api.human('bob')
  const ada = await api.human('ada', bob.id)
  const eve = await api.human('eve')
  return { api, ada, bob, eve }
}

async function registered(owner: string, successor?: string) {
  const { id } = await directory.services.registrations.create(
    {
      name: 'nightly',
      purpose: 'tests',
      criteria: { products: ['codex'] },
      owner,
      state: 'active',
      ...(successor === undefined ? {} : { successor }),
    },
    { person: BY },
  )
  return id
}

test('a manager sees and decides the claims of their people, and others do not', async () => {
  const { api, ada, bob, eve } = await people()
  const device = await seedClaimant(directory, 'mine')
  const claim = claimOf()
  await report(directory, device, { agentClaims: [claim] })
  const manager = await member(bob.id)
  expect((await manager.mine()).claims.items).toEqual([])
  await api.confirm(device, ada.id)
  expect(await manager.mine()).toMatchObject({
    person: { human: { id: bob.id } },
    claims: { items: [{ id: claim.id, purpose: 'refactors' }], more: false },
    waiting: 1,
  })
  for (const other of [ada.id, eve.id]) {
    const they = await member(other)
    expect((await they.mine()).claims.items).toEqual([])
    expect((await they.ask('POST', `/claims/${claim.id}/accept`, {})).status).toBe(403)
    expect((await they.ask('POST', `/claims/${claim.id}/refuse`, { reason: 'no' })).status).toBe(403)
  }
  expect((await manager.ask('GET', `/claims/${claim.id}`)).status).toBe(403)
  expect((await manager.ask('POST', `/claims/${claim.id}/accept`, {})).status).toBe(200)
  expect((await manager.mine()).waiting).toBe(0)
  const [accepted] = await directory.store.events.list({ kind: 'claim-accepted', limit: 1 })
  expect(accepted).toMatchObject({ actor: bob.id, actorName: 'bob' })
})

test('a person with another manager is not decided for by the one before', async () => {
  const { api, ada, bob, eve } = await people()
  const device = await seedClaimant(directory, 'mine')
  const claim = claimOf()
  await report(directory, device, { agentClaims: [claim] })
  await api.confirm(device, ada.id)
  const manager = await member(bob.id)
  await directory.services.humans.change(ada.id, { manager: eve.id }, BY)
  expect((await manager.mine()).claims.items).toEqual([])
  expect((await manager.ask('POST', `/claims/${claim.id}/accept`, {})).status).toBe(403)
})

test('a successor sees what they may accept, and accepts it for themselves only', async () => {
  const { ada, bob, eve } = await people()
  const id = await registered(ada.id, bob.id)
  const [successor, owner, other] = [await member(bob.id), await member(ada.id), await member(eve.id)]
  expect((await successor.mine()).successions).toEqual({
    items: [{ id, name: 'nightly', owner: ada.id, ownerName: 'ada' }],
    more: false,
  })
  for (const they of [owner, other]) {
    expect((await they.mine()).successions.items).toEqual([])
    expect((await they.ask('POST', `/registrations/${id}/acceptance`, { what: 'succession' })).status).toBe(403)
  }
  expect((await successor.ask('POST', `/registrations/${id}/acceptance`, { what: 'registration' })).status).toBe(403)
  expect((await successor.ask('POST', `/registrations/${id}/acceptance`, { what: 'succession' })).status).toBe(200)
  expect((await successor.mine()).waiting).toBe(0)
})

test('an owner answers a review of their agents, and other members do not', async () => {
  const { ada, bob } = await people()
  const registration = await registered(ada.id)
  const dueAt = directory.clock.now() + 86_400_000
  const { id } = await directory.services.reviews.start({ name: 'Q4', covers: {}, dueAt, silence: 'suspend' }, BY)
  while (await directory.services.reviews.workSome()) {
    // Its agents are collected in steps.
  }
  const [owner, other] = [await member(ada.id), await member(bob.id)]
  expect((await owner.mine()).reviews.items).toMatchObject([
    { id, name: 'Q4', dueAt, silence: 'suspend', agents: { items: [{ registration, answer: 'silent' }], more: false } },
  ])
  expect((await other.mine()).reviews.items).toEqual([])
  const answer = { registration, answer: 'keep' }
  expect((await other.ask('POST', `/reviews/${id}/answers`, answer)).status).toBe(403)
  expect((await owner.ask('POST', `/reviews/${id}/answers`, answer)).status).toBe(200)
  expect((await owner.mine()).waiting).toBe(0)
  expect((await other.ask('GET', `/reviews/${id}/agents`)).status).toBe(403)
})

test('an administrator has what is of the person with their name, or nothing', async () => {
  const { ada, bob } = await people()
  await registered(ada.id, bob.id)
  const mineOf = async (name: string) => {
    const { id } = await directory.services.principals.addWithoutToken({ name, role: 'viewer' }, 'adm_test')
    return (await member(id)).mine()
  }
  expect(await mineOf('bob')).toMatchObject({ person: { human: { id: bob.id } }, waiting: 1 })
  const nothing = { items: [], more: false }
  expect(await mineOf('nobody')).toEqual({ claims: nothing, successions: nothing, reviews: nothing, waiting: 0 })
})

test('a person can see and change nothing else', async () => {
  const { ada } = await people()
  const they = await member(ada.id)
  const registration = newTestId('agt')
  const refused = [
    ['POST', '/stops', { kind: 'freeze', selector: { product: 'agent:codex' }, reason: 'r' }],
    ['POST', '/humans', { userName: 'x' }],
    ['POST', '/administrators/invitations', { name: 'ada', role: 'administrator' }],
    ['POST', `/humans/${ada.id}/invitation`, undefined],
    ['POST', `/registrations/${registration}/transitions`, { to: 'active', reason: 'r' }],
    ['POST', '/reviews', { name: 'r', covers: {}, dueAt: 1, silence: 'keep' }],
    ['POST', '/sessions/end', { of: 'administrator' }],
    ['PUT', '/policy', { policy: '' }],
    ['GET', '/live', undefined],
    ['GET', `/humans/${ada.id}/summary`, undefined],
    ['GET', '/search?query=a', undefined],
  ] as const
  for (const [method, path, body] of refused) {
    expect({ path, status: (await they.ask(method, path, body)).status }).toEqual({ path, status: 403 })
  }
})
