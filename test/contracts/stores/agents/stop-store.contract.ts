import type { NewStop } from '../../../../src/directory/stops/stop-store.ts'
import type { DirectoryStore } from '../../../../src/directory/store/directory-store.ts'
import type { StopReceipt } from '../../../../src/protocol/stop.ts'
import { agentSighting, extensionSighting, unknownAgent } from '../../../support/protocol/sample-sightings.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../seeds.ts'

const ADA = { id: 'adm_1', name: 'ada' }
export const newStop = (number: number, changes: Partial<NewStop> = {}): NewStop => ({
  id: idOf('stop', number),
  kind: 'freeze',
  selector: { all: true },
  reason: 'r',
  state: 'standing',
  created: { at: 5, by: ADA },
  emergency: false,
  twoPersons: false,
  ...changes,
})
const receipt: StopReceipt = {
  method: 'cgroup2',
  agents: [],
  agentCount: 2,
  processCount: 3,
  network: 'cut',
  missed: [],
  weaknesses: [],
}
const now = { now: 10, limit: 9 }

async function added(store: DirectoryStore, number: number, changes: Partial<NewStop> = {}) {
  await store.stops.add(newStop(number, changes), { spread: true })
  const stored = await store.stops.get(idOf('stop', number))
  if (stored === undefined) throw new Error('the stop is not there')
  return stored
}

/** Issues the orders that are due for the device. */
async function order(store: DirectoryStore, device: string, number: number) {
  const [due] = await store.stopDevices.due(device, now)
  if (due === undefined) throw new Error('nothing is due')
  const id = idOf('ord', number)
  const about = { id: due.stop.id, selector: { select: 'all' as const }, by: 'ada' }
  const whole = { type: 'order', id, device, epoch: 1, number, kind: 'freeze', reason: 'r', notAfter: 100 } as const
  await store.orders.put({ order: { ...whole, stop: about }, compact: id }, { at: 10, by: ADA.id, stop: due.stop.id })
  await store.stopDevices.putOrder(due, device, { id, at: 10, dueAt: 100 })
  return id
}

export function describeStopStore({ name, open }: Engine): void {
  describe(`${name} keeps the StopStore contract`, () => {
    test('gives a stop back as it was, newest first, and by its state at a time', async () => {
      const store = await open()
      await seed(store)
      const whole = await added(store, 1, { endsAt: 50, until: 50, twoPersons: true, confirmed: { at: 6, by: ADA } })
      await added(store, 2, { state: 'waiting', endsAt: 20 })
      await added(store, 3, { selector: { device: DEVICE, product: 'codex' }, kind: 'retire' })
      expect(whole).toEqual({
        ...newStop(1, { endsAt: 50, until: 50, twoPersons: true, confirmed: { at: 6, by: ADA } }),
        number: 1,
      })
      const list = async (page: Parameters<typeof store.stops.list>[0], at = 10) =>
        (await store.stops.list(page, at)).items.map(({ number }) => number)
      expect([await list({ limit: 2 }), await list({ limit: 2, cursor: '2' })]).toEqual([[3, 2], [1]])
      expect(await list({ named: idOf('stop', 3) })).toEqual([3])
      expect([await list({ named: 'stop_nothing' }), await list({ named: 'stop_' })]).toEqual([[], []])
      expect(await list({ device: DEVICE })).toEqual([3])
      expect(await list({ kind: 'retire', state: 'standing' })).toEqual([3])
      expect(await list({ kind: 'drill' })).toEqual([])
      expect([await list({ state: 'ended' }, 50), await list({ state: 'ended' }, 49)]).toEqual([[1], []])
      expect(await list({ sort: 'ends' })).toEqual([2, 1, 3])
      expect([await list({ state: 'waiting' }), await list({ state: 'waiting' }, 20)]).toEqual([[2], []])
      expect([await list({ state: 'lapsed' }, 20), await list({ state: 'standing' }, 50)]).toEqual([[2], [3]])
      expect(await store.stops.openCount(10)).toBe(3)
      expect(await store.stops.openCount(20)).toBe(2)
      expect(await store.stops.openCount(50)).toBe(1)
      expect((await store.stops.pastEnd(50, 9)).map(({ number }) => number)).toEqual([1])
      expect(await store.stops.get(idOf('stop', 9))).toBeUndefined()
    })

    test('spreads over active devices in slices, and makes an order due for each', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE }, { id: idOf('dev', 3) }, { id: idOf('dev', 4), status: 'retired' })
      const all = await added(store, 1)
      expect(await store.stops.spreading()).toEqual(all)
      expect(await store.stops.spread(all, 2)).toEqual([DEVICE, OTHER_DEVICE])
      const before = { devices: 2, waiting: 2, spreading: true, done: false }
      expect(await store.stopProgress.progress(all)).toMatchObject(before)
      expect(await store.stops.spread(all, 2)).toEqual([idOf('dev', 3)])
      expect([await store.stops.spreading(), (await store.stopProgress.progress(all)).devices]).toEqual([undefined, 3])
      const one = await added(store, 2, { selector: { device: OTHER_DEVICE } })
      expect(await store.stops.spread(one, 9)).toEqual([OTHER_DEVICE])
      expect((await store.stopDevices.due(OTHER_DEVICE, now)).map((due) => due.stop.number)).toEqual([1, 2])
      expect(await store.stopDevices.due(OTHER_DEVICE, { now: 10, limit: 1 })).toHaveLength(1)
      expect(await store.stopDevices.due(idOf('dev', 4), now)).toEqual([])
    })

    test('counts active devices', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE }, { id: idOf('dev', 3), status: 'retired' })
      expect(await store.stops.activeDevices()).toBe(2)
    })

    test('knows what a person put in force alone, and which emergencies', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE }, { id: idOf('dev', 3), status: 'retired' })
      const alone = (number: number, changes: Partial<NewStop>) => added(store, number, { aloneBy: 'ada', ...changes })
      const first = await alone(1, { selector: { device: DEVICE } })
      await alone(2, { selector: { device: DEVICE, product: 'codex' } })
      await alone(3, { selector: { device: idOf('dev', 3) } })
      await alone(4, { selector: { user: 'x' }, kind: 'retire' })
      await alone(5, { selector: { user: 'waiting' }, state: 'waiting' })
      await alone(6, { selector: { user: 'over' }, endsAt: 10 })
      const emergency = await alone(7, { emergency: true })
      await added(store, 8, { selector: { user: 'of another' }, aloneBy: 'bob' })
      await added(store, 9, { selector: { user: 'of two' } })
      const asked = { now: 10, since: 0, most: 9 }
      const found = (...people: readonly string[]) => store.onePersonStops.inForceAlone(people, asked)
      expect(await found('ada')).toEqual([
        { kind: 'freeze', selector: { device: DEVICE } },
        { kind: 'retire', selector: { user: 'x' } },
      ])
      expect([(await found('ada', 'bob')).length, await found('carol')]).toEqual([3, []])
      await store.stops.update({ ...first, aloneBy: undefined }, { spread: false })
      expect(await found('ada')).toHaveLength(2)
      expect(await store.onePersonStops.emergencies(['bob', 'ada'], 4)).toEqual([emergency])
      expect(await store.onePersonStops.emergencies(['ada'], 5)).toEqual([])
    })

    test('finds the confirmation of a stop of a whole registration', async () => {
      const store = await open()
      await seed(store)
      const registration = idOf('agt', 1)
      const confirmed = { at: 6, by: { id: 'adm_2', name: 'bob' } }
      const found = (kind: 'freeze' | 'retire') => store.onePersonStops.confirmedFor(registration, kind)
      await added(store, 1, { selector: { registration } })
      await added(store, 2, { selector: { registration, device: DEVICE }, confirmed })
      await added(store, 3, { selector: { registration }, confirmed, state: 'released' })
      expect(await found('freeze')).toBeUndefined()
      await added(store, 4, { selector: { registration }, confirmed, endsAt: 20 })
      expect(await found('freeze')).toBeUndefined()
      await added(store, 6, { selector: { registration }, confirmed })
      expect([await found('freeze'), await found('retire')]).toEqual([confirmed, undefined])
      await added(store, 5, { selector: { registration }, confirmed, kind: 'retire' })
      expect([await found('freeze'), await found('retire')]).toEqual([confirmed, confirmed])
    })

    test('knows whether a stop of a registration waits or is in force', async () => {
      const store = await open()
      await seed(store)
      const [inForce, waiting, released] = [idOf('agt', 1), idOf('agt', 2), idOf('agt', 3)]
      await added(store, 1, { selector: { registration: inForce } })
      await added(store, 2, { selector: { registration: waiting }, state: 'waiting', endsAt: 20 })
      await added(store, 3, { selector: { registration: released }, state: 'released' })
      const isOpen = (registration: string, at = 10) => store.stopScopes.hasOpenStop(registration, at)
      expect([await isOpen(inForce), await isOpen(waiting), await isOpen(waiting, 20), await isOpen(released)]).toEqual(
        [...[true, true], ...[false, false]],
      )
    })

    test('names the active devices that report a product or a user, up to a bound', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE }, { id: idOf('dev', 3) })
      const put = (device: string, one: Parameters<typeof store.sightings.put>[1]) =>
        store.sightings.put(device, one, { snapshot: 's', at: 1 })
      const user = { id: '1000', name: 'ada' }
      const long = 'x'.repeat(70)
      for (const device of [DEVICE, idOf('dev', 3)]) await put(device, agentSighting('1', { user, state: 'installed' }))
      await put(OTHER_DEVICE, agentSighting('2'))
      await put(OTHER_DEVICE, unknownAgent('3', { name: long, user: { id: '0', name: 'root' } }))
      await store.accounts.seen(OTHER_DEVICE, { id: '1000', name: 'ada' }, { at: 1 })
      await store.devices.retire(idOf('dev', 3))
      const { devicesReporting, devicesOfUser } = store.stopReached
      expect((await devicesReporting({ product: 'claude-code' }, 9)).toSorted()).toEqual([DEVICE, OTHER_DEVICE])
      expect(await devicesReporting({ product: 'claude-code' }, 1)).toHaveLength(1)
      expect(await devicesReporting({ product: 'claude-code', user: 'ada' }, 9)).toEqual([DEVICE])
      // A stop has the beginning of a long name.
      expect(await devicesReporting({ product: long.slice(0, 64) }, 9)).toEqual([OTHER_DEVICE])
      expect(await devicesReporting({ product: long.slice(0, 63) }, 9)).toEqual([])
      expect(await devicesOfUser('ada', 9)).toEqual([DEVICE, OTHER_DEVICE])
      expect([await devicesOfUser('root', 9), await devicesOfUser('a', 9)]).toEqual([[OTHER_DEVICE], []])
    })

    test('an order is due again at its time, after the one before expired or was withdrawn', async () => {
      const store = await open()
      await seed(store)
      await store.stops.spread(await added(store, 1), 9)
      const first = await order(store, DEVICE, 1)
      expect([
        await store.stopDevices.due(DEVICE, { ...now, now: 99 }),
        await store.stopDevices.due(DEVICE, { ...now, now: 100 }),
      ]).toMatchObject([[], [{ release: false, before: first }]])
      const [due] = await store.stopDevices.due(DEVICE, { ...now, now: 100 })
      if (due === undefined) throw new Error('nothing is due')
      await store.stopDevices.putOrder(due, DEVICE, { id: idOf('ord', 2), at: 100, dueAt: 200 })
      expect((await store.orders.view(first, 100))?.status).toBe('expired')
    })

    test('knows which stop an order is of, and whether another order came since', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      await store.stops.spread(await added(store, 1), 9)
      const id = await order(store, DEVICE, 1)
      const answered = { number: 1, stop: idOf('stop', 1), kind: 'freeze', newest: true }
      expect(await store.stopDevices.answeredOrder(DEVICE, id)).toEqual(answered)
      expect(await store.stopDevices.answeredOrder(OTHER_DEVICE, id)).toBeUndefined()
      expect(await store.stopDevices.answeredOrder(DEVICE, idOf('ord', 9))).toBeUndefined()
      const [due] = await store.stopDevices.due(DEVICE, { ...now, now: 100 })
      if (due !== undefined) await store.stopDevices.putOrder(due, DEVICE, { id: idOf('ord', 2), at: 100, dueAt: 200 })
      expect(await store.stopDevices.answeredOrder(DEVICE, id)).toEqual({ ...answered, newest: false })
    })

    test('answers are counted by state, and listed with the receipt, the worst first', async () => {
      const store = await open()
      const third = idOf('dev', 3)
      await seed(store, {}, { id: OTHER_DEVICE }, { id: third })
      const all = await added(store, 1)
      await store.stops.spread(all, 9)
      const answered = { number: 1, stop: all.id, kind: 'freeze', newest: true } as const
      await store.stopDevices.putAnswer(DEVICE, answered, { receipt })
      await store.stopDevices.putAnswer(DEVICE, answered, { answer: { state: 'frozen', at: 7 } })
      const failed = { state: 'failed', at: 8, code: 'STOP_INCOMPLETE', dueAt: 20 } as const
      await store.stopDevices.putAnswer(OTHER_DEVICE, answered, { answer: failed })
      await store.stopDevices.putAnswer(third, answered, {})
      expect(await store.stopProgress.progress(all, (device) => device !== third)).toEqual({
        devices: 3,
        waiting: 1,
        unreachable: 1,
        frozen: 1,
        nothingMatched: 0,
        failed: 1,
        released: 0,
        agents: 2,
        processes: 3,
        spreading: false,
        done: false,
      })
      const list = async (page: object) =>
        (await store.stopProgress.devices(all, { limit: 9, isConnected: () => true, ...page })).items
      expect((await list({ isConnected: () => false })).map(({ device, state }) => `${device} ${state}`)).toEqual([
        ...[`${third} unreachable`, `${OTHER_DEVICE} failed`, `${DEVICE} frozen`],
      ])
      expect((await list({ after: { state: 'failed', device: OTHER_DEVICE } })).map(({ state }) => state)).toEqual([
        ...['waiting', 'frozen'],
      ])
      expect(await list({ state: 'frozen' })).toEqual([
        {
          device: DEVICE,
          hostname: 'laptop',
          owner: 'ada',
          state: 'frozen',
          answeredAt: 7,
          receipt,
          agents: 2,
          processes: 3,
          frozenLater: 0,
          endedLater: 0,
          escaped: 0,
        },
      ])
      expect(await store.stopProgress.devices(all, { limit: 1, isConnected: () => true })).toMatchObject({ more: true })
      expect(await store.stopDevices.due(OTHER_DEVICE, { ...now, now: 19 })).toEqual([])
      expect(await store.stopDevices.due(OTHER_DEVICE, { ...now, now: 20 })).toHaveLength(1)
    })

    test('a release is due where an order went out, and nowhere else', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      const all = await added(store, 1)
      await store.stops.spread(all, 9)
      const id = await order(store, DEVICE, 1)
      await store.stops.update(
        { ...all, state: 'released', release: { at: 9, by: ADA, reason: 'x' } },
        { spread: true },
      )
      const released = await store.stops.spreading()
      if (released === undefined) throw new Error('nothing spreads')
      expect(await store.stops.spread(released, 9)).toEqual([DEVICE, OTHER_DEVICE])
      expect(await store.stopDevices.due(DEVICE, now)).toMatchObject([{ release: true, before: id }])
      expect(await store.stopDevices.due(OTHER_DEVICE, now)).toEqual([])
      expect((await store.orders.view(id, 10))?.status).toBe('withdrawn')
      expect(await store.orders.pending(DEVICE, { epoch: 1, now: 10 })).toEqual([])
      expect(await store.stopProgress.progress(all)).toMatchObject({ waiting: 1, released: 1 })
    })

    test('events of a stop are counted, and others change nothing', async () => {
      const store = await open()
      await seed(store)
      const all = await added(store, 1)
      await store.stops.spread(all, 9)
      const event = { stop: all.id, processes: 1, time: 1 }
      const put = (kind: 'frozen' | 'ended' | 'escaped' | 'refused' | 'released', changes = {}) =>
        store.stopDevices.putEvent(DEVICE, { ...event, kind, ...changes })
      expect([
        await put('frozen'),
        await put('frozen'),
        await put('ended'),
        await put('escaped'),
        await put('refused'),
      ]).toEqual([...[true, true, true, true, true]])
      expect([await put('frozen', { stop: 'local' }), await put('frozen', { stop: idOf('stop', 9) })]).toEqual([
        false,
        false,
      ])
      const details = {}
      for (const at of [1, 2, 3]) {
        await store.audit.add({ at, actor: DEVICE, act: 'stop-event', subject: all.id, device: DEVICE, details })
      }
      const more = (count: number, since: number) => store.stopDevices.hasMoreEvents(DEVICE, count, since)
      expect([await more(2, 0), await more(2, 1), await more(1, 1), await more(3, 0)]).toEqual([
        true,
        false,
        true,
        false,
      ])
      expect(await store.stopDevices.hasMoreEvents(OTHER_DEVICE, 0, 0)).toBe(false)
      const [device] = (await store.stopProgress.devices(all, { limit: 9, isConnected: () => true })).items
      expect(device).toMatchObject({ frozenLater: 2, endedLater: 1, escaped: 1 })
    })

    test('counts stops and devices of stops in force for metrics', async () => {
      const store = await open()
      await seed(store)
      await store.stops.spread(await added(store, 1), 9)
      await added(store, 2, { state: 'waiting' })
      await added(store, 3, { state: 'released' })
      expect(await store.stopProgress.counts()).toMatchObject({
        stops: { standing: 1, waiting: 1, 'release-waiting': 0 },
        devices: { waiting: 1, frozen: 0 },
      })
    })

    test('counts the stops in force of one device, and those that it has answered', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      const answered = await added(store, 1)
      const one = await added(store, 2, { selector: { device: DEVICE }, endsAt: 50 })
      const drill = await added(store, 3, { kind: 'drill' })
      for (const each of [answered, one, drill]) await store.stops.spread(each, 9)
      await added(store, 4, { state: 'waiting' })
      const done = { answer: { state: 'frozen', at: 7 } } as const
      await store.stopDevices.putAnswer(DEVICE, answered, done)
      expect(await store.stopProgress.onDevice(DEVICE, 10)).toEqual({ standing: 2, answered: 1 })
      expect(await store.stopProgress.onDevice(DEVICE, 50)).toEqual({ standing: 1, answered: 1 })
      expect(await store.stopProgress.onDevice(OTHER_DEVICE, 10)).toEqual({ standing: 1, answered: 0 })
      await store.stops.update({ ...answered, state: 'released' }, { spread: true })
      expect(await store.stopProgress.onDevice(DEVICE, 10)).toEqual({ standing: 1, answered: 0 })
      expect(await store.stopProgress.onDevice(idOf('dev', 9), 10)).toEqual({ standing: 0, answered: 0 })
    })

    test('running agents are those that run on active devices, in pages', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE }, { id: idOf('dev', 3) })
      const part = { role: 'agent', startTicks: 1, parentPid: 1, executable: '/x', because: 'child' } as const
      const parts = {
        parts: [
          { ...part, pid: 4 },
          { ...part, pid: 5 },
        ],
        morePartsCount: 7,
      }
      const user = { id: '1000', name: 'ada' }
      const put = (device: string, one: Parameters<typeof store.sightings.put>[1]) =>
        store.sightings.put(device, one, { snapshot: 's', at: 1 })
      const evidence = [
        'script /b/x, which lies at /l/node_modules/@a/b/x.js, run by /n/node',
        'executable /c, a command of npm package d',
      ]
      await put(DEVICE, agentSighting('1', { ...parts, user, workspace: '/w', evidence }))
      await put(DEVICE, agentSighting('2', { state: 'installed' }))
      await put(DEVICE, extensionSighting('3'))
      await put(OTHER_DEVICE, agentSighting('4', { morePartsCount: Number.MAX_SAFE_INTEGER }))
      await put(idOf('dev', 3), agentSighting('5'))
      await store.devices.retire(idOf('dev', 3))
      const first = {
        device: DEVICE,
        hostname: 'laptop',
        owner: 'ada',
        agent: '1'.repeat(32),
        name: 'Claude Code',
        product: 'claude-code',
        user: 'ada',
        workspace: '/w',
        process: undefined,
        moreProcesses: 7,
        programs: ['/b/x', '/l/node_modules/@a/b/x.js'],
        packages: ['@a/b', 'd'],
        parts: [
          { ...part, pid: 4 },
          { ...part, pid: 5 },
        ],
      }
      expect(await store.runningAgents.running({ limit: 1 })).toEqual([first])
      expect(await store.runningAgents.running({ after: first, limit: 9 })).toMatchObject([
        { device: OTHER_DEVICE, parts: [], moreProcesses: 1_000_000 },
      ])
      expect(await store.runningAgents.running({ device: OTHER_DEVICE, limit: 9 })).toHaveLength(1)
    })
  })
}
