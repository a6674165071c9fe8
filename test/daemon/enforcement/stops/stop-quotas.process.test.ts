import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { localStops, type StopCaller, stopsFor } from '../../../../src/daemon/enforcement/local-stops.ts'
import { MAX_STOPS_BYTES, type StandingStop, stopsReader } from '../../../../src/daemon/enforcement/stops/stops-file.ts'
import { stateFile } from '../../../../src/daemon/state/state-file.ts'
import type { AgentSighting } from '../../../../src/protocol/sighting.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'
import { agentOf, stopOf, type TestEnforcement, testEnforcement } from '../../../support/daemon/test-enforcement.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { countingAgent } from '../../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName } from '../../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe
const ROOT: StopCaller = { userId: '0', isRoot: true }
const ADA: StopCaller = { userId: '1000', isRoot: false }
const PRODUCT = { select: 'product', product: 'tester' } as const

/** No process has it. */
const GONE = { pid: 4_194_303, startTicks: 1 }

function fileIn(folder: string) {
  return stateFile(
    { clock: new FakeClock(), onSetAside: () => undefined },
    { folder, name: 'stops.json', reader: stopsReader, maxBytes: MAX_STOPS_BYTES },
  )
}

function localOf({ enforcement }: TestEnforcement, agents: readonly AgentSighting[]) {
  const list = () =>
    agents.flatMap(({ id, name, catalogueId, user, process }) =>
      process === undefined ? [] : [{ id, name, catalogueId, user, process, programs: [], packages: [] }],
    )
  return localStops({ enforcement, agents: { list }, now: Date.now, random: randomBytes, report: () => undefined })
}

/** As a version without limits for users has written them. */
function localStopsOf(agents: readonly AgentSighting[], { userId }: StopCaller): StandingStop[] {
  return agents.map(({ id }) => stopOf({ origin: 'local', userId, selector: { select: 'agent', agent: id } }))
}

asRoot('stops of users', () => {
  test('a thousand of one user take nothing from the directory: its next order freezes', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const own = Array.from({ length: 1_000 }, () => agentOf(GONE, { catalogueId: 'own' }))
    stops.scanned([...own, agentOf(agent)])
    const local = localOf(stops, own)
    const refusals: unknown[] = []
    for (const { id } of own) await local.freeze({ agent: id }, ADA).catch((error: unknown) => refusals.push(error))
    expect(refusals).toHaveLength(984)
    expect(refusals[0]).toMatchObject({ code: 'QUOTA_EXCEEDED', message: expect.stringContaining('surety release') })
    // Those that are in force can be asked for again, and root has room of its own.
    await local.freeze({ agent: own[0]?.id }, ADA)
    await local.freeze({ agent: own[999]?.id }, ROOT)
    expect((await stops.enforcement.stop(stopOf({ selector: PRODUCT }))).receipt).toMatchObject({ processCount: 2 })
    expect(await agent.writes()).toBe(false)
    await local.release({ agent: own[0]?.id }, ADA)
    await local.freeze({ agent: own[998]?.id }, ADA)
  })

  test('a stop of one agent ends with it, for good, and those of the directory do not', async () => {
    using folder = temporaryFolder()
    const init = { folder: folder.path, name: freezerName() }
    await using agent = await countingAgent(folder.path, 'a')
    const first = await testEnforcement(init)
    const own = agentOf(agent)
    first.scanned([own])
    const ordered = stopOf({ selector: { select: 'agent', agent: own.id } })
    await first.enforcement.stop(ordered)
    const local = localOf(first, [own])
    await local.freeze({ agent: own.id }, ADA)
    await local.freeze({}, ADA)
    agent.kill()
    await waitFor('the end of the stop', () => {
      first.scanned([])
      return first.enforcement.stops.length === 2
    })
    expect(first.enforcement.stops.map(({ selector }) => selector.select)).toEqual(['agent', 'all'])
    await first.die()
    await using second = await testEnforcement(init)
    expect(second.enforcement.stops.map(({ origin }) => origin)).toEqual(['directory', 'local'])
  })

  test('one of an agent killed while it was held stays for what that agent had started', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using nested = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const { pid, startTicks } = nested
    const part = { role: 'tool', pid, startTicks, parentPid: 1, executable: '/bin/sh', because: 'child' } as const
    const [outer, inner] = [agentOf(agent, { parts: [part] }), agentOf(nested)]
    stops.scanned([outer, inner], new Map([[outer.id, [agent]]]))
    await localOf(stops, [outer]).freeze({ agent: outer.id }, ADA)
    agent.kill()
    await waitFor('the end to be noted', () => {
      stops.scanned([inner])
      return stops.enforcement.held.length === 1
    })
    expect(stops.enforcement.stops).toHaveLength(1)
    expect(await nested.writes()).toBe(false)
    nested.kill()
    await waitFor('the end of the stop', () => {
      stops.scanned([])
      return stops.enforcement.stops.length === 0
    })
  })

  test('reads a thousand of an earlier version, and ends them after the first scan', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    const init = { folder: folder.path, name: freezerName() }
    const own = Array.from({ length: 1_000 }, () => agentOf(GONE))
    const old = localStopsOf(own, ADA)
    await fileIn(folder.path).write({ schema: 'surety/stops@1', bootId: 'boot', stops: old, held: [] })
    await using stops = await testEnforcement(init)
    const running = agentOf(agent)
    stops.scanned([...own, running])
    await expect(localOf(stops, [running]).freeze({}, ADA)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    const ordered = stopOf()
    expect((await stops.enforcement.stop(ordered)).receipt).toMatchObject({ agentCount: 1 })
    const shown = stopsFor(stops, ADA).standing
    expect([shown.length, shown[0]?.stop]).toEqual([100, ordered.id])
    await waitFor('the end of the old stops', () => {
      stops.scanned([running])
      return stops.enforcement.stops.length === 1
    })
    expect((await fileIn(folder.path).read())?.stops).toEqual([ordered])
    await localOf(stops, [running]).freeze({}, ADA)
  })
})

asRoot('very many agents of one user', () => {
  test('do not evade a stop', async () => {
    using folder = temporaryFolder()
    const processes = linuxProcesses()
    const children = Array.from({ length: 300 }, () => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' }))
    try {
      await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
      const agents = children.map(({ pid = 0 }) => agentOf({ pid, startTicks: processes.entry(pid)?.startTicks ?? 0 }))
      stops.scanned(agents)
      const { receipt, code } = await stops.enforcement.stop(stopOf())
      expect([code, receipt.agentCount, receipt.processCount]).toEqual([undefined, 300, 300])
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
  })
})
