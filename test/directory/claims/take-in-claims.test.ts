import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { extensionSighting } from '../../support/protocol/sample-sightings.ts'
import { ADA, agentOf, claimApi, claimOf, report, seedClaimant } from './claim-fixture.ts'

/** Claims arrive in evidence, of devices that may be hostile. */

let directory: TestDirectory
let api: ReturnType<typeof claimApi>
let device: string
directoryForAll(async (started) => {
  directory = started
  api = claimApi(directory)
  device = await seedClaimant(directory)
})

const stored = async () => (await directory.store.claims.list({ limit: 500 })).items
const states = async () => (await stored()).map(({ state }) => state)
const idOf = (number: number) => number.toString(16).padStart(32, '0')

test('a claim comes with the sighting that it is of, in one batch', async () => {
  const bob = { id: '1001', name: 'bob' }
  const sighting = agentOf(bob, { id: idOf(7), name: 'Deskbot', catalogueId: '' })
  const claim = claimOf({ sighting: sighting.id, user: bob, product: 'Deskbot', byRoot: true })
  await report(directory, device, { sightings: { mode: 'delta', items: [sighting], gone: [] }, agentClaims: [claim] })
  expect(await stored()).toMatchObject([{ device, item: 'unknown/Deskbot', claim, state: 'pending' }])
  expect(await api.kinds()).toEqual(['agent-claimed'])
})

test('a repeated claim changes nothing, with any content', async () => {
  const claim = claimOf()
  await report(directory, device, { agentClaims: [claim, claim] })
  await report(directory, device, { agentClaims: [{ ...claim, purpose: 'another' }] })
  expect(await stored()).toMatchObject([{ claim, state: 'pending' }])
  await api.refuse(claim.id)
  await report(directory, device, { agentClaims: [claim] })
  expect(await states()).toEqual(['refused'])
  const other = await seedClaimant(directory, 'other')
  await report(directory, other, { agentClaims: [claim] })
  expect(await stored()).toMatchObject([{ device }])
})

test.each([
  ['of nothing that was seen', { sighting: 'b'.repeat(32) }],
  ['of an agent of another user', { user: { id: '1001', name: 'bob' } }],
  ['of no agent', { sighting: 'c'.repeat(32) }],
  ['of an agent of the machine', { sighting: 'd'.repeat(32) }],
  ['without a purpose', { purpose: '  ' }],
  ['with a purpose of two lines', { purpose: 'a\nb' }],
  ['with a name that turns direction', { name: 'a\u202eb' }],
])('a claim %s is refused at once', async (_, changes) => {
  const extension = { ...extensionSighting('c'), id: 'c'.repeat(32), user: ADA }
  const items = [extension, agentOf(undefined, { id: 'd'.repeat(32), catalogueId: 'other' })]
  await report(directory, device, { sightings: { mode: 'delta', items, gone: [] } })
  const claim = claimOf(changes)
  await report(directory, device, { agentClaims: [claim] })
  expect(await api.get(claim.id)).toMatchObject({
    state: 'refused',
    decidedBy: 'the directory',
    reason: expect.any(String),
  })
  expect(await directory.services.claims.decisions(device)).toMatchObject([{ claim: claim.id, outcome: 'refused' }])
  expect(await api.kinds()).toEqual(['claim-refused-at-once'])
  expect((await directory.store.unprocessed.list(device)).map(({ part }) => part)).not.toContain('agentClaims')
})

test('an agent of a user waits once; another sighting of the product is the same agent', async () => {
  await report(directory, device, {
    sightings: { mode: 'delta', items: [agentOf(ADA, { id: idOf(2), state: 'installed' })], gone: [] },
  })
  await report(directory, device, { agentClaims: [claimOf(), claimOf(), claimOf({ sighting: idOf(2) })] })
  expect(await states()).toEqual(['refused', 'refused', 'pending'])
})

test('a sighting that has ended can be claimed', async () => {
  await report(directory, device, { sightings: { mode: 'delta', items: [], gone: ['a'.repeat(32)] } })
  await report(directory, device, { agentClaims: [claimOf()] })
  expect(await states()).toEqual(['pending'])
})

test('limits a device that claims without end: 64 wait, the rest is recorded', async () => {
  const items = Array.from({ length: 70 }, (_, at) => agentOf(ADA, { id: idOf(at), catalogueId: `product-${at}` }))
  await report(directory, device, { sightings: { mode: 'delta', items, gone: [] } })
  const claims = items.map(({ id }) => claimOf({ sighting: id }))
  await report(directory, device, { agentClaims: claims.slice(0, 64) })
  await report(directory, device, { agentClaims: claims.slice(64) })
  expect(await directory.store.claims.pending(device)).toBe(64)
  expect(await stored()).toHaveLength(64)
  expect((await api.kinds()).filter((kind) => kind === 'claim-dropped')).toHaveLength(6)
  for (let batch = 0; batch < 10; batch++) {
    await report(directory, device, {
      agentClaims: Array.from({ length: 64 }, () => claimOf({ sighting: 'f'.repeat(32) })),
    })
  }
  expect(await stored()).toHaveLength(64 + 256)
  expect(await directory.services.claims.decisions(device)).toHaveLength(64)
  expect((await api.kinds()).filter((kind) => kind === 'claim-refused-at-once')).toHaveLength(100)
})
