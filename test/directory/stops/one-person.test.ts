import { newAdministrator, replaceAdministrators } from '../../../src/directory/principals/principals.ts'
import type { AgentSelector, CreatedStop, StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import { newTestId, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { agentSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { registrationApi, seedAccount, seedHuman } from '../registrations/registration-fixture.ts'
import { REASON, type StopApi, seedDevices, stopApi } from './stop-fixture.ts'

/** How much one person may stop: the devices of all their stops count together, however they came about. */

const DAY_MS = 86_400_000
/** Devices that one person may stop here. */
const BOUND = 3
let directory: TestDirectory
let api: StopApi
let devices: string[]
/** Past the first day of the directory, two operators who have been there for a while. */
let ada: string
let bob: string
directoryForAll(
  async (started) => {
    directory = started
    api = stopApi(directory)
    ada = await tokenOf('ada')
    bob = await tokenOf('bob')
    directory.clock.jump(2 * DAY_MS)
    devices = await seedDevices(directory, BOUND + 2)
  },
  { stops: { confirmAbove: BOUND, emergency: true } },
)

const tokenOf = async (name: string, role: 'operator' | 'administrator' = 'operator') =>
  (await directory.services.principals.add({ kind: 'administrator', name, role, ttlMs: 90 * DAY_MS }, 'adm_test')).token
const create = async (selector: AgentSelector, token = ada, changes: object = {}): Promise<CreatedStop> =>
  api.create({ kind: 'freeze', selector, reason: REASON, ...changes }, token)
const stateOf = async (selector: AgentSelector, token = ada, changes: object = {}) =>
  (await create(selector, token, changes)).stop?.state
const confirm = (id: string | undefined, token: string) =>
  api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, token)
const codeOf = ({ json }: { readonly json: unknown }) => (json as { code?: string }).code
const detailOf = ({ json }: { readonly json: unknown }) => (json as { detail?: string }).detail
/** Has devices report an agent of the catalogue. */
const report = async (product: string, on: readonly string[], user = 'ada') => {
  for (const [at, device] of on.entries()) {
    const sighting = agentSighting(`${at}`, { catalogueId: product, user: { id: '1000', name: user } })
    await directory.store.sightings.put(device, sighting, { snapshot: 's', at: 1 })
  }
}
const stopEach = async (on: readonly string[], token = ada) => {
  const states: unknown[] = []
  for (const device of on) states.push(await stateOf({ device }, token))
  return states
}

describe('the devices that one person has stopped', () => {
  test('count together, one stop of one device after the other', async () => {
    expect(await stopEach(devices)).toEqual(['standing', 'standing', 'standing', 'waiting', 'waiting'])
    // One that is stopped already is no further device, and another person has a count of their own.
    expect(await stateOf({ device: devices[0] ?? '', product: 'codex' })).toBe('standing')
    expect(await stateOf({ device: devices[4] ?? '' }, bob)).toBe('standing')
  })

  test('are named as the reason why a stop of few devices waits', async () => {
    await stopEach(devices.slice(0, 3))
    const reason = expect.stringContaining('because of other stops in force')
    expect((await create({ device: devices[3] ?? '' })).warnings).toContainEqual(reason)
    expect((await create({ device: devices[3] ?? '' }, bob)).warnings).not.toContainEqual(reason)
    expect((await create({ all: true })).warnings).not.toContainEqual(reason)
    expect((await create({ all: true }, ada, { emergency: true })).warnings).not.toContainEqual(reason)
  })

  test('no longer count once released, and never if another person confirmed them', async () => {
    const { stop: all } = await create({ all: true })
    expect(codeOf(await confirm(all?.id, bob))).toBeUndefined()
    expect(await stopEach(devices.slice(0, 3))).toEqual(['standing', 'standing', 'standing'])
    const { stop } = await create({ device: devices[3] ?? '' })
    expect(stop?.state).toBe('waiting')
    await confirm(stop?.id, bob)
    expect(await stateOf({ device: devices[4] ?? '' })).toBe('waiting')
    const [first] = Object((await api.ask('GET', '/stops?state=standing')).json).items.filter(
      ({ selector }: StopView) => selector.device === devices[0],
    )
    await api.ask('POST', `/stops/${first.id}/release`, { reason: 'over' }, ada)
    expect(await stateOf({ device: devices[4] ?? '' })).toBe('standing')
  })

  test.each<[string, () => AgentSelector | Promise<AgentSelector>]>([
    ['a product', () => ({ product: 'codex' })],
    ['a user', () => ({ user: 'carol' })],
    ['a product of a user', () => ({ product: 'codex', user: 'carol' })],
    ['a human', () => ({ human: 'carol' })],
    [
      'a group',
      async () => {
        const { store, clock } = directory
        const { id } = await store.groups.put({
          id: newTestId('grp'),
          name: 'G',
          origin: 'hand',
          createdAt: clock.now(),
        })
        await store.groups.addMember(id, (await store.humans.named('carol'))?.id ?? '')
        return { group: id }
      },
    ],
  ])('%s reaches the devices that it is on now, and not the whole fleet', async (_, selector) => {
    const carol = await seedHuman(directory, 'carol')
    const [, , , fourth = '', fifth = ''] = devices
    await report('codex', [fourth], 'carol')
    await seedAccount(directory, fourth, carol, 'carol')
    expect(await create(await selector())).toMatchObject({ twoPersons: false, stop: { state: 'standing' } })
    await report('codex', [fifth], 'carol')
    await seedAccount(directory, fifth, carol, 'carol')
    // Two devices, with the two of the others.
    expect(await stopEach(devices.slice(0, 2))).toEqual(['standing', 'waiting'])
  })

  test('a product that more devices have than one person may stop waits', async () => {
    await report('codex', devices)
    expect(await create({ product: 'codex' })).toMatchObject({ twoPersons: true, stop: { state: 'waiting' } })
    expect(await create({ product: 'codex', user: 'nobody' })).toMatchObject({ twoPersons: false })
  })

  test('stops of a new principal count for those who could have added it', async () => {
    const token = directory.token
    expect(await stopEach(devices.slice(0, 3), token)).toEqual(['standing', 'standing', 'standing'])
    const newer = await tokenOf('second-self')
    expect(await stateOf({ device: devices[3] ?? '' }, newer)).toBe('waiting')
    expect(await stateOf({ device: devices[0] ?? '' }, newer)).toBe('standing')
    // Ada adds nobody, so nobody is her second self.
    expect(await stateOf({ device: devices[3] ?? '' }, ada)).toBe('standing')
    directory.clock.jump(DAY_MS)
    expect(await stateOf({ device: devices[3] ?? '' }, newer)).toBe('standing')
  })

  test.each<[string, (token: string) => Promise<{ readonly status: number }>]>([
    ['revoked', (token) => api.ask('DELETE', '/administrators/administrator', undefined, token)],
    ['made a viewer', (token) => api.ask('POST', '/administrators/administrator/role', { role: 'viewer' }, token)],
  ])('count for the principal whom they added and who has them %s', async (_, leave) => {
    await stopEach(devices.slice(0, 3), directory.token)
    const newer = await tokenOf('second-self', 'administrator')
    expect((await leave(newer)).status).toBe(200)
    expect(await stateOf({ device: devices[3] ?? '' }, newer)).toBe('waiting')
    directory.clock.jump(DAY_MS)
    expect(await stateOf({ device: devices[3] ?? '' }, newer)).toBe('standing')
  })
})

describe('a stop that has grown beyond what one person may stop', () => {
  const release = async (id: string | undefined, token: string) =>
    Object((await api.ask('POST', `/stops/${id}/release`, { reason: 'over' }, token)).json).state
  const grown = async () => {
    await report('codex', devices.slice(0, 1))
    const { stop } = await create({ product: 'codex' })
    await report('codex', devices)
    return stop?.id
  }

  test('is released by the person who put it in force', async () => {
    expect(await release(await grown(), ada)).toBe('released')
  })

  test('is not released by another person alone', async () => {
    expect(await release(await grown(), bob)).toBe('release-waiting')
  })

  test('is not released with a token of that name that another person has just made', async () => {
    const id = await grown()
    const rotated = (await directory.services.principals.rotate({ kind: 'administrator', name: 'ada' }, 'adm_test'))
      .token
    expect(await release(id, rotated)).toBe('release-waiting')
    const other = (await create({ device: devices[0] ?? '' }, bob)).stop?.id
    expect(await release(other, bob)).toBe('released')
  })
})

test('after a reset by root, earlier stops count for no person, and a first day begins', async () => {
  const token = directory.token
  await stopEach(devices.slice(0, 3), token)
  expect(await stateOf({ all: true }, token, { emergency: true })).toBe('standing')
  directory.clock.jump(1)
  const { store, clock } = directory
  const random = (size: number) => new Uint8Array(size).fill(7)
  const made = newAdministrator({ random, clock })
  await replaceAdministrators({ store, clock }, made.principal, { actor: 'local' })
  expect(await stateOf({ device: devices[3] ?? '' }, token)).toBeUndefined()
  expect(await stateOf({ device: devices[3] ?? '' }, made.token)).toBe('standing')
  expect(await stateOf({ all: true }, made.token, { emergency: true })).toBe('standing')
  const { stop } = await create({ all: true }, made.token)
  const second = await tokenOf('second')
  expect(codeOf(await confirm(stop?.id, second))).toBeUndefined()
  // It is the reset that counts, and not who is left: others can be revoked by an administrator.
  await api.ask('DELETE', '/administrators/second', undefined, made.token)
  directory.clock.jump(2 * DAY_MS)
  const { stop: later } = await create({ all: true }, made.token)
  expect(codeOf(await confirm(later?.id, await tokenOf('third')))).toBe('NOT_YET_PERMITTED')
})

describe('a registration', () => {
  const registrations = () => registrationApi(directory)
  const registered = async (criteria: object, name = 'Codex') =>
    (await registrations().created({ name, owner: 'carol', state: 'active', criteria })).id
  beforeEach(async () => {
    await seedHuman(directory, 'carol')
  })

  test.each(['suspended', 'quarantined', 'retiring'])(
    'that reaches more devices becomes %s only after two persons stopped the same',
    async (to) => {
      await report('codex', devices)
      const id = await registered({ products: ['codex'] })
      const refused = await registrations().move(id, to, ada)
      expect([refused.status, codeOf(refused)]).toEqual([403, 'NOT_PERMITTED'])
      const kind = to === 'retiring' ? 'retire' : 'freeze'
      expect(detailOf(refused)).toContain(`stops create --kind ${kind} --registration ${id}`)
      expect(detailOf(refused)).toMatch(
        / with --kind freeze --emergency, .* administrators add: a new person can confirm /,
      )
      expect((await directory.store.registrations.get(id))?.state).toBe('active')
      expect((await directory.services.stops.list({ limit: 9 })).items).toEqual([])
      expect((await registrations().acts())[0]).toBe('refused')
      // As the message says.
      const { stop } = await create({ registration: id }, ada, { kind })
      expect(codeOf(await registrations().move(id, to, ada))).toBe('NOT_PERMITTED')
      await confirm(stop?.id, bob)
      expect((await registrations().move(id, to, ada)).status).toBe(200)
      // Two persons decided it, so it does not count for Ada.
      expect(await stateOf({ device: devices[0] ?? '' })).toBe('standing')
    },
  )

  test.each<[string, string, string]>([
    ['an unknown agent with the name of a product', 'unknown/codex', 'codex'],
    ['a product with the name of an unknown agent', 'helper', 'unknown/helper'],
    ['a name that is cut on the way to the device', `unknown/${'x'.repeat(80)}`, `unknown/${'x'.repeat(64)}`],
  ])('of %s counts all that its order matches', async (_, criteria, reported) => {
    for (const device of devices) {
      const item = reported.replace('unknown/', '')
      const sighting = reported === item ? agentSighting('1', { catalogueId: item }) : unknownAgent('1', { name: item })
      await directory.store.sightings.put(device, sighting, { snapshot: 's', at: 1 })
    }
    const id = await registered({ products: [criteria] })
    expect(await create({ registration: id }, ada, { kind: 'retire' })).toMatchObject({ stop: { state: 'waiting' } })
    expect(codeOf(await registrations().move(id, 'retiring', ada))).toBe('NOT_PERMITTED')
    expect((await directory.store.registrations.get(id))?.state).toBe('active')
  })

  test('a stop that two persons put in force allows no other kind or registration', async () => {
    await report('codex', devices)
    const [id, other] = [await registered({ products: ['codex'] }), await registered({ products: ['codex'] }, 'Other')]
    await confirm((await create({ registration: id })).stop?.id, bob)
    expect(codeOf(await registrations().move(id, 'retiring', ada))).toBe('NOT_PERMITTED')
    expect(codeOf(await registrations().move(other, 'suspended', ada))).toBe('NOT_PERMITTED')
    await confirm((await create({ registration: other, device: devices[0] ?? '' })).stop?.id, bob)
    expect(codeOf(await registrations().move(other, 'suspended', ada))).toBe('NOT_PERMITTED')
  })

  test('of few devices counts with the other stops of the person who suspends it', async () => {
    const ids: string[] = []
    for (const [at, device] of devices.entries()) ids.push(await registered({ device }, `agent ${at}`))
    const moved: unknown[] = []
    for (const id of ids) moved.push((await registrations().move(id, 'suspended', ada)).status)
    expect(moved).toEqual([200, 200, 200, 403, 403])
    expect(await stateOf({ device: devices[3] ?? '' })).toBe('waiting')
    expect((await registrations().move(ids[3] ?? '', 'suspended', bob)).status).toBe(200)
  })

  test('that has ended everywhere counts for a day', async () => {
    for (const [at, device] of devices.slice(0, BOUND).entries()) {
      await registrations().move(await registered({ device }, `agent ${at}`), 'retiring', ada)
    }
    // No device is in scope: each has "answered".
    directory.database.exec("UPDATE registrations SET state = 'retired' WHERE state = 'retiring'")
    expect(await stateOf({ device: devices[3] ?? '' })).toBe('waiting')
    directory.clock.jump(DAY_MS)
    expect(await stateOf({ device: devices[3] ?? '' })).toBe('standing')
  })

  test('that is stopped is not widened to more devices', async () => {
    await report('codex', devices)
    const ofPeople = await registered({ products: ['codex'], device: devices[1] }, 'Other')
    const change = (one: string, token: string, criteria: object) =>
      registrations().ask('POST', `/registrations/${one}/changes`, { criteria }, token)
    // Nothing stops it yet.
    expect((await change(ofPeople, ada, { products: ['codex'] })).status).toBe(200)
    expect((await change(ofPeople, ada, { products: ['codex'], device: devices[1] })).status).toBe(200)
    expect(await stateOf({ registration: ofPeople })).toBe('standing')
    expect(codeOf(await change(ofPeople, ada, { products: ['codex'] }))).toBe('NOT_PERMITTED')
    expect((await change(ofPeople, ada, { products: ['codex'], device: devices[2] })).status).toBe(200)
    const id = await registered({ products: ['codex'], device: devices[0] })
    expect((await registrations().move(id, 'suspended', ada)).status).toBe(200)
    const widened = await registrations().ask(
      'POST',
      `/registrations/${id}/changes`,
      { criteria: { products: ['codex'] } },
      bob,
    )
    expect([widened.status, codeOf(widened)]).toEqual([403, 'NOT_PERMITTED'])
    expect(await directory.store.registrations.get(id)).toMatchObject({ version: 2, criteria: { device: devices[0] } })
  })

  test('that is stopped on more devices is narrowed or kept by one person', async () => {
    await report('codex', devices)
    const id = await registered({ products: ['codex'] })
    await confirm((await create({ registration: id })).stop?.id, bob)
    const change = (criteria: object) => registrations().ask('POST', `/registrations/${id}/changes`, { criteria }, ada)
    expect(codeOf(await change({ products: ['codex', 'cursor'], workspaces: ['/srv'] }))).toBe('NOT_PERMITTED')
    expect((await change({ products: ['codex'] })).status).toBe(200)
    expect((await change({ products: ['codex'], workspaces: ['/srv', '/home'] })).status).toBe(200)
    expect((await change({ products: ['codex'], workspaces: ['/srv'] })).status).toBe(200)
    expect(codeOf(await change({ products: ['codex'] }))).toBe('NOT_PERMITTED')
  })

  test('is not widened while a stop of it waits', async () => {
    await report('codex', devices)
    for (const device of devices.slice(0, BOUND)) await create({ device })
    const id = await registered({ products: ['codex'], device: devices[4] ?? '' })
    const { stop } = await create({ registration: id })
    expect(stop?.state).toBe('waiting')
    const widen = () =>
      registrations().ask('POST', `/registrations/${id}/changes`, { criteria: { products: ['codex'] } }, ada)
    expect(codeOf(await widen())).toBe('NOT_PERMITTED')
    await api.ask('POST', `/stops/${stop?.id}/release`, { reason: 'over' }, ada)
    expect((await widen()).status).toBe(200)
  })

  test('is not suspended for ever because two persons stopped it for a while', async () => {
    await report('codex', devices)
    const id = await registered({ products: ['codex'] })
    const { stop } = await create({ registration: id }, ada, { until: directory.clock.now() + 600_000 })
    await confirm(stop?.id, bob)
    expect(codeOf(await registrations().move(id, 'suspended', ada))).toBe('NOT_PERMITTED')
    expect((await directory.store.registrations.get(id))?.state).toBe('active')
  })

  test('on no device ends with its owner also where every stop needs two persons', async () => {
    await using strict = await startTestDirectory({ stops: { confirmAbove: 0, emergency: true } })
    const [carol, dave] = [await seedHuman(strict, 'carol'), await seedHuman(strict, 'dave')]
    const [device = ''] = await seedDevices(strict, 1)
    const sighting = agentSighting('1', { catalogueId: 'codex' })
    await strict.store.sightings.put(device, sighting, { snapshot: 's', at: 1 })
    const { created } = registrationApi(strict)
    const unused = await created({ name: 'A', owner: 'carol', state: 'active', criteria: { products: ['cursor'] } })
    await created({ name: 'B', owner: 'dave', state: 'active', criteria: { products: ['codex'] } })
    const leave = (human: string) => stopApi(strict).ask('POST', `/humans/${human}/deactivation`, { reason: 'left' })
    expect((await leave(carol)).status).toBe(200)
    expect((await strict.store.registrations.get(unused.id))?.state).toBe('retiring')
    expect(codeOf(await leave(dave))).toBe('NOT_PERMITTED')
  })

  test('does not end with its owner on more devices, unless it is handed over', async () => {
    await report('codex', devices)
    const carol = (await directory.store.humans.named('carol'))?.id ?? ''
    const dave = await seedHuman(directory, 'dave')
    const id = await registered({ products: ['codex'] })
    const leave = () => api.ask('POST', `/humans/${carol}/deactivation`, { reason: 'left' })
    const refused = await leave()
    expect([refused.status, codeOf(refused)]).toEqual([403, 'NOT_PERMITTED'])
    expect(detailOf(refused)).toContain('registrations transfer')
    expect((await directory.store.humans.get(carol))?.status).toBe('active')
    await api.ask('POST', `/registrations/${id}/owner`, { owner: dave, reason: 'carol leaves' })
    expect((await leave()).status).toBe(200)
    expect((await directory.store.registrations.get(id))?.state).toBe('active')
  })

  test('is stopped by the directory on any number of devices', async () => {
    await report('codex', devices)
    const id = await registered({ products: ['codex'] })
    const by = { id: 'directory', name: 'surety-directory' }
    await directory.services.registrations.move(id, 'quarantined', { reason: REASON, by })
    expect((await directory.services.stops.list({ limit: 9 })).items).toMatchObject([{ state: 'standing' }])
  })
})
