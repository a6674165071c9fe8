import type { CreatedStop, StopView } from '../../../src/protocol/nouns/agents/stops.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { ask as askDocumented } from '../http/documented-answers.ts'
import {
  ALL,
  answer,
  codeIn,
  frozen,
  nothing,
  REASON,
  report,
  type StopApi,
  seedDevices,
  stopApi,
  work,
} from './stop-fixture.ts'

const HOUR_MS = 3_600_000
let directory: TestDirectory
let api: StopApi
directoryForAll((started) => {
  directory = started
  api = stopApi(directory)
})

test('a stop is in force, and done when all devices in scope have sent receipts', async () => {
  const [one, two] = await seedDevices(directory, 2)
  const created = await askDocumented(directory, 'POST', 'createStop', '/stops', ALL)
  expect(created.status).toBe(201)
  const { stop } = created.json as CreatedStop
  const id = stop?.id ?? ''
  expect(stop).toMatchObject({
    kind: 'freeze',
    selector: { all: true },
    reason: REASON,
    state: 'standing',
    twoPersons: false,
    createdBy: { name: 'administrator' },
    emergency: false,
    progress: { done: false, spreading: true },
  })
  const sent = await work(directory)
  expect(sent.map(({ device, kind, stop: about }) => ({ device, kind, about }))).toEqual(
    [one, two].toSorted().map((device) => ({
      device,
      kind: 'freeze',
      about: { id, selector: { select: 'all' }, by: 'administrator' },
    })),
  )
  expect((await api.get(id)).progress).toMatchObject({ devices: 2, waiting: 2, unreachable: 0, done: false })
  for (const order of sent) {
    await answer(directory, order, { stop: order.device === one ? frozen(2, 9) : nothing })
  }
  expect((await api.get(id)).progress).toEqual({
    devices: 2,
    waiting: 0,
    unreachable: 0,
    frozen: 1,
    nothingMatched: 1,
    failed: 0,
    released: 0,
    agents: 2,
    processes: 9,
    spreading: false,
    done: true,
  })
})

test('lists devices with receipts in pages, the unreachable and the failed first', async () => {
  const devices = await seedDevices(directory, 6, 5)
  const { id } = await api.stopped(ALL)
  const [first, second, third] = await work(directory)
  if (first === undefined || second === undefined || third === undefined) throw new Error('orders were sent')
  await answer(directory, first, { stop: frozen(1, 3) })
  await answer(directory, second, { outcome: 'failed', code: 'STOP_INCOMPLETE', stop: frozen(1, 2) })
  await answer(directory, third, { stop: nothing })
  const silent = devices.at(-1)
  const seen: unknown[] = []
  for (let cursor = ''; ; ) {
    const path = `/stops/${id}/devices?limit=2${cursor}`
    const { items, next } = Object((await askDocumented(directory, 'GET', 'listStopDevices', path)).json)
    expect(items.length).toBeLessThanOrEqual(2)
    seen.push(...items)
    if (next === undefined) break
    cursor = `&cursor=${next}`
  }
  expect(seen).toHaveLength(6)
  expect(seen).toMatchObject([
    { device: silent, state: 'unreachable' },
    { device: second.device, state: 'failed', code: 'STOP_INCOMPLETE', receipt: { method: 'cgroup2' } },
    ...[{ state: 'waiting' }, { state: 'waiting' }],
    { device: first.device, state: 'frozen', agents: 1, processes: 3, order: first.id, receipt: frozen(1, 3) },
    { device: third.device, state: 'nothing-matched' },
  ])
  const failed = await api.ask('GET', `/stops/${id}/devices?state=failed`)
  expect(Object(failed.json).items).toHaveLength(1)
  expect((await api.get(id)).progress).toMatchObject({ failed: 1, waiting: 3, unreachable: 1, done: false })
})

test.each([
  ['nothing is selected', { selector: {} }],
  ['everything and a device', { selector: { all: true, device: newTestId('dev') } }],
  ['everything and a product', { selector: { all: true, product: 'x' } }],
  ['an agent and a product', { selector: { device: newTestId('dev'), agent: 'a'.repeat(32), product: 'x' } }],
  ['an agent and a user', { selector: { device: newTestId('dev'), agent: 'a'.repeat(32), user: 'y' } }],
  ['an agent without its device', { selector: { agent: 'a'.repeat(32) } }],
  ['not everything', { selector: { all: false } }],
  ['an invisible reason', { reason: '\u200b \u202e' }],
  ['an end in the past', { until: 5 }],
  ['a drill of a product', { kind: 'drill', selector: { product: 'x' } }],
  ['a drill as an emergency', { kind: 'drill', emergency: true }],
])('%s is refused', async (_name, changes) => {
  await seedDevices(directory, 1)
  expect(codeIn(await api.ask('POST', '/stops', { ...ALL, ...changes }))).toBe('INPUT_MALFORMED')
  expect([(await directory.store.stops.list({ limit: 9 }, 0)).items, await api.acts()]).toEqual([[], []])
})

test('an unknown device, a retired one and an agent that was never there are refused', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const on = (selector: object) => api.ask('POST', '/stops', { ...ALL, selector })
  expect(codeIn(await on({ device: newTestId('dev') }))).toBe('DEVICE_UNKNOWN')
  expect(codeIn(await on({ device, agent: 'f'.repeat(32) }))).toBe('NOT_FOUND')
  // An extension is no agent.
  expect(codeIn(await on({ device, agent: '1'.repeat(32) }))).toBe('NOT_FOUND')
  await directory.services.devices.retire(device, 'lost', 'adm_test')
  expect(codeIn(await on({ device }))).toBe('DEVICE_RETIRED')
  expect((await directory.store.stops.list({ limit: 9 }, 0)).items).toEqual([])
})

test('a selector that matches nothing is allowed, and said', async () => {
  await seedDevices(directory, 1)
  expect((await api.create({ ...ALL, selector: { product: 'cluade-code' } })).warnings).toEqual([
    'no device ever reported the product "cluade-code": compare with agents list',
    'nothing that runs now matches: the stop holds for what starts later',
  ])
  expect((await api.create({ ...ALL, selector: { user: 'nobody' } })).warnings).toHaveLength(1)
  expect((await api.create(ALL)).warnings).toEqual([])
})

test.each(['freeze', 'retire', 'drill'] as const)('a %s that is done without saying how has failed', async (kind) => {
  const [device = ''] = await seedDevices(directory, 1)
  const { id } = await api.stopped({ ...ALL, kind })
  const [order] = await work(directory)
  if (order === undefined) throw new Error('no order was sent')
  await answer(directory, order)
  expect((await api.get(id)).progress).toMatchObject({ failed: 1, frozen: 0, nothingMatched: 0, done: false })
  const { items } = Object((await api.ask('GET', `/devices/${device}/orders`)).json)
  expect(items).toMatchObject([{ id: order.id, status: 'failed', code: 'FRAME_MALFORMED' }])
  // The receipt is in. A second one with what was frozen changes nothing: the order that follows asks again.
  await answer(directory, order, { stop: frozen(1, 2) })
  expect((await api.get(id)).progress).toMatchObject({ failed: 1, agents: 0 })
  await directory.clock.advance(HOUR_MS)
  const [again] = await work(directory)
  if (again === undefined) throw new Error('it was not ordered again')
  await answer(directory, again, { stop: frozen(1, 2) })
  expect((await api.get(id)).progress).toMatchObject({ frozen: 1, agents: 1, done: true })
})

test('each device with an order answers a release, and a second release is refused', async () => {
  const [one = '', two = ''] = await seedDevices(directory, 2, 1)
  const { id } = await api.stopped(ALL)
  for (const order of await work(directory)) await answer(directory, order, { stop: frozen(3, 4) })
  const released = await askDocumented(directory, 'POST', 'releaseStop', `/stops/${id}/release`, { reason: 'mended' })
  expect(released.json).toMatchObject({ state: 'released', release: { reason: 'mended' } })
  const sent = await work(directory)
  expect(sent).toMatchObject([{ device: one, kind: 'release', reason: 'mended', stop: { id, by: 'administrator' } }])
  expect((await api.get(id)).progress).toMatchObject({ waiting: 1, released: 1, done: false })
  for (const order of sent) await answer(directory, order, { stop: nothing })
  expect((await api.get(id)).progress).toMatchObject({ released: 2, agents: 3, processes: 4, done: true })
  const { items } = Object((await api.ask('GET', `/stops/${id}/devices`)).json)
  expect(items.map(({ device, receipt }: { device: string; receipt?: object }) => ({ device, receipt }))).toEqual(
    [one, two].toSorted().map((device) => (device === one ? { device, receipt: frozen(3, 4) } : { device })),
  )
  expect(codeIn(await api.ask('POST', `/stops/${id}/release`, { reason: 'again' }))).toBe('CONFLICT')
})

test.each(['x', 'failed', 'frozen.', '.dev_x', '5.dev_x'])(
  'the cursor %s is refused or begins somewhere',
  async (cursor) => {
    await seedDevices(directory, 1)
    const { id } = await api.stopped(ALL)
    const answered = await api.ask('GET', `/stops/${id}/devices?cursor=${cursor}`)
    expect([200, 400]).toContain(answered.status)
  },
)

test.each(['viewer', 'auditor'] as const)('the role %s may not stop, confirm or release', async (role) => {
  await seedDevices(directory, 1, 0)
  const { id } = await api.stopped(ALL)
  const token = await api.tokenOf(role)
  for (const [path, body] of [
    ['/stops', ALL],
    ['/stops', { ...ALL, dryRun: true }],
    [`/stops/${id}/confirm`, { what: 'stop' }],
    [`/stops/${id}/release`, { reason: 'x' }],
  ] as const) {
    expect(codeIn(await api.ask('POST', path, body, token))).toBe('NOT_PERMITTED')
  }
  expect((await api.get(id)).state).toBe('standing')
})

test.each(['read', 'decide'] as const)('a service with the scope %s may neither stop nor see stops', async (role) => {
  const { token } = await directory.services.principals.add(
    { kind: 'service', name: role, role, ttlMs: HOUR_MS },
    'adm_test',
  )
  expect(codeIn(await api.ask('POST', '/stops', ALL, token))).toBe('NOT_PERMITTED')
  expect(codeIn(await api.ask('GET', '/stops', undefined, token))).toBe('NOT_PERMITTED')
})

test('stops are listed newest first, in pages and by state', async () => {
  await seedDevices(directory, 1)
  const ids: string[] = []
  for (let at = 0; at < 5; at++) ids.push((await api.stopped({ ...ALL, reason: `r${at}` })).id)
  await api.ask('POST', `/stops/${ids[2]}/release`, { reason: 'x' })
  const first = Object((await askDocumented(directory, 'GET', 'listStops', '/stops?limit=3')).json)
  const rest = Object((await api.ask('GET', `/stops?limit=3&cursor=${first.next}`)).json)
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids.toReversed())
  expect(rest).not.toHaveProperty('next')
  const standing = Object((await api.ask('GET', '/stops?state=standing')).json)
  expect(standing.items.map(({ id }: StopView) => id)).toEqual(ids.filter((_, at) => at !== 2).toReversed())
})

test('everything is on the record with who did it, and what devices report later too', async () => {
  const [device = ''] = await seedDevices(directory, 1)
  const { id } = await api.stopped(ALL)
  const [order] = await work(directory)
  if (order === undefined) throw new Error('no order was sent')
  await answer(directory, order, { stop: { ...frozen(1, 3), weaknesses: ['network-open'], network: 'open' } })
  const event = { stop: id, processes: 2, time: 9 } as const
  await report(directory, device, {
    stopEvents: [
      { ...event, kind: 'frozen', agent: 'a'.repeat(32), product: 'codex', user: 'ada' },
      { ...event, kind: 'ended' },
      { ...event, kind: 'escaped', reason: 'moved its cgroup' },
      { ...event, kind: 'refused', by: 'ada' },
      { ...event, kind: 'frozen', stop: 'local', by: 'ada' },
    ],
  })
  const events = (await directory.store.events.list({ limit: 100, device })).filter(({ kind }) =>
    kind.startsWith('stop-'),
  )
  expect(events.map(({ kind, actor, facts }) => ({ kind, actor, facts }))).toMatchObject([
    { kind: 'stop-event', actor: device, facts: { kind: 'frozen', stop: 'local', by: 'ada' } },
    { kind: 'stop-event', actor: device, facts: { kind: 'refused', stop: id } },
    { kind: 'stop-event', actor: device, facts: { kind: 'escaped', reason: 'moved its cgroup' } },
    { kind: 'stop-event', actor: device, facts: { kind: 'ended' } },
    { kind: 'stop-event', actor: device, facts: { kind: 'frozen', product: 'codex', deviceTime: 9 } },
    {
      kind: 'stop-answered',
      actor: device,
      facts: {
        stop: id,
        order: order.id,
        outcome: 'done',
        method: 'cgroup2',
        agents: 1,
        processes: 3,
        network: 'open',
        missed: 0,
        weaknesses: 'network-open',
        confirmedAt: 7,
      },
    },
  ])
  const { items } = Object((await api.ask('GET', `/stops/${id}/devices`)).json)
  expect(items).toMatchObject([{ state: 'frozen', frozenLater: 1, endedLater: 1, escaped: 1 }])
  const created = Object((await api.ask('GET', `/events?stop=${id}&kind=stop-created`)).json)
  expect(created.items).toMatchObject([{ kind: 'stop-created', subject: id }])
  const paged = Object((await api.ask('GET', `/events?stop=${id}&limit=2`)).json)
  expect(paged.items.map(({ kind }: { kind: string }) => kind)).toEqual(['stop-event', 'stop-event'])
  const rest = Object((await api.ask('GET', `/events?stop=${id}&cursor=${paged.next}`)).json)
  expect(rest.items.at(-1)).toMatchObject({ kind: 'stop-created', actorName: 'administrator' })
})

test('the end that was asked for goes to the devices, and bounds the order', async () => {
  await seedDevices(directory, 1)
  const until = directory.clock.now() + HOUR_MS
  const { id } = await api.stopped({ ...ALL, kind: 'retire', until })
  expect(await work(directory)).toMatchObject([{ kind: 'retire', notAfter: until, stop: { until } }])
  await directory.clock.advance(HOUR_MS)
  expect((await api.get(id)).state).toBe('ended')
  expect(codeIn(await api.ask('POST', `/stops/${id}/release`, { reason: 'x' }))).toBe('CONFLICT')
})

test('metrics count stops and the devices of those in force', async () => {
  const devices = await seedDevices(directory, 3)
  await api.stopped(ALL)
  const [first] = await work(directory)
  if (first === undefined) throw new Error('no order was sent')
  await answer(directory, first, { outcome: 'failed', code: 'STOP_INCOMPLETE' })
  const { text } = await directory.ask('GET', '/metrics')
  expect(devices).toHaveLength(3)
  expect(text).toContain('surety_directory_stops{state="standing"} 1\n')
  expect(text).toContain('surety_directory_stop_devices{state="failed"} 1\n')
  expect(text).toContain('surety_directory_stop_devices{state="waiting"} 2\n')
})
