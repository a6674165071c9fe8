import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import { isOrdinaryUser } from '../../../src/directory/humans/accounts.ts'
import type { AccountView, ChangedHuman, HumanView } from '../../../src/protocol/nouns/people/people.ts'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import { claude } from '../../cli/seen-on-a-device.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../../contracts/stores/seeds.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedReEnrolment } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
directoryForAll(async (started) => {
  directory = started
  await seed(directory.store, { owner: 'ada@example.org' }, { id: OTHER_DEVICE, owner: 'nobody in particular' })
})

const post = (path: string, body: object) => directory.ask('POST', `/api/v1${path}`, { body })
const refusal = async (path: string, body: object) => {
  const { status, json } = await post(path, body)
  return [status, (json as { code?: string }).code]
}
const human = async (userName: string, email?: string): Promise<HumanView> =>
  ((await post('/humans', { userName, ...(email === undefined ? {} : { email }) })).json as ChangedHuman).human

let seen = 0
async function agentOf(user: { id: string; name: string } | undefined, device = DEVICE): Promise<void> {
  const id = String(++seen).padStart(32, '0')
  const { user: _, ...agent } = claude
  const item: Sighting = { ...agent, id, ...(user === undefined ? {} : { user }) }
  const sightings = { mode: 'delta' as const, items: [item], gone: [] }
  await applySightings(directory.store, device, { sightings, at: directory.clock.now() })
}
const accounts = async (query = ''): Promise<readonly AccountView[]> =>
  ((await directory.ask('GET', `/api/v1/accounts${query}`)).json as { items: AccountView[] }).items
const states = async () => (await accounts()).map(({ userId, state, human: of }) => [userId, state, of])

test.each([
  ['1000', 'linux', true],
  ['60001', 'linux', true],
  ['999', 'linux', false],
  ['501', 'linux', false],
  ['501', 'darwin', true],
  ['500', 'darwin', false],
  ['0', 'linux', false],
  ['65534', 'linux', false],
  ['4294967294', 'linux', false],
  ['99999999999', 'linux', false],
  ['-1', 'linux', false],
  ['S-1-5-18', 'win32', false],
  ['S-1-5-21-1-2-3-500', 'win32', false],
  ['S-1-5-21-1-2-3-1001', 'win32', true],
  ['S-1-12-1-1-2-3-4', 'win32', true],
  ['S-1-5-80-1-2-3-4-5', 'win32', false],
])('the user %s on %s is ordinary: %s', (id, platform, expected) => {
  expect(isOrdinaryUser(id, platform)).toBe(expected)
})

test('proposes the owner for an agent of an ordinary user, and assigns on confirmation', async () => {
  const ada = await human('ada', 'Ada@example.org')
  for (const user of [{ id: '1000', name: 'ada' }, { id: '0', name: 'root' }, { id: '33', name: 'www' }, undefined])
    await agentOf(user)
  await agentOf({ id: '1000', name: 'someone' }, OTHER_DEVICE)
  expect(await states()).toEqual([
    ['1000', 'proposed', ada.id],
    ['1000', 'unassigned', undefined],
  ])
  const confirmed = (await post('/accounts/confirmation', { device: DEVICE, user: 'ada' })).json
  expect(confirmed).toMatchObject({ state: 'confirmed', human: ada.id, userId: '1000' })
  expect(await accounts(`?human=${ada.id}&state=confirmed`)).toEqual([confirmed])
  const detail = (await directory.ask('GET', `/api/v1/humans/${ada.id}`)).json
  expect(detail).toMatchObject({ accounts: [{ device: DEVICE, userId: '1000', userName: 'ada' }] })
  const [event] = await directory.store.events.list({ limit: 1 })
  expect(event).toMatchObject({ kind: 'account-confirmed', device: DEVICE, facts: { human: ada.id, proposed: true } })
})

test('who comes later, is renamed, leaves or returns changes proposals', async () => {
  await agentOf({ id: '1000', name: 'ada' })
  expect(await states()).toEqual([['1000', 'unassigned', undefined]])
  const ada = await human('ada', 'ada@example.org')
  expect(await states()).toEqual([['1000', 'proposed', ada.id]])
  await post(`/humans/${ada.id}`, { email: null })
  expect(await states()).toEqual([['1000', 'unassigned', undefined]])
  await post(`/humans/${ada.id}`, { userName: 'ADA@example.ORG' })
  expect(await states()).toEqual([['1000', 'proposed', ada.id]])
  // Two humans who are called so: neither is proposed.
  const twin = await human('twin', 'ada@example.org')
  expect(await states()).toEqual([['1000', 'unassigned', undefined]])
  await post(`/humans/${twin.id}/deactivation`, { reason: 'a double' })
  expect(await states()).toEqual([['1000', 'proposed', ada.id]])
  await post(`/humans/${ada.id}/deactivation`, { reason: 'left' })
  expect(await states()).toEqual([['1000', 'unassigned', undefined]])
  await post(`/humans/${ada.id}/reactivation`, { reason: 'back' })
  expect(await states()).toEqual([['1000', 'proposed', ada.id]])
})

test('another owner of the device changes proposals, and never what is confirmed', async () => {
  const [ada, bob] = [await human('ada', 'ada@example.org'), await human('bob')]
  await agentOf({ id: '1000', name: 'ada' })
  await agentOf({ id: '1001', name: 'guest' })
  await post('/accounts/confirmation', { device: DEVICE, user: '1000' })
  await post(`/devices/${DEVICE}/owner`, { owner: 'BOB' })
  expect(await states()).toEqual([
    ['1000', 'confirmed', ada.id],
    ['1001', 'proposed', bob.id],
  ])
  await post(`/devices/${DEVICE}/owner`, { owner: bob.id })
  expect((await states())[1]).toEqual(['1001', 'proposed', bob.id])
  await post(`/humans/${ada.id}/deactivation`, { reason: 'left' })
  expect(await states()).toEqual([
    ['1000', 'confirmed', ada.id],
    ['1001', 'proposed', bob.id],
  ])
})

test('a device that enrols again under another owner has other proposals', async () => {
  const [ada, alice] = [await human('ada', 'ada@example.org'), await human('alice', 'alice@example.org')]
  await agentOf({ id: '1000', name: 'someone' })
  expect(await states()).toEqual([['1000', 'proposed', ada.id]])
  const reEnrolment = await seedReEnrolment(directory, { device: DEVICE, token: idOf('tok', 1), epoch: 2 })
  expect((await post(`/re-enrolments/${reEnrolment}/approve`, {})).status).toBe(200)
  expect(await states()).toEqual([['1000', 'proposed', alice.id]])
})

test('an account belongs to one human, and what cannot be confirmed is refused', async () => {
  const [ada, bob] = [await human('ada'), await human('bob')]
  await agentOf({ id: '1000', name: 'ada' })
  await agentOf({ id: '1001', name: 'twin' })
  await agentOf({ id: '1002', name: 'twin' })
  const path = '/accounts/confirmation'
  const account = { device: DEVICE, user: '1000' }
  const refused = async (body: object, expected: readonly unknown[]) =>
    expect([body, await refusal(path, body)]).toEqual([body, expected])
  await refused(account, [409, 'CONFLICT'])
  await refused({ ...account, human: 'nobody' }, [404, 'NOT_FOUND'])
  await refused({ device: DEVICE, user: '7', human: 'ada' }, [404, 'NOT_FOUND'])
  await refused({ device: DEVICE, user: 'twin', human: 'ada' }, [404, 'NOT_FOUND'])
  await refused({ device: `dev_${'B'.repeat(21)}A`, user: '1000', human: 'ada' }, [404, 'DEVICE_UNKNOWN'])
  expect((await post(path, { ...account, human: 'ada' })).status).toBe(200)
  expect((await post(path, { ...account, human: 'ada' })).status).toBe(200)
  await refused({ ...account, human: 'bob' }, [409, 'CONFLICT'])
  expect((await directory.store.accounts.of(DEVICE, '1000'))?.human).toBe(ada.id)
  expect(await refusal('/accounts/release', { ...account, user: '1001', reason: 'x' })).toEqual([409, 'CONFLICT'])
  await post('/accounts/release', { ...account, reason: 'mistaken' })
  await post(path, { ...account, human: 'bob' })
  expect((await directory.store.accounts.of(DEVICE, '1000'))?.human).toBe(bob.id)
  await post(`/humans/${ada.id}/deactivation`, { reason: 'left' })
  await refused({ ...account, user: '1001', human: 'ada' }, [409, 'CONFLICT'])
  const kinds = (await directory.store.events.list({ limit: 50 })).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind.startsWith('account-'))).toEqual([
    ...['account-confirmed', 'account-released', 'account-confirmed'],
  ])
})

test('all proposed accounts are confirmed in slices, also those of one device', async () => {
  await human('ada', 'ada@example.org')
  for (let number = 0; number < 205; number++) {
    const user = { id: String(1000 + number), name: `user${number}` }
    await directory.store.accounts.seen(DEVICE, user, { at: 1, human: (await directory.store.humans.named('ada'))?.id })
  }
  const path = '/accounts/confirmations'
  expect((await post(path, { device: OTHER_DEVICE })).json).toEqual({ confirmed: 0, more: false })
  expect((await post(path, { device: DEVICE })).json).toEqual({ confirmed: 200, more: true })
  expect((await post(path, {})).json).toEqual({ confirmed: 5, more: false })
  expect((await post(path, {})).json).toEqual({ confirmed: 0, more: false })
})

test('lists accounts in pages, and refuses cursors of other lists', async () => {
  for (const name of ['a', 'b', 'c']) await agentOf({ id: `100${name.charCodeAt(0) - 97}`, name })
  const first = (await directory.ask('GET', '/api/v1/accounts?limit=2')).json as { items: unknown[]; next: string }
  expect(first.items).toHaveLength(2)
  expect(await accounts(`?limit=2&cursor=${first.next}`)).toMatchObject([{ userId: '1002' }])
  for (const cursor of ['1', 'dev_1.2', `${DEVICE}.`, `${DEVICE}.1.2`])
    expect([cursor, (await directory.ask('GET', `/api/v1/accounts?cursor=${cursor}`)).status]).toEqual([cursor, 400])
})

test('limits the accounts of a device with thousands of users, and reports it', async () => {
  for (let number = 0; number < 230; number++) await agentOf({ id: String(1000 + number), name: `user${number}` })
  expect((await directory.store.accounts.list({ device: DEVICE, limit: 500 })).items).toHaveLength(200)
  const kinds = (await directory.store.events.list({ limit: 50 })).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'accounts-not-kept')).toHaveLength(30)
})
