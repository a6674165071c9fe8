import type { AdministratorRole } from '../../../src/protocol/noun/permissions.ts'
import type { StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { ALL, type StopApi, seedDevices, stopApi } from './stop-fixture.ts'

/** Who may be the second person, and how often one person does without. */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const URGENT = { ...ALL, emergency: true }
let directory: TestDirectory
let api: StopApi
let devices: string[]
directoryForAll(
  async (started) => {
    directory = started
    api = stopApi(directory)
    devices = await seedDevices(directory, 2, 0)
  },
  { stops: { confirmAbove: 1, emergency: true } },
)

const tokenOf = async (name: string, role: AdministratorRole = 'operator') =>
  (await directory.services.principals.add({ kind: 'administrator', name, role, ttlMs: 90 * DAY_MS }, 'adm_test')).token
const confirm = async (id: string, token: string, what = 'stop') =>
  refusalOf(await api.ask('POST', `/stops/${id}/confirm`, { what }, token))
const create = async (body: object, token = directory.token) => refusalOf(await api.ask('POST', '/stops', body, token))
const refusalOf = ({ status, json }: { readonly status: number; readonly json: unknown }) => {
  const { code, detail = '' } = json as { code?: string; detail?: string }
  return code === undefined ? undefined : { status, code, detail }
}
const timeOf = (at: number) => new Date(at).toISOString()
const later = () => directory.clock.jump(2 * DAY_MS)

describe('a confirmation', () => {
  test('is refused to a person added less than a day ago, with the time it is possible', async () => {
    later()
    const added = directory.clock.now()
    const bob = await tokenOf('bob')
    const { id } = await api.stopped(ALL)
    const refused = await confirm(id, bob)
    expect(refused).toMatchObject({ status: 403, code: 'NOT_YET_PERMITTED' })
    expect(refused?.detail).toContain(`is possible from ${timeOf(added + DAY_MS)}`)
    expect((await api.get(id)).state).toBe('waiting')
    directory.clock.jump(DAY_MS - 1)
    const { id: again } = await api.stopped(ALL)
    expect(await confirm(again, bob)).toMatchObject({ code: 'NOT_YET_PERMITTED' })
    directory.clock.jump(1)
    expect(await confirm(again, bob)).toBeUndefined()
  })

  test('is open to those who were added on the first day of the directory', async () => {
    directory.clock.jump(DAY_MS)
    const bob = await tokenOf('bob')
    expect(await confirm((await api.stopped(ALL)).id, bob)).toBeUndefined()
    directory.clock.jump(1)
    const carol = await tokenOf('carol')
    expect(await confirm((await api.stopped(ALL)).id, carol)).toMatchObject({ code: 'NOT_YET_PERMITTED' })
  })

  test('counts once where two persons give it at once', async () => {
    const tokens = [await tokenOf('bob'), await tokenOf('carol')]
    later()
    const { id } = await api.stopped(ALL)
    const both = await Promise.all(tokens.map((token) => confirm(id, token)))
    expect(both.map((one) => one?.code).toSorted()).toEqual(['CONFLICT', undefined])
    expect((await api.acts()).filter((kind) => kind === 'stop-confirmed')).toHaveLength(1)
  })

  test('is refused to a known name with a token that another person has just made', async () => {
    await tokenOf('bob')
    later()
    const { id } = await api.stopped(ALL)
    const rotated = (await directory.services.principals.rotate({ kind: 'administrator', name: 'bob' }, 'adm_other'))
      .token
    expect(await confirm(id, rotated)).toMatchObject({ code: 'NOT_YET_PERMITTED' })
    await api.ask('DELETE', '/administrators/bob')
    expect(await confirm(id, await tokenOf('Bob'))).toMatchObject({ code: 'NOT_YET_PERMITTED' })
  })

  test('is open to a known person with a token of their own making', async () => {
    await tokenOf('bob', 'administrator')
    later()
    const [bob] = (await directory.services.principals.list('administrator')).filter(({ name }) => name === 'bob')
    const { token } = await directory.services.principals.rotate({ kind: 'administrator', name: 'bob' }, bob?.id ?? '')
    expect(await confirm((await api.stopped(ALL)).id, token)).toBeUndefined()
  })

  test('of a release is refused to a new person too', async () => {
    const bob = await tokenOf('bob')
    later()
    const { id } = await api.stopped(ALL)
    await confirm(id, bob)
    await api.ask('POST', `/stops/${id}/release`, { reason: 'over' })
    expect(await confirm(id, await tokenOf('carol'), 'release')).toMatchObject({ code: 'NOT_YET_PERMITTED' })
    expect((await api.get(id)).state).toBe('release-waiting')
    expect(await confirm(id, bob, 'release')).toBeUndefined()
  })

  test.each<[string, () => Promise<unknown>]>([
    ['was revoked', () => api.ask('DELETE', '/administrators/ada')],
    ['may only look now', () => api.ask('POST', '/administrators/ada/role', { role: 'viewer' })],
  ])('is refused where the person who asked %s, and says what to do', async (_, leave) => {
    const [ada, bob] = [await tokenOf('ada'), await tokenOf('bob')]
    const { id } = await api.stopped(ALL, ada)
    const urgent = await api.stopped(URGENT, ada)
    await leave()
    for (const one of [id, urgent.id]) {
      const refused = await confirm(one, bob)
      expect(refused).toMatchObject({ status: 409, code: 'CONFLICT' })
      expect(refused?.detail).toContain('create it again')
    }
    expect((await api.get(id)).state).toBe('waiting')
    expect(await api.ask('POST', `/stops/${id}/release`, { reason: 'ada left' }, bob)).toMatchObject({
      json: { state: 'withdrawn' },
    })
    expect(await confirm((await api.stopped(ALL, bob)).id, directory.token)).toBeUndefined()
  })

  test('counts a new token of the person who asked', async () => {
    const [ada, bob] = [await tokenOf('ada'), await tokenOf('bob')]
    const { id } = await api.stopped(ALL, ada)
    await api.ask('DELETE', '/administrators/ada')
    await tokenOf('Ada')
    expect(await confirm(id, bob)).toBeUndefined()
  })
})

describe('the answer to a stop that waits', () => {
  const nobodyElse = 'there is nobody else who can confirm the stop now'
  const warningsOf = async (body: object, token = directory.token) => (await api.create(body, token)).warnings

  test.each([
    ['freeze', 'now: the same command with --emergency freezes at once, for an hour'],
    ['retire', 'now: the same command with --kind freeze --emergency freezes at once, for an hour'],
  ])('says what to do while a new person cannot confirm it: %s', async (kind, now) => {
    later()
    const bob = await tokenOf('bob')
    expect((await warningsOf({ ...ALL, kind })).slice(0, 2)).toEqual([nobodyElse, now])
    // The administrator can confirm what Bob asks for.
    expect(await warningsOf({ ...ALL, kind }, bob)).not.toContain(nobodyElse)
    directory.clock.jump(DAY_MS)
    expect(await warningsOf({ ...ALL, kind })).not.toContain(nobodyElse)
  })

  test.each([
    ['an emergency', () => URGENT],
    ['a stop of one device', () => ({ ...ALL, selector: { device: devices[0] ?? '' } })],
  ])('says nothing of it for %s', async (_, body) => {
    const { stop, warnings } = await api.create(body())
    expect([stop?.state, warnings.includes(nobodyElse)]).toEqual(['standing', false])
  })
})

describe('an emergency', () => {
  test('is allowed once a day for a person, and a refusal names the next time', async () => {
    const [ada, bob] = [await tokenOf('ada'), await tokenOf('bob')]
    const at = directory.clock.now()
    const first = await api.stopped(URGENT, ada)
    for (const wait of [0, HOUR_MS, 22 * HOUR_MS]) {
      directory.clock.jump(wait)
      for (const body of [URGENT, { ...URGENT, dryRun: true }]) {
        const refused = await create(body, ada)
        expect(refused).toMatchObject({ status: 403, code: 'NOT_YET_PERMITTED' })
        expect(refused?.detail).toContain(`possible from ${timeOf(at + DAY_MS)}`)
        expect(refused?.detail).toContain(first.id)
      }
    }
    // Another person has one of their own.
    expect(await create(URGENT, bob)).toBeUndefined()
    directory.clock.jump(HOUR_MS)
    expect(await create(URGENT, ada)).toBeUndefined()
  })

  test('that was released counts too, and one that another person confirmed does not', async () => {
    const [ada, bob] = [await tokenOf('ada'), await tokenOf('bob')]
    const { id } = await api.stopped(URGENT, ada)
    await api.ask('POST', `/stops/${id}/release`, { reason: 'a mistake' }, ada)
    expect(await create(URGENT, ada)).toMatchObject({ code: 'NOT_YET_PERMITTED' })
    const other = await api.stopped(URGENT, bob)
    expect(await confirm(other.id, ada)).toBeUndefined()
    expect(await create(URGENT, bob)).toBeUndefined()
  })

  test('ends nothing', async () => {
    expect(await create({ ...URGENT, kind: 'retire' })).toMatchObject({ status: 400, code: 'INPUT_MALFORMED' })
    expect((await directory.services.stops.list({ limit: 9 })).items).toEqual([])
  })

  test('is renewed by a sole administrator, for the same stop, and recorded each time', async () => {
    await tokenOf('ivy', 'viewer')
    await tokenOf('otto', 'auditor')
    const first = await api.stopped(URGENT)
    directory.clock.jump(50 * 60_000)
    const second = await api.stopped({ ...URGENT, reason: 'still running' })
    expect(second).toMatchObject({ state: 'standing', emergency: true, endsAt: directory.clock.now() + HOUR_MS })
    const third = await api.stopped(URGENT)
    const created = await directory.store.events.list({ limit: 9, kind: 'stop-created' })
    expect(created.map(({ facts }) => [Object(facts).stop, Object(facts).renews])).toEqual([
      [third.id, second.id],
      [second.id, first.id],
      [first.id, undefined],
    ])
    const other = await create({ ...URGENT, selector: { user: 'nobody' } })
    // It reaches no device, so it needs no second person and is no emergency.
    expect(other).toBeUndefined()
  })

  test('of another stop is refused to a lone administrator too', async () => {
    await api.stopped(URGENT)
    for (const device of devices) {
      const one = agentSighting('a', { catalogueId: 'codex', user: { id: '1', name: 'ada' } })
      await directory.store.sightings.put(device, one, { snapshot: 's', at: 1 })
    }
    for (const selector of [{ product: 'codex' }, { user: 'ada' }]) {
      const refused = await create({ ...URGENT, selector })
      expect(refused).toMatchObject({ code: 'NOT_YET_PERMITTED' })
      expect(refused?.detail).toContain('only the same stop can be renewed: all')
    }
  })

  test('is renewed no more once a second person could confirm', async () => {
    await api.stopped(URGENT)
    await tokenOf('bob')
    expect(await create(URGENT)).toMatchObject({ code: 'NOT_YET_PERMITTED' })
  })

  test('of a principal who was just added counts for the administrators', async () => {
    await tokenOf('bob')
    later()
    await api.stopped(URGENT)
    for (const role of ['operator', 'administrator'] as const) {
      const refused = await create(URGENT, await tokenOf(`second-self-${role}`, role))
      expect(refused).toMatchObject({ code: 'NOT_YET_PERMITTED' })
      expect(refused?.detail).toContain('administrator declared the emergency')
    }
  })
})

test.each<[string, (token: string) => Promise<unknown>]>([
  ['revoked', (token) => api.ask('DELETE', '/administrators/administrator', undefined, token)],
  ['made a viewer', (token) => api.ask('POST', '/administrators/administrator/role', { role: 'viewer' }, token)],
])('an emergency counts for the administrator whom its author added, who has them %s', async (_, leave) => {
  await tokenOf('bob')
  later()
  await api.stopped(URGENT)
  const newer = await tokenOf('second-self', 'administrator')
  await leave(newer)
  expect(await create(URGENT, newer)).toMatchObject({ code: 'NOT_YET_PERMITTED' })
})

test('the command line shows the code and the time', async () => {
  await tokenOf('bob')
  const { id } = (await api.stopped(URGENT)) as StopView
  const { exitCode, err } = await runCommand(directory, ['stops', 'create', '--all', '--reason', 'x', '--emergency'])
  expect(exitCode).toBe(1)
  expect(err).toContain('NOT_YET_PERMITTED')
  expect(err).toContain(`possible from ${timeOf(directory.clock.now() + DAY_MS)}`)
  expect(err).toContain(id)
})
