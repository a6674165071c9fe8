import { unknownAgent } from '../../../support/protocol/sample-sightings.ts'
import { deciderFor, requestOf } from '../../approvals/approval-fixture.ts'
import { claimOf, report, seedClaimant } from '../../claims/claim-fixture.ts'
import { deviceWith } from '../../fleet/fleet-questions.ts'
import { ADA } from '../../seen/seen-fixture.ts'
import { type Rows, row } from './rows.ts'
import { DAY_MS, done, type World } from './world.ts'

/** Agents: what is seen, registered, claimed, reviewed and stopped. */

const REASON = { reason: 'incident 42' }
const criteria = { products: ['codex'] }

export const newPerson = async ({ did, name }: World, changes: object = {}) =>
  (await did('POST', '/humans', { userName: name(), ...changes })).human

const registered = async (world: World, changes: object = {}) => {
  const owner = (await newPerson(world)).userName
  const body = { name: world.name(), purpose: 'reviews', criteria, owner, state: 'active', ...changes }
  return (await world.did('POST', '/registrations', body)).id as string
}
const seen = async ({ directory, did, name }: World) => {
  const device = await deviceWith(directory, unknownAgent('1', { name: name(), user: ADA }))
  const { items } = await did('GET', `/inbox?device=${device}`)
  return { id: items[0].id as string, name: items[0].name as string, product: items[0].product as string }
}
const claimed = async ({ directory, name }: World) => {
  const device = await seedClaimant(directory, name())
  const claim = claimOf()
  await report(directory, device, { agentClaims: [claim] })
  return claim.id
}
const asked = async ({ directory, name }: World) => {
  const device = await seedClaimant(directory, name())
  const request = requestOf(directory.clock.now(), { approvers: ['approver'] })
  await report(directory, device, { approvalRequests: [request] })
  return request.id
}
const reviewed = async (world: World) => {
  const registration = await registered(world)
  const { directory, did, name } = world
  const body = { name: name(), covers: {}, dueAt: directory.clock.now() + 20 * DAY_MS, silence: 'keep' }
  const { id } = await did('POST', '/reviews', body)
  while (await directory.services.reviews.workSome());
  return { id: id as string, registration }
}
const stop = async ({ did }: World, selector: object) =>
  (await did('POST', '/stops', { kind: 'freeze', selector, ...REASON })).stop.id as string

export const AGENT_ROWS: Rows = {
  registerSeenAgent: row(['agent-registered', 'registration-created'], async (world) => {
    const { userName: owner } = await newPerson(world)
    return { id: (await seen(world)).id, body: { owner, name: world.name(), purpose: 'helps' } }
  }),
  mergeSeenAgent: row(['agent-merged', 'registration-changed'], async (world) => ({
    id: (await seen(world)).id,
    body: { into: await registered(world), anyDevice: true, anyHuman: true },
  })),
  ignoreSeenAgent: row('agent-ignored', async (world) => ({ id: (await seen(world)).id, body: REASON })),
  unignoreSeenAgent: row('agent-unignored', async (world) => {
    const { id } = await seen(world)
    await world.did('POST', `/inbox/${id}/ignore`, REASON)
    return { id }
  }),
  blockSeenAgent: row(['agent-blocked', 'stop-created'], async (world) => ({
    id: (await seen(world)).id,
    body: REASON,
  })),
  createRegistration: row('registration-created', async ({ name }) => ({
    body: { name: name(), purpose: 'reviews', criteria },
  })),
  changeRegistration: row('registration-changed', async (world) => ({
    id: await registered(world),
    body: { purpose: 'other' },
  })),
  moveRegistration: row(['registration-suspended', 'stop-created'], async (world) => ({
    id: await registered(world),
    body: { to: 'suspended', ...REASON },
  })),
  undoRegistration: row('registration-undone', async (world) => ({ id: await registered(world) })),
  transferRegistration: row('registration-transferred', async (world) => ({
    id: await registered(world),
    body: { owner: (await newPerson(world)).userName, ...REASON },
  })),
  acceptRegistration: row('registration-succession-accepted', async (world) => ({
    id: await registered(world, { successor: (await newPerson(world)).userName }),
    body: { what: 'succession' },
  })),
  acceptClaim: row(['claim-accepted', 'account-confirmed', 'registration-created'], async (world) => ({
    id: await claimed(world),
    body: { human: (await newPerson(world)).userName },
  })),
  refuseClaim: row('claim-refused', async (world) => ({ id: await claimed(world), body: REASON })),
  approveAction: row('approval-given', async (world) => {
    const { directory, console, name } = world
    const { principal, token } = await directory.services.principals.add(
      { kind: 'administrator', name: name(), role: 'operator', ttlMs: 90 * DAY_MS },
      'adm_test',
    )
    const by = { id: principal.id, kind: 'administrator', name: principal.name, role: 'operator' } as const
    const { key } = await deciderFor(directory, by, console.url)
    const ask = async (method: string, path: string, body?: object) =>
      done(await directory.ask(method, path, { token, ...(body === undefined ? {} : { body }) }), path)
    const id = await asked(world)
    const { publicKey } = await ask('POST', `/api/v1/approvals/${id}/options`, { scope: 'once' })
    return { id, body: { scope: 'once', response: key.show(publicKey) }, ask }
  }),
  denyAction: row('approval-denied', async (world) => ({ id: await asked(world), body: REASON })),
  cancelAction: row('approval-cancelled', async (world) => ({ id: await asked(world), body: REASON })),
  startReview: row('review-started', async ({ directory, name }) => ({
    body: { name: name(), covers: {}, dueAt: directory.clock.now() + 20 * DAY_MS, silence: 'keep' },
  })),
  answerReview: row('review-answered', async (world) => {
    const { id, registration } = await reviewed(world)
    return { id, body: { registration, answer: 'keep' } }
  }),
  closeReview: row('review-closed', async (world) => ({
    id: (await reviewed(world)).id,
    body: { what: 'discard', ...REASON },
  })),
  beginSweep: row('zombie-sweep-begun'),
  createStop: row('stop-created', async () => ({
    body: { kind: 'freeze', selector: { product: 'codex' }, ...REASON },
  })),
  confirmStop: row('stop-confirmed', async (world) => {
    const { token } = await world.directory.services.principals.add(
      { kind: 'administrator', name: world.name(), role: 'operator', ttlMs: 90 * DAY_MS },
      'adm_test',
    )
    world.directory.clock.jump(2 * DAY_MS)
    const ask = (method: string, path: string, body?: object) =>
      world.directory.ask(method, path, { token, ...(body === undefined ? {} : { body }) })
    return { id: await stop(world, { all: true }), body: { what: 'stop' }, ask }
  }),
  releaseStop: row('stop-released', async (world) => ({
    id: await stop(world, { product: world.name() }),
    body: REASON,
  })),
}
