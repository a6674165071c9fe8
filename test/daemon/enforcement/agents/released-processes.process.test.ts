import { randomBytes } from 'node:crypto'
import { SuretyError } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { letGo } from '../../../../src/daemon/enforcement/agents/let-go.ts'
import { localStops } from '../../../../src/daemon/enforcement/local-stops.ts'
import type { HeldAgent } from '../../../../src/daemon/enforcement/stops/stops-file.ts'
import type { FrozenProcess } from '../../../../src/system/freezer/freezer.ts'
import { agentOf, stopOf, testEnforcement } from '../../../support/daemon/test-enforcement.ts'
import { countingAgent } from '../../../support/processes/counting-agent.ts'
import { processRecord } from '../../../support/processes/process-record.ts'
import { CGROUP2, freezerName, testFreezer } from '../../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

asRoot('a release', () => {
  test('does not count what another daemon keeps frozen, and is not done', async () => {
    using folder = temporaryFolder()
    using second = testFreezer()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const [own, free] = [agentOf(agent), agentOf(other)]
    stops.scanned([own, free])
    const stop = stopOf()
    await stops.enforcement.stop(stop)
    // What the scan set off is over by then: it would take the agent back.
    await stops.enforcement.release([])
    await second.freeze([{ agent: own.id, processes: [agent] }])
    const { receipt, code } = await stops.enforcement.release([stop.id])
    expect([code, receipt.agentCount, receipt.processCount]).toEqual(['STOP_INCOMPLETE', 1, 2])
    expect(receipt.agents.map((one) => one.agent)).toEqual([free.id])
    expect(receipt.missed.map(({ reason }) => reason)).toEqual(['not-moved', 'not-moved'])
    expect(receipt.missed.map(({ pid }) => pid)).toContain(agent.pid)
    expect(await agent.writes()).toBe(false)
    await other.goesOn()
    second.release(own.id, [])
    await agent.goesOn()
  })

  test('by a user tells of what runs again, and not of what was killed meanwhile', async () => {
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    await using stops = await testEnforcement({ folder: folder.path, name: freezerName() })
    const agents = [agentOf(agent), agentOf(other)]
    stops.scanned(agents)
    const { enforcement, events } = stops
    const report = () => undefined
    const local = localStops({ enforcement, agents: { list: () => [] }, now: Date.now, random: randomBytes, report })
    const ada = { userId: '1000', isRoot: false }
    await local.freeze({}, ada)
    agent.kill()
    await agent[Symbol.asyncDispose]()
    const { receipt, code } = await local.release({}, ada)
    expect([code, receipt.agentCount, receipt.processCount, receipt.missed]).toEqual([undefined, 1, 2, []])
    expect(events.filter(({ kind }) => kind === 'released')).toMatchObject([{ agent: agents[1]?.id, processes: 2 }])
    await other.goesOn()
  })
})

test.each([
  ['counts what runs after a second try', [[1, 2], [2]], [[1]], [2]],
  ['counts all where the second try frees the rest', [[1, 2], []], [[1, 2]], []],
  ['is not tried twice where all run at once', [[]], [[1, 2]], []],
])('a release %s', async (_, frozenAfter, running, frozen) => {
  const asked: string[] = []
  const processes = [1, 2].map((pid) => ({ pid, startTicks: 5 }))
  const held: HeldAgent = {
    agent: 'a'.repeat(32),
    product: 'tester',
    name: 'Tester',
    user: 'ada',
    userId: '1000',
    programs: [],
    packages: [],
    stops: [],
    processes,
  }
  const freezer = {
    processesOf: () => [],
    release: (agent: string) => asked.push(agent),
    async afterRelease(all: readonly FrozenProcess[]) {
      const still = frozenAfter[asked.length - 1] ?? []
      const isStill = ({ pid }: FrozenProcess) => still.includes(pid)
      return { running: all.filter((one) => !isStill(one)), frozen: all.filter(isStill) }
    },
  }
  const done = await letGo({ freezer, processes: { entry: () => undefined }, log: silentLog }, [held])
  expect(asked).toHaveLength(frozenAfter.length)
  expect(done.running.map((agent) => agent.processes.map(({ pid }) => pid))).toEqual(running)
  expect(done.frozen.map(({ pid, status }) => [pid, status])).toEqual(frozen.map((pid) => [pid, 'not-moved']))
})

test('a release counts what the freezer holds unseen, but nothing ended or unreadable', async () => {
  const held: HeldAgent = {
    agent: 'a'.repeat(32),
    product: 'tester',
    name: 'Tester',
    user: 'ada',
    userId: '1000',
    programs: [],
    packages: [],
    stops: [],
    processes: [{ pid: 1, startTicks: 5 }],
  }
  const entry = (pid: number) => {
    if (pid === 4) throw new SuretyError('FILE_UNREADABLE', 'no descriptors left')
    return pid === 3 ? undefined : processRecord(pid, '/usr/bin/x', [], { startTicks: 6 })
  }
  const holding = new Set([1, 2, 3, 4])
  const freezer = {
    processesOf: () => [...holding],
    release: () => {
      holding.clear()
      return 4
    },
    afterRelease: async (all: readonly FrozenProcess[]) => ({ running: all, frozen: [] }),
  }
  const { running } = await letGo({ freezer, processes: { entry }, log: silentLog }, [held])
  expect(running.map(({ processes }) => processes)).toEqual([
    [
      { pid: 1, startTicks: 5 },
      { pid: 2, startTicks: 6 },
    ],
  ])
})
