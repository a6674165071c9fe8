import type { RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'
import { type RegistrationApi, registrationApi, seedHuman } from './registration-fixture.ts'

let directory: TestDirectory
let api: RegistrationApi
let ada: string
directoryForAll(async (started) => {
  directory = started
  api = registrationApi(directory)
  ada = await seedHuman(directory, 'ada')
})

const MINUTE_MS = 60_000
const undo = (id: string, token?: string) => api.ask('POST', `/registrations/${id}/undo`, undefined, token)
const refusal = async (id: string) => {
  const { status, json } = await undo(id)
  return [status, Object(json).code, Object(json).detail]
}

test.each([undefined, 'active'] as const)('retires one that is %s at once, without a stop', async (state) => {
  const { id } = await api.created({ owner: 'ada', ...(state === undefined ? {} : { state }) })
  directory.clock.jump(10 * MINUTE_MS)
  const answer = await askDocumented(directory, 'POST', 'undoRegistration', `/registrations/${id}/undo`)
  expect(answer.json).toMatchObject({ id, state: 'retired', stateReason: 'registered by mistake' })
  expect((await api.ask('GET', `/registrations/${id}`)).json).toMatchObject({ state: 'retired' })
  expect('stop' in Object(answer.json)).toBe(false)
  const { items } = Object((await api.ask('GET', '/stops')).json)
  expect(items).toEqual([])
  const events = Object((await api.ask('GET', '/events?kind=registration-undone')).json).items
  expect(events).toMatchObject([{ subject: id, facts: { agent: id, name: 'Codex', from: state ?? 'provisioning' } }])
})

test('what it is of is counted as retired, and another may have its name', async () => {
  const { id } = await api.created()
  await undo(id)
  expect((await api.ask('GET', '/registrations/counts')).json).toMatchObject({ provisioning: 0, retired: 1 })
  expect((await api.created()).name).toBe('Codex')
})

test('two who undo it at once: one of them is refused', async () => {
  const { id } = await api.created()
  const answers = await Promise.all([undo(id), undo(id)])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
})

test('refuses one that was registered earlier', async () => {
  const { id } = await api.created()
  directory.clock.jump(10 * MINUTE_MS + 1)
  expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining('more than ten minutes ago')])
  expect((await api.ask('GET', `/registrations/${id}`)).json).toMatchObject({ state: 'provisioning', version: 1 })
})

test('refuses one that was changed, moved or transferred since', async () => {
  const [changed, moved, transferred] = [await api.created(), await api.created({ owner: ada }), await api.created()]
  expect((await api.ask('POST', `/registrations/${changed.id}/changes`, { purpose: 'x' })).status).toBe(200)
  expect((await api.move(moved.id, 'active')).status).toBe(200)
  expect((await api.ask('POST', `/registrations/${transferred.id}/owner`, { owner: ada, reason: 'r' })).status).toBe(
    200,
  )
  for (const { id } of [changed, moved, transferred]) {
    expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining('was changed since')])
  }
})

test('refuses one that a stop is of, also after its release', async () => {
  const { id } = await api.created({ owner: 'ada', state: 'active' })
  const body = { kind: 'freeze', selector: { registration: id }, reason: 'r' }
  const { stop } = Object((await api.ask('POST', '/stops', body)).json)
  expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining('a stop is of')])
  await api.ask('POST', `/stops/${stop.id}/release`, { reason: 'r' })
  expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining('a stop is of')])
})

test('refuses one that an identity provider made', async () => {
  const { id } = await api.created()
  await directory.store.scimAgents.put({ registration: id, userName: 'codex' })
  expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining('an identity provider made')])
})

test('refuses one that a review is about', async () => {
  const { id } = await api.created({ owner: 'ada', state: 'active' })
  const body = { name: 'first', covers: {}, silence: 'keep', dueAt: directory.clock.now() + 30 * 86_400_000 }
  const started = await api.ask('POST', '/reviews', body)
  expect([started.status, Object(started.json).code]).toEqual([201, undefined])
  while (await directory.services.reviews.workSome());
  expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining('a review is about')])
})

test.each(['quarantined', 'retiring'])('refuses one that is %s', async (state) => {
  const { id } = await api.created({ owner: 'ada', state: 'active' })
  await api.move(id, state)
  expect(await refusal(id)).toEqual([409, 'CONFLICT', expect.stringContaining(`is ${state}`)])
})

test('knows no undo of what is not there, and of roles that may not register', async () => {
  expect((await refusal(newTestId('agt')))[1]).toBe('NOT_FOUND')
  const { id } = await api.created()
  const body = { name: 'vic', role: 'viewer' }
  const { token } = Object((await api.ask('POST', '/administrators', body)).json)
  expect((await undo(id, token)).status).toBe(403)
})

test('the command undoes it by its name, and says what is refused', async () => {
  const { id }: RegistrationView = await api.created()
  expect(await runCommand(directory, ['registrations', 'undo', 'Codex'])).toEqual({
    exitCode: 0,
    out: `the registration of Codex (${id}) is undone: its agents are unregistered again\n`,
    err: '',
  })
  const again = await runCommand(directory, ['registrations', 'undo', id])
  expect([again.exitCode, again.out]).toEqual([1, ''])
  expect(again.err).toContain('[CONFLICT]')
})
