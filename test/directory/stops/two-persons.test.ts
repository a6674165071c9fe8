import type { StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { ALL, answer, codeIn, frozen, type StopApi, seedDevices, stopApi, work } from './stop-fixture.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** More devices than one person may stop here. */
const MANY = 3
let directory: TestDirectory
let api: StopApi
directoryForAll(
  (started) => {
    directory = started
    api = stopApi(directory)
  },
  { stops: { confirmAbove: 2, emergency: true } },
)

describe('two persons', () => {
  test('a stop of many devices waits until another administrator confirms it', async () => {
    await seedDevices(directory, MANY, 0)
    const { stop, twoPersons } = await api.create(ALL)
    const id = stop?.id ?? ''
    expect([twoPersons, stop?.state, await work(directory)]).toEqual([true, 'waiting', []])
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }))).toBe('NOT_PERMITTED')
    expect((await api.get(id)).state).toBe('waiting')
    const bob = await api.tokenOf('operator', 'bob')
    const confirmed = (await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, bob)).json as StopView
    expect(confirmed).toMatchObject({ state: 'standing', confirmedBy: { name: 'bob' } })
    await work(directory)
    expect((await api.get(id)).progress).toMatchObject({ devices: MANY, waiting: MANY, unreachable: MANY })
    // Replayed.
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, bob))).toBe('CONFLICT')
    expect(await api.acts()).toEqual(['stop-confirmed', 'stop-created'])
  })

  test('a new token of the same name is the same person', async () => {
    await seedDevices(directory, MANY, 0)
    const ada = await api.tokenOf('operator', 'ada')
    const { id } = await api.stopped(ALL, ada)
    await api.ask('DELETE', '/administrators/ada')
    const again = await api.tokenOf('operator', 'Ada')
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, again))).toBe('NOT_PERMITTED')
  })

  test('its release waits for another one too, and a confirmation is of what it names', async () => {
    await seedDevices(directory, MANY, 0)
    const bob = await api.tokenOf('operator', 'bob')
    const { id } = await api.stopped(ALL)
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'release' }, bob))).toBe('CONFLICT')
    await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, bob)
    const asked = (await api.ask('POST', `/stops/${id}/release`, { reason: 'mended' }, bob)).json as StopView
    expect(asked).toMatchObject({ state: 'release-waiting', release: { requestedBy: { name: 'bob' } } })
    expect(codeIn(await api.ask('POST', `/stops/${id}/release`, { reason: 'again' }))).toBe('CONFLICT')
    const refused = await api.ask('POST', `/stops/${id}/confirm`, { what: 'release' }, bob)
    expect(refused.json).toMatchObject({
      code: 'NOT_PERMITTED',
      detail:
        'bob asked for this: another person must confirm the release. If there is none: administrators add; a new person can confirm after 24 hours',
    })
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }))).toBe('CONFLICT')
    const done = (await api.ask('POST', `/stops/${id}/confirm`, { what: 'release' })).json as StopView
    expect(done).toMatchObject({ state: 'released', release: { confirmedBy: { name: 'administrator' } } })
    expect(await api.acts()).toEqual(['stop-released', 'stop-release-requested', 'stop-confirmed', 'stop-created'])
  })

  test('a stop that is not confirmed in a day lapses', async () => {
    await seedDevices(directory, MANY, 0)
    const { id } = await api.stopped(ALL)
    await directory.clock.advance(DAY_MS)
    expect((await api.get(id)).state).toBe('lapsed')
    const bob = await api.tokenOf('operator', 'bob')
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, bob))).toBe('CONFLICT')
    expect(codeIn(await api.ask('POST', `/stops/${id}/release`, { reason: 'x' }, bob))).toBe('CONFLICT')
    expect(await work(directory)).toEqual([])
    const { items } = Object((await api.ask('GET', '/stops?state=lapsed')).json)
    expect(items).toHaveLength(1)
    expect(Object((await api.ask('GET', '/stops?state=waiting')).json).items).toEqual([])
  })

  test('one that waits is withdrawn by one person, and no device ever hears of it', async () => {
    const devices = await seedDevices(directory, MANY, 0)
    for (const device of devices) directory.connected.add(device)
    const { id } = await api.stopped(ALL)
    const withdrawn = (await api.ask('POST', `/stops/${id}/release`, { reason: 'a mistake' })).json as StopView
    expect([withdrawn.state, await work(directory)]).toEqual(['withdrawn', []])
    expect(await api.acts()).toEqual(['stop-withdrawn', 'stop-created'])
  })

  test('a stop of one device needs one person', async () => {
    const [device = ''] = await seedDevices(directory, MANY, 0)
    expect(await api.stopped({ ...ALL, selector: { device } })).toMatchObject({ state: 'standing', twoPersons: false })
  })
})

describe('an emergency', () => {
  test('is in force at once, is marked, and ends after an hour', async () => {
    const devices = await seedDevices(directory, MANY, 0)
    for (const device of devices) directory.connected.add(device)
    const start = directory.clock.now()
    const stop = await api.stopped({ ...ALL, emergency: true })
    expect(stop).toMatchObject({ state: 'standing', emergency: true, endsAt: start + HOUR_MS })
    const sent = await work(directory)
    expect(sent).toHaveLength(MANY)
    expect(new Set(sent.map(({ stop: about, notAfter }) => `${about?.until} ${notAfter}`))).toEqual(
      new Set([`${start + HOUR_MS} ${start + HOUR_MS}`]),
    )
    for (const order of sent) await answer(directory, order, { stop: frozen(1, 1) })
    await directory.clock.advance(HOUR_MS)
    expect((await api.get(stop.id)).state).toBe('ended')
    const released = await work(directory)
    expect(released.map(({ kind, stop: about }) => `${kind} ${about?.id}`)).toEqual(
      Array(MANY).fill(`release ${stop.id}`),
    )
    expect((await api.acts()).filter((act) => act !== 'stop-answered')).toEqual(['stop-ended', 'stop-created'])
  })

  test('stays in force once another person confirms it, and every device learns it', async () => {
    const devices = await seedDevices(directory, MANY, 0)
    for (const device of devices) directory.connected.add(device)
    const { id } = await api.stopped({ ...ALL, emergency: true })
    for (const order of await work(directory)) await answer(directory, order, { stop: frozen(1, 1) })
    expect(codeIn(await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }))).toBe('NOT_PERMITTED')
    const bob = await api.tokenOf('administrator', 'bob')
    expect((await api.ask('POST', `/stops/${id}/confirm`, { what: 'stop' }, bob)).json).not.toHaveProperty('endsAt')
    const again = await work(directory)
    expect(again).toHaveLength(MANY)
    expect(again.every(({ stop: about }) => about?.until === undefined)).toBe(true)
    await directory.clock.advance(2 * HOUR_MS)
    expect(await api.get(id)).toMatchObject({ state: 'standing', emergency: true, confirmedBy: { name: 'bob' } })
  })

  test('is undone by the person who declared it, and by no other alone', async () => {
    await seedDevices(directory, MANY, 0)
    const bob = await api.tokenOf('operator', 'bob')
    const { id } = await api.stopped({ ...ALL, emergency: true })
    expect((await api.ask('POST', `/stops/${id}/release`, { reason: 'x' }, bob)).json).toMatchObject({
      state: 'release-waiting',
    })
    const other = await api.stopped({ ...ALL, emergency: true }, bob)
    expect((await api.ask('POST', `/stops/${other.id}/release`, { reason: 'a mistake' }, bob)).json).toMatchObject({
      state: 'released',
    })
  })

  test('of few devices is none', async () => {
    await seedDevices(directory, 1)
    const { stop, warnings } = await api.create({ ...ALL, emergency: true })
    expect(stop).toMatchObject({ state: 'standing', emergency: false })
    expect(stop).not.toHaveProperty('endsAt')
    expect(warnings).toEqual(['the stop needs no confirmation, so it is no emergency'])
  })
})
