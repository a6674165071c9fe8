import { SuretyError } from '../../src/base/errors.ts'
import { ScannedAgents } from '../../src/discovery/running-agents-port.ts'
import type { AgentSighting } from '../../src/protocol/sighting.ts'
import type { ProcessEvent, ProcessEvents } from '../../src/system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable } from '../../src/system/processes/process-table.ts'
import { discoveryOf, NODE_TITLED_PI, processesOf } from './discovered-device.ts'

const signal = new AbortController().signal

/** A table of processes that the test changes. Events about a change wait until they are taken, as batched ones do. */
function device({ hasEvents = true } = {}) {
  const table = new Map<number, ProcessEntry>()
  const pending: ProcessEvent[] = []
  let ticks = 0
  let isTableShort = false
  let onEvents: (events: ProcessEvents) => void = () => undefined
  const entry = (pid: number) => {
    if (isTableShort) throw new SuretyError('FILE_UNREADABLE', 'no descriptors left')
    return table.get(pid)
  }
  const processes: ProcessTable = {
    ...processesOf(),
    entry,
    scan: async () => {
      if (isTableShort) throw new SuretyError('FILE_UNREADABLE', 'no descriptors left')
      return [...table.values()]
    },
    surroundings(pid) {
      const startTicks = table.get(pid)?.startTicks
      if (startTicks === undefined) return undefined
      return { startTicks, environmentNames: [], sessionMarkers: {}, workingFolder: '/code' }
    },
  }
  const discovery = discoveryOf({
    processes,
    ...(hasEvents
      ? {
          events: {
            watch(_kinds, listener) {
              onEvents = listener
              return {
                take: () => onEvents({ events: pending.splice(0), lost: false }),
                [Symbol.dispose]: () => undefined,
              }
            },
          },
        }
      : {}),
  })
  discovery.watch(() => undefined)
  return {
    agents: discovery.runningAgents,
    scan: () => discovery.processes({ signal }),
    fork(parentPid: number, pid: number) {
      const parent = table.get(parentPid)
      if (parent === undefined) throw new TypeError('no such parent')
      table.set(pid, { ...parent, pid, parentPid, startTicks: ++ticks })
      pending.push({ kind: 'fork', pid, parentPid })
    },
    exec(pid: number, executable: string, change: Partial<ProcessEntry> = {}) {
      const before = table.get(pid)
      if (before === undefined) throw new TypeError('no such process')
      const argv = [executable.slice(executable.lastIndexOf('/') + 1)]
      table.set(pid, { ...before, executable, argv, stackStart: ++ticks, ...change })
      pending.push({ kind: 'exec', pid })
    },
    exit(pid: number) {
      table.delete(pid)
      for (const [child, process] of table)
        if (process.parentPid === pid) table.set(child, { ...process, parentPid: 1 })
      pending.push({ kind: 'exit', pid })
    },
    /** Starts init with a shell, pid 10, at a terminal. */
    boot() {
      const common = { userId: '1000', ttyNumber: 1, comm: 'x' }
      table.set(1, {
        ...common,
        pid: 1,
        parentPid: 0,
        startTicks: ++ticks,
        sessionId: 1,
        executable: '/sbin/init',
        argv: ['init'],
      })
      table.set(10, {
        ...common,
        pid: 10,
        parentPid: 1,
        startTicks: ++ticks,
        sessionId: 10,
        executable: '/bin/bash',
        argv: ['bash'],
      })
    },
    /** Another process gets a pid that was used before. */
    reuse(pid: number) {
      table.set(pid, { ...(table.get(10) as ProcessEntry), pid, parentPid: 10, startTicks: ++ticks })
    },
    runShort() {
      isTableShort = true
    },
    startTicksOf: (pid: number) => table.get(pid)?.startTicks,
  }
}

/** Codex as pid 20 with a tool, pid 21, in a session of its own. */
async function withCodex(init: { hasEvents?: boolean } = {}) {
  const it = device(init)
  it.boot()
  it.fork(10, 20)
  it.exec(20, '/usr/local/bin/codex')
  it.fork(20, 21)
  it.exec(21, '/bin/bash', { sessionId: 21, ttyNumber: 0 })
  await it.scan()
  const id = it.agents.list().find(({ catalogueId }) => catalogueId === 'codex')?.id ?? ''
  const pids = (agentId = id) => it.agents.processesOf(agentId).map(({ pid }) => pid)
  return { ...it, id, pids }
}

test('lists the agents of the last scan with their first process', async () => {
  const { agents, id, startTicksOf } = await withCodex()
  expect(agents.list()).toEqual([
    {
      id,
      name: 'Codex CLI',
      catalogueId: 'codex',
      user: { id: '1000', name: 'alice' },
      humans: [],
      workspace: '/code',
      process: { pid: 20, startTicks: startTicksOf(20) },
      programs: ['/usr/local/bin/codex'],
      packages: [],
    },
  ])
})

test('returns the processes of an agent with start times, without the shell above it', async () => {
  const { agents, id, startTicksOf } = await withCodex()
  expect(agents.processesOf(id)).toEqual([
    { pid: 20, startTicks: startTicksOf(20) },
    { pid: 21, startTicks: startTicksOf(21) },
  ])
})

test('knows no agents before the first scan, and no processes of an unknown id', async () => {
  const { agents } = device()
  expect([agents.list(), agents.processesOf('0'.repeat(32))]).toEqual([[], []])
  expect((await withCodex()).pids('0'.repeat(32))).toEqual([])
})

test('adds what the agent and its tools started since the scan, also bare forks', async () => {
  const { pids, fork, exec } = await withCodex()
  fork(20, 22)
  fork(21, 23)
  exec(23, '/usr/bin/rg')
  fork(23, 24)
  fork(10, 30)
  exec(30, '/usr/bin/vi')
  expect(pids()).toEqual([20, 21, 22, 23, 24])
})

test('follows a process whose parent has ended since the scan', async () => {
  const { pids, fork, exec, exit } = await withCodex()
  fork(21, 22)
  exec(22, '/bin/sh')
  fork(22, 23)
  exec(23, '/usr/bin/sleep', { sessionId: 23 })
  exit(22)
  exit(21)
  expect(pids()).toEqual([20, 23])
})

test('drops processes that have ended, and does not take a reused pid for them', async () => {
  const { pids, exit, reuse } = await withCodex()
  exit(21)
  reuse(21)
  expect(pids()).toEqual([20])
  exit(20)
  expect(pids()).toEqual([])
})

test('counts the processes of an agent that another one started to that one alone', async () => {
  const { agents, id, pids, fork, exec, scan } = await withCodex()
  fork(21, 40)
  exec(40, '/usr/local/bin/opencode', { sessionId: 40 })
  // Until the next scan it is a process like any other.
  expect(pids()).toEqual([20, 21, 40])
  fork(40, 41)
  exec(41, '/usr/bin/git')
  await scan()
  const nested = agents.list().find((agent) => agent.id !== id)
  expect(nested?.process.pid).toBe(40)
  fork(40, 42)
  expect([pids(), pids(nested?.id)]).toEqual([
    [20, 21],
    [40, 41, 42],
  ])
})

test('returns all processes of an agent that has more than its sighting names', async () => {
  const { pids, fork, exec, scan } = await withCodex()
  for (let pid = 100; pid < 200; pid++) {
    fork(20, pid)
    exec(pid, '/usr/bin/sleep', { sessionId: pid, ttyNumber: 0 })
  }
  await scan()
  expect(pids()).toHaveLength(102)
})

test('returns what the last scan found and is still there, without process events', async () => {
  const { pids, fork, exec, exit, scan } = await withCodex({ hasEvents: false })
  fork(20, 22)
  exec(22, '/usr/bin/rg')
  exit(21)
  expect(pids()).toEqual([20])
  await scan()
  expect(pids()).toEqual([20, 22])
})

test('keeps the agents of the last good scan, and fails while processes cannot be read', async () => {
  const { agents, id, pids, runShort, scan } = await withCodex({ hasEvents: false })
  runShort()
  await scan()
  expect(agents.list().map((agent) => agent.id)).toEqual([id])
  expect(() => pids()).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})

test('compares an agent that a quick scan did not judge again with the scan that did', () => {
  const process = (pid: number, parentPid: number, startTicks: number) => ({
    ...NODE_TITLED_PI,
    pid,
    parentPid,
    startTicks,
    sessionMarkers: {},
  })
  const records = [process(1, 0, 1), process(5, 1, 5), process(6, 5, 30), process(7, 1, 50)]
  const table = new Map(records.map((record) => [record.pid, record]))
  const agents = new ScannedAgents({ processes: { entry: (pid) => table.get(pid) }, memory: { live: () => records } })
  const unknown: AgentSighting = {
    kind: 'agent',
    id: 'a'.repeat(32),
    name: 'loop.py',
    evidence: [],
    state: 'running',
    agentKind: 'unknown',
    process: { pid: 5, startTicks: 5, bootId: 'boot', parentPid: 1, executable: '/usr/bin/python3' },
  }
  agents.update({ agents: [unknown], members: new Map(), records: records.slice(0, 2) })
  agents.update({ agents: [unknown], members: new Map(), records })
  expect(agents.processesOf(unknown.id).map(({ pid }) => pid)).toEqual([5, 6])
  // Judged again without the child.
  agents.update({ agents: [{ ...unknown }], members: new Map(), records })
  expect(agents.processesOf(unknown.id).map(({ pid }) => pid)).toEqual([5])
})
