import { InspectionSchedule } from '../../../src/discovery/unknown/inspection-schedule.ts'
import type { ScanInit } from '../../../src/discovery/unknown/unknown-agents.ts'
import { detailsOf, SHELL, scanInit, unknownAgents } from './behaviour-world.ts'
import { AGENT, LOCAL_MODEL, marked, TOOL } from './marked-agents.ts'

test('asks for sockets again after a new signal or start, and ever more rarely by time', async () => {
  let asked = 0
  const processes = [SHELL, { ...AGENT, sockets: LOCAL_MODEL }, TOOL]
  const details = detailsOf(processes)
  const counting: typeof details = {
    ...details,
    sockets: (few) => {
      asked++
      return details.sockets(few)
    },
  }
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined }, details: counting })
  const times: number[] = []
  for (const [nowMs, tool] of [
    [0, TOOL],
    [9_999, TOOL],
    [10_000, TOOL],
    [10_001, { ...TOOL, pid: 102, ...marked('AI_AGENT') }],
    [10_002, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [20_001, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    // After ten seconds, twenty, forty, and then every minute.
    [30_000, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [30_001, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [50_000, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [50_001, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [90_000, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [90_001, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [150_000, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [150_001, { ...TOOL, pid: 103, ...marked('AI_AGENT') }],
    [160_001, { ...TOOL, pid: 104, ...marked('AI_AGENT') }],
    [170_001, { ...TOOL, pid: 104, ...marked('AI_AGENT') }],
  ] as const) {
    await agents.scan([SHELL, AGENT, tool], scanInit({ nowMs }))
    times.push(asked)
  }
  expect(times).toEqual([1, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10])
})

test('asks nothing of a program that was idle since its inspection, at any time', async () => {
  const asked: number[] = []
  const ran = { agent: '1', tool: '1' }
  const details = detailsOf([SHELL, AGENT, TOOL])
  const counting: typeof details = {
    ...details,
    activity: ({ pid }) => (pid === AGENT.pid ? ran.agent : ran.tool),
    sockets: (few) => {
      asked.push(few.length)
      return details.sockets(few)
    },
  }
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined }, details: counting })
  const looks = async (nowMs: number, init: Partial<ScanInit> = {}) => {
    asked.length = 0
    await agents.scan([SHELL, AGENT, TOOL], scanInit({ nowMs, ...init }))
    return asked.length
  }
  expect(await looks(0)).toBe(1)
  expect([await looks(10_000), await looks(30_000)]).toEqual([0, 0])
  // As seldom as if it had been asked.
  expect(agents.nextInspectionMs).toBe(70_000)
  ran.agent = '2'
  expect([await looks(69_999), await looks(70_000), await looks(130_000)]).toEqual([0, 1, 0])
  ran.tool = '2'
  expect([await looks(190_000), await looks(250_000)]).toEqual([1, 0])
  // Somebody else has begun to serve models where it may be connected to.
  const modelPorts = new Map([[11_434, 'ollama']])
  expect([await looks(310_000, { modelPorts }), await looks(370_000, { modelPorts })]).toEqual([1, 0])
  ran.agent = ''
  Object.assign(counting, { activity: () => undefined })
  expect([await looks(430_000), await looks(490_000)]).toEqual([1, 1])
})

test('of an idle crowd, inspects some: the cost of thousands of processes is bounded', () => {
  let asked = 0
  const looks = new InspectionSchedule({ details: { activity: () => `${asked++ * 0}` }, isAgent: () => false })
  const candidates = Array.from({ length: 32 }, (_, at) => {
    const leader = { ...AGENT, pid: 1_000 + at, startTicks: at }
    const processes = Array.from({ length: 16 }, (_, part) => ({ pid: 2_000 + at * 16 + part, startTicks: 1 }))
    return { leader, processes, did: 'nothing', isPaced: false, isStronger: false }
  })
  const taken = (nowMs: number) => looks.take(candidates, { ports: '', nowMs }).length
  expect([taken(0), asked]).toEqual([32, 64])
  // Four of them were asked.
  expect([taken(10_000), asked]).toEqual([28, 128])
  expect([looks.idleUntilMs(30_000), asked]).toEqual([undefined, 192])
})
