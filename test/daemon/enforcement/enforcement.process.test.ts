import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MAX_STOPS_BYTES, stopsReader } from '../../../src/daemon/enforcement/stops/stops-file.ts'
import { stateFile } from '../../../src/daemon/state/state-file.ts'
import { agentOf, stopOf, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

function fileIn(folder: string) {
  return stateFile(
    { clock: new FakeClock(), onSetAside: () => undefined },
    { folder, name: 'stops.json', reader: stopsReader, maxBytes: MAX_STOPS_BYTES },
  )
}

asRoot('a stop', () => {
  test('holds what it selects, confirms it in its receipt, and frees it on release', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const sighting = agentOf(agent)
    stops.scanned([sighting, agentOf(other, { catalogueId: 'another' })])
    const stop = stopOf({ selector: { select: 'product', product: 'tester' } })
    const { receipt, code } = await stops.enforcement.stop(stop)
    expect(code).toBeUndefined()
    expect(receipt).toMatchObject({
      method: 'cgroup2',
      agentCount: 1,
      processCount: 2,
      network: 'open',
      missed: [],
      agents: [{ agent: sighting.id, product: 'tester', user: 'ada' }],
    })
    expect(receipt.confirmedAt).toEqual(expect.any(Number))
    expect(receipt.agents[0]?.processes[0]).toMatchObject({ pid: agent.pid, executable: expect.stringMatching(/sh$/) })
    expect(stops.frozen()).toEqual({ [sighting.id]: [{ stop: stop.id, by: stop.by, reason: stop.reason }] })
    expect(await agent.writes()).toBe(false)
    await other.goesOn()
    const released = await stops.enforcement.release([stop.id])
    expect(released.receipt).toMatchObject({ agentCount: 1, processCount: 2 })
    await agent.goesOn()
    expect([stops.enforcement.stops, stops.enforcement.held, stops.frozen()]).toEqual([[], [], {}])
  })

  test('of nothing is kept for later, and stops what starts then', async () => {
    using folder = temporaryFolder()
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const { receipt } = await stops.enforcement.stop(stopOf())
    expect(receipt).toEqual({
      method: 'none',
      agents: [],
      agentCount: 0,
      processCount: 0,
      network: 'none',
      missed: [],
      weaknesses: [],
      pausedMs: 0,
    })
    await using agent = await countingAgent(folder.path, 'a')
    stops.scanned([agentOf(agent)])
    await waitFor('the stop of what started later', () => stops.events.length > 0)
    expect(stops.events).toMatchObject([{ kind: 'frozen', product: 'tester', processes: 2 }])
    expect(await agent.writes()).toBe(false)
  })

  test.each([
    ['fails', async () => Promise.reject(new Error('no memory'))],
    ['finds out nothing', async () => undefined],
  ])('is in force and not done where the first scan %s', async (_, scan) => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName(), scan })
    const { receipt, code } = await stops.enforcement.stop(stopOf())
    expect([code, receipt.method, stops.enforcement.stops.length]).toEqual(['STOP_INCOMPLETE', 'none', 1])
    stops.scanned([agentOf(agent)])
    await waitFor('the stop by a later scan', () => stops.events.length > 0)
    expect(await agent.writes()).toBe(false)
  })

  test('of a match takes only that, also later starts and after a death of the daemon', async () => {
    using folder = temporaryFolder()
    const init = { folder: folder.path, name: freezerName() }
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    const first = await testEnforcement(init)
    const [inside, outside] = [
      agentOf(agent, { workspace: '/srv/code/one' }),
      agentOf(other, { workspace: '/srv/codes' }),
    ]
    first.scanned([inside, outside])
    const stop = stopOf({
      selector: { select: 'match', products: ['tester'], users: ['ada'], workspaces: ['/srv/code'] },
    })
    const { receipt } = await first.enforcement.stop(stop)
    expect(receipt).toMatchObject({ agentCount: 1, agents: [{ agent: inside.id }] })
    expect(await agent.writes()).toBe(false)
    await other.goesOn()
    await first.die()
    await using second = await testEnforcement(init)
    // Before a scan, by what is written down of it.
    expect((await second.enforcement.stop(stop)).receipt).toMatchObject({
      agentCount: 1,
      agents: [{ agent: inside.id }],
    })
    await using late = await countingAgent(folder.path, 'c')
    second.scanned([inside, outside, agentOf(late, { workspace: '/srv/code' })])
    await waitFor('the stop of what started later', () => second.events.length > 0)
    expect(await late.writes()).toBe(false)
    await other.goesOn()
    await second.enforcement.release([stop.id])
    await agent.goesOn()
    await late.goesOn()
  })

  test('takes the agents along that an agent has started', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using nested = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const inner = agentOf(nested, { catalogueId: 'inner' })
    const { pid, startTicks } = nested
    const part = { role: 'tool', pid, startTicks, parentPid: 1, executable: '/bin/sh', because: 'child' } as const
    const outer = agentOf(agent, { parts: [part] })
    stops.scanned([outer, inner], new Map([[outer.id, [agent]]]))
    const { receipt } = await stops.enforcement.stop(stopOf({ selector: { select: 'agent', agent: outer.id } }))
    expect(receipt.agents.map((one) => one.product).sort()).toEqual(['inner', 'tester'])
    expect([await agent.writes(), await nested.writes()]).toEqual([false, false])
  })

  test('that overlaps another one ends with the last of them', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    stops.scanned([agentOf(agent)])
    const [one, two] = [stopOf({ origin: 'local' }), stopOf({ selector: { select: 'user', user: 'ada' } })]
    const holders = () => Object.values(stops.frozen()).map((all) => all.map(({ stop }) => stop))
    await stops.enforcement.stop(one)
    await stops.enforcement.stop(two)
    expect(holders()).toEqual([[two.id, 'local']])
    expect((await stops.enforcement.release([one.id])).receipt.agentCount).toBe(0)
    expect(holders()).toEqual([[two.id]])
    expect(await agent.writes()).toBe(false)
    expect((await stops.enforcement.release([one.id])).receipt.agentCount).toBe(0)
    expect((await stops.enforcement.release([two.id])).receipt.agentCount).toBe(1)
    await agent.goesOn()
  })

  test('ends at its set time, by the clock of the directory', async () => {
    using folder = temporaryFolder()
    let time: number | undefined
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({
      folder: folder.path,
      name: freezerName(),
      directoryTime: () => time,
    })
    const found = [agentOf(agent)]
    stops.scanned(found)
    await stops.enforcement.stop(stopOf({ until: 5_000 }))
    for (const known of [undefined, 4_999]) {
      time = known
      stops.scanned(found)
      expect(await agent.writes()).toBe(false)
    }
    time = 5_000
    stops.scanned(found)
    await waitFor('its end', () => stops.enforcement.stops.length === 0)
    await agent.goesOn()
    expect(stops.events).toMatchObject([{ kind: 'released', reason: 'its time is over' }])
  })

  test('to retire ends the agent, also one that starts later', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    stops.scanned([agentOf(agent)])
    const { receipt } = await stops.enforcement.stop(stopOf({ kind: 'retire' }))
    expect(receipt).toMatchObject({ method: 'cgroup2', agentCount: 1, processCount: 2 })
    expect(await agent.writes()).toBe(false)
    expect(stops.enforcement.held).toEqual([])
    // Until the kernel has removed what is killed, a scan may find it and end it again.
    expect(stops.events[0]).toMatchObject({ kind: 'ended', reason: 'retired', processes: 2 })
    await using late = await countingAgent(folder.path, 'b')
    const found = agentOf(late)
    stops.scanned([found])
    const ofLate = () => stops.events.filter((event) => event.agent === found.id).map(({ kind }) => kind)
    await waitFor('the end of the new one', () => ofLate().length === 2)
    expect(ofLate()).toEqual(['frozen', 'ended'])
    expect(await late.writes()).toBe(false)
  })

  test('reports a frozen agent that was killed', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    stops.scanned([agentOf(agent)])
    await stops.enforcement.stop(stopOf())
    agent.kill()
    await waitFor('its end', async () => {
      stops.scanned([])
      return stops.events.length > 0 && stops.enforcement.held.length === 0
    })
    expect(stops.events).toMatchObject([{ kind: 'ended', processes: 2 }])
  })

  test('takes back a process that root moved out, and reports it', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const found = [agentOf(agent)]
    stops.scanned(found)
    const { receipt } = await stops.enforcement.stop(stopOf())
    for (const { pid } of receipt.agents[0]?.processes ?? [])
      writeFileSync(join(CGROUP2 ?? '', 'cgroup.procs'), `${pid}`)
    // It may be taken back before it has written anything.
    await waitFor('the report', () => {
      stops.scanned(found)
      return stops.events.length > 0
    })
    expect(new Set(stops.events.map(({ kind }) => kind))).toEqual(new Set(['escaped']))
    expect(await agent.writes()).toBe(false)
  })

  test('never stops a program of the system: the order is incomplete, and says why', async () => {
    using folder = temporaryFolder()
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    stops.scanned([agentOf({ pid: 1, startTicks: 0 })])
    const { receipt, code } = await stops.enforcement.stop(stopOf())
    expect([code, receipt.agentCount]).toEqual(['STOP_INCOMPLETE', 0])
    expect(receipt.missed).toMatchObject([{ pid: 1, reason: 'protected' }])
  })

  test('is refused where it cannot be written down, and stops nothing', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    stops.scanned([agentOf(agent)])
    await expect(stops.enforcement.stop(stopOf({ reason: 'x'.repeat(501) }))).rejects.toMatchObject({
      code: 'INPUT_MALFORMED',
    })
    await agent.goesOn()
    expect(stops.enforcement.stops).toEqual([])
  })

  test('is refused beyond a thousand, and one of the thousand is not', async () => {
    using folder = temporaryFolder()
    const stops = Array.from({ length: 1_000 }, () => stopOf({ selector: { select: 'product', product: 'none' } }))
    await fileIn(folder.path).write({ schema: 'surety/stops@1', bootId: 'boot', stops, held: [] })
    await using full = await testEnforcement({ folder: folder.path, name: freezerName() })
    await expect(full.enforcement.stop(stopOf())).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    const [first = stopOf()] = stops
    expect((await full.enforcement.stop(first)).receipt.method).toBe('none')
    await full.enforcement.release([first.id])
    expect(full.enforcement.stops).toHaveLength(999)
  })

  test.each([
    ['cgroup1', ['cgroup2'], ['root-cgroup', 'cgroup1', 'network-open', 'exec-not-held']],
    ['signals', ['cgroup2', 'cgroup1'], ['root-cgroup', 'signals', 'network-open', 'exec-not-held']],
  ] as const)('says how weak it is with %s', async (method, without, weaknesses) => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName(), without })
    stops.scanned([agentOf(agent)])
    const { receipt } = await stops.enforcement.stop(stopOf())
    expect([receipt.method, receipt.weaknesses]).toEqual([method, weaknesses])
    expect(await agent.writes()).toBe(false)
    const [{ id = '' } = {}] = stops.enforcement.stops
    await stops.enforcement.release([id])
    await agent.goesOn()
  })
})
